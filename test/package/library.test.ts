/** The engine as a library, through the names that users import, and the middleware of examples/node. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import * as library from '../../src/inspect/index.ts';
import { request as requestText } from '../support/message.ts';
import { Wire } from '../support/wire.ts';

const RULES = `SecRule ARGS|REQUEST_BODY "@contains evil" "id:1,phase:2,deny,msg:'Evil'"
SecRule REQUEST_URI "@contains teapot" "id:2,phase:1,deny,status:418"
SecRule REQUEST_URI "@contains drop" "id:3,phase:1,drop"
SecRule ARGS:password "@contains odd" "id:4,phase:2,pass"
`;

const SOURCE = new URL('../../src/inspect/index.ts', import.meta.url).href;
// In a checkout the package is not installed: its name leads to the sources.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'sallyport/inspect' ? { url: SOURCE, shortCircuit: true } : next(specifier, context),
});

type Next = (error?: unknown) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;
type OnHits = (hits: readonly library.Hit[]) => void;
interface Reply {
  readonly raw: ServerResponse;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(text: string): Reply;
  hijack(): void;
}
/** What the examples export, as this test uses it. */
interface Examples {
  readonly inspectRequests: (
    inspector: library.Inspector,
    options?: { readonly onHits?: OnHits },
  ) => Middleware;
  readonly loadInspector: (files?: readonly string[]) => library.Inspector;
  readonly inspectionHook: (
    inspector: library.Inspector,
  ) => (request: { readonly raw: IncomingMessage }, reply: Reply) => Promise<Reply | undefined>;
}

async function examples(): Promise<Examples> {
  const plain: unknown = await import(
    new URL('../../examples/node/inspect-requests.js', import.meta.url).href
  );
  const fastify: unknown = await import(new URL('../../examples/node/fastify.js', import.meta.url).href);
  return { ...(plain as Examples), ...(fastify as Pick<Examples, 'inspectionHook'>) };
}

function inspectorOf(text: string): library.Inspector {
  const rules = library.compileRules([{ name: 'own.conf', text }]);
  assert(rules.kind === 'ok');
  return library.createInspector(rules);
}

async function serve(t: TestContext, listener: RequestListener): Promise<Wire> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address with one.
  return await Wire.connect((server.address() as AddressInfo).port);
}

/** Answers with the body, read as handlers do: by events, and by iteration. */
const BY_EVENTS: RequestListener = (request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => response.end(`got ${Buffer.concat(pieces).toString()}`));
};
const BY_ITERATION: RequestListener = (request, response) => {
  const read = async (): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    response.end(`got ${Buffer.concat(pieces).toString()}`);
  };
  read().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
};

function body(text: string, line = 'POST /'): string {
  return requestText(line, `Content-Length: ${text.length}\r\n`, text);
}

function chunks(...texts: readonly string[]): string {
  const parts = texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`);
  return requestText('POST /', 'Transfer-Encoding: chunked\r\n', `${parts.join('')}0\r\n\r\n`);
}

const LONG = 'x'.repeat(100_000);

/** What is sent, in pieces, and what comes back: status and body; empty when the connection is closed. */
const SENT: readonly (readonly [what: string, pieces: readonly string[], answer: string])[] = [
  ['a request without a body', [requestText('GET /a')], '200 got '],
  ['a harmless query', [requestText('GET /?a=good')], '200 got '],
  ['a query that a rule hits', [requestText('GET /?a=evil')], '403 Refused\n'],
  ['a status of a rule', [requestText('GET /teapot')], '418 Refused\n'],
  ['a drop', [requestText('GET /drop')], ''],
  ['a body', [body('good')], '200 got good'],
  ['an empty body', [body('')], '200 got '],
  ['a body that a rule hits', [body('some evil')], '403 Refused\n'],
  ['a body in pieces', [body('0123456789').slice(0, -7), '34', '56789'], '200 got 0123456789'],
  ['a hit over two pieces', [body('a evil b').slice(0, -5), 'vil b'], '403 Refused\n'],
  ['chunks', [chunks('ab', 'cd')], '200 got abcd'],
  ['chunks without content', [chunks()], '200 got '],
  ['chunks that a rule hits', [chunks('e', 'vil')], '403 Refused\n'],
  ['chunks in pieces', [chunks('ab', 'cd').slice(0, -8), chunks('ab', 'cd').slice(-8)], '200 got abcd'],
  ['a long body', [body(LONG)], `200 got ${LONG}`],
  ['a body that is too long', [body(LONG + LONG)], '413 Refused\n'],
];

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function ask(wire: Wire, pieces: readonly string[]): Promise<string> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await pause();
    wire.send(piece);
  }
  try {
    const answer = await wire.readResponse();
    return `${answer.startLine.split(' ')[1] ?? ''} ${answer.body.toString()}`;
  } catch {
    return '';
  }
}

for (const [how, handler] of [
  ['by events', BY_EVENTS],
  ['by iteration', BY_ITERATION],
] as const) {
  test(`the middleware, before a handler that reads ${how}`, async (t) => {
    const { inspectRequests } = await examples();
    const inspect = inspectRequests(inspectorOf(RULES));
    for (const [what, pieces, answer] of SENT) {
      await t.test(what, async (t) => {
        const wire = await serve(t, (request, response) =>
          inspect(request, response, () => handler(request, response)),
        );
        assert.equal(await ask(wire, pieces), answer);
      });
    }
  });
}

test('the middleware keeps connections, and tells of hits without secrets', async (t) => {
  const { inspectRequests } = await examples();
  const told: string[] = [];
  const inspect = inspectRequests(inspectorOf(RULES), {
    onHits: (hits) => told.push(...hits.map(({ rule, target, matched }) => `${rule} ${target} ${matched}`)),
  });
  const wire = await serve(t, (request, response) =>
    inspect(request, response, () => BY_EVENTS(request, response)),
  );
  assert.equal(await ask(wire, [body('one')]), '200 got one');
  assert.equal(await ask(wire, [requestText('GET /?password=odd-hunter2')]), '200 got ');
  assert.equal(await ask(wire, [chunks('t', 'wo')]), '200 got two');
  assert.deepEqual(told, ['4 ARGS:password [redacted:3]']);
});

test('the hook for Fastify', async (t) => {
  const { inspectionHook } = await examples();
  const hook = inspectionHook(inspectorOf(RULES));
  for (const [what, pieces, answer] of SENT) {
    await t.test(what, async (t) => {
      const wire = await serve(t, (request, response) => {
        const reply: Reply = {
          raw: response,
          code: (status) => {
            response.statusCode = status;
            return reply;
          },
          header: (name, value) => {
            response.setHeader(name, value);
            return reply;
          },
          send: (text) => {
            response.end(text);
            return reply;
          },
          hijack: () => {},
        };
        hook({ raw: request }, reply).then(
          // As Fastify: a hook that answers with the reply has sent it.
          (sent) => (sent === undefined ? BY_EVENTS(request, response) : undefined),
          (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
        );
      });
      assert.equal(await ask(wire, pieces), answer);
    });
  }
});

test('loadInspector takes the shipped rules, and says what is wrong with others', async () => {
  const { loadInspector } = await examples();
  assert(loadInspector().ruleCount > 50);
  assert.throws(() => loadInspector(['missing.conf']), /missing\.conf.*no file has this name/);
});

test('createTransaction inspects one exchange in all its phases', () => {
  const text = `${RULES}SecRule RESPONSE_STATUS "@streq 500" "id:5,phase:3,deny,status:502"\n`;
  const rules = library.compileRules([{ name: 'own.conf', text }], { exclude: ['1'] });
  assert(rules.kind === 'ok');
  const request = {
    method: 'POST',
    target: '/?a=evil',
    version: 'HTTP/1.1',
    headers: library.headersOf(['Host', 'x', 'A', '1', 'A', '2']),
    clientAddress: '192.0.2.1',
  };
  const transaction = library.createTransaction(rules, request);
  assert.equal(transaction.requestHead(), library.CONTINUE);
  assert.equal(transaction.requestBody({ bytes: Buffer.from('a=b'), isPrefix: false }), library.CONTINUE);
  const verdict = transaction.responseHead({ status: 500, headers: library.headersOf([]) });
  assert.deepEqual([verdict.do, transaction.hits.map(({ rule }) => rule)], ['reply', ['5']]);
  const detecting = library.createTransaction(rules, { ...request, target: '/teapot' }, { mode: 'detect' });
  assert.equal(detecting.requestHead(), library.CONTINUE);
  assert.equal(detecting.hits.length, 1);
});

test('headersOf keeps what Node.js joins and drops', () => {
  const headers = library.headersOf(['A', '1', 'a', '2', 'B', '']);
  assert.equal(headers.count, 3);
  assert.deepEqual(
    [headers.name(1), headers.value(1), headers.value(2), headers.name(3)],
    ['a', '2', '', ''],
  );
  assert.equal(library.headersOf([]).count, 0);
});

test('the library holds what its page says, and nothing that a page does not name', () => {
  const page = readFileSync(new URL('../../docs/guide/library.md', import.meta.url), 'utf8');
  const unnamed = Object.keys(library).filter(
    (name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}(`),
  );
  assert.deepEqual(unnamed, []);
});
