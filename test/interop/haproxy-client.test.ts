/**
 * HAProxy as our client: how strict we are must not cost anybody who comes through it. What HAProxy passes on is taken,
 * except for what a security device must refuse, which is listed.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { existsSync, readdirSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readLlhttpCases } from '../support/llhttp-cases.ts';
import { chunked, content, request, response, statusOf, valueOf } from '../support/message.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';

const SKIP = needs('haproxy');

/** HAProxy wants a key in a WebSocket's request. The answer to this one is in ACCEPTED (RFC 6455 §1.3). */
const WEBSOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const ACCEPTED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

const EVERYDAY: readonly { readonly name: string; readonly text: string; readonly method?: string }[] = [
  { name: 'a plain GET', text: request('GET /') },
  { name: 'HEAD', text: request('HEAD /') },
  { name: 'OPTIONS of the server', text: request('OPTIONS *') },
  { name: 'DELETE without a body', text: request('DELETE /thing/1') },
  { name: 'a method of its own', text: request('PROPFIND /folder') },
  { name: 'a form', text: request('POST /', 'Content-Length: 7\r\n', 'a=1&b=2') },
  { name: 'an empty POST', text: request('POST /', 'Content-Length: 0\r\n') },
  {
    name: 'chunks',
    text: request('POST /', 'Transfer-Encoding: chunked\r\n', chunked('hello world', 3).toString()),
  },
  {
    name: 'chunks with an extension and a trailer',
    text: request('POST /', 'Transfer-Encoding: chunked\r\n', '3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n'),
  },
  { name: 'a target in absolute form', text: request('GET http://app.example/path?query') },
  {
    name: 'a target with all that is common',
    text: request('GET /a-b_c~d/%7Ee/;p=1/@:!$&\'()*+,=?q=[x]&r={y}|z^`"<>\\'),
  },
  { name: 'a target of 4,000 bytes', text: request(`GET /${'x'.repeat(4000)}`) },
  { name: 'a Host with a port', text: 'GET / HTTP/1.1\r\nHost: app.example:8080\r\n\r\n' },
  { name: 'a Host that is an IPv6 address', text: 'GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n' },
  { name: 'HTTP/1.0 without a Host', text: 'GET / HTTP/1.0\r\n\r\n' },
  { name: 'HTTP/1.0 that goes on', text: 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' },
  { name: 'an empty line before the request', text: `\r\n${request('GET /')}` },
  { name: 'an empty value', text: request('GET /', 'X-Empty:\r\nX-Space:   \r\n') },
  { name: 'a folded value', text: request('GET /', 'X-Folded: one\r\n two\r\n') },
  {
    name: 'values with bytes above ASCII',
    text: request('GET /', 'X-Name: D\xfcsseldorf\r\nX-Utf8: \xe2\x82\xac\r\n'),
  },
  { name: 'names in all cases', text: request('GET /', 'x-lower: 1\r\nX-UPPER: 2\r\nx-MiXed: 3\r\n') },
  {
    name: 'names of all characters that a token may have',
    text: request('GET /', "x!#$%&'*+-.^_`|~9: 1\r\n"),
  },
  { name: 'two cookies fields', text: request('GET /', 'Cookie: a=1; b="2"\r\nCookie: c=3\r\n') },
  {
    name: 'many fields',
    text: request('GET /', Array.from({ length: 80 }, (_, i) => `X-${i}: ${i}\r\n`).join('')),
  },
  { name: 'a long field', text: request('GET /', `Cookie: a=${'x'.repeat(8000)}\r\n`) },
  { name: 'Expect', text: request('POST /', 'Expect: 100-continue\r\nContent-Length: 3\r\n', 'abc') },
  {
    name: 'options of the connection',
    text: request('GET /', 'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n'),
  },
  {
    name: 'an upgrade that nobody answers',
    text: request('GET /', WEBSOCKET),
  },
  {
    name: 'equal lengths twice',
    text: request('POST /', 'Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'),
  },
  { name: 'X-Forwarded-For of a client', text: request('GET /', 'X-Forwarded-For: 192.0.2.1, unknown\r\n') },
];

test('what HAProxy passes on every day is taken', { skip: SKIP }, async (t) => {
  const { proxy, port } = await behindHaproxy(t);
  for (const { name, text } of EVERYDAY) {
    await t.test(name, async () => {
      const before = proxy.records.length;
      const wire = await Wire.connect(port);
      wire.send(text);
      const method = /(?:^|\n)([A-Z]+) /.exec(text)?.[1] ?? 'GET';
      let answer = await wire.readResponse(method);
      if (statusOf(answer) === 100) answer = await wire.readResponse(method);
      wire.close();
      assert.equal(answer.startLine, 'HTTP/1.1 200 Some Reason');
      assert.equal((await proxy.record(before)).end, 'done');
    });
  }
});

test(
  'requests of many clients share connections of HAProxy, and get their own answers',
  { skip: SKIP },
  async (t) => {
    const { proxy, port } = await behindHaproxy(t);
    const clients = Array.from({ length: 20 }, async (_, client) => {
      const wire = await Wire.connect(port);
      t.after(() => wire.close());
      for (let count = 0; count < 10; count++) {
        const body = `${client}.${count} `.repeat(1 + 100 * (count % 3));
        const text = request('POST /echo', `Content-Length: ${body.length}\r\n`, body);
        assert.equal((await wire.exchange(text)).body.toString(), body);
      }
    });
    await Promise.all(clients);
    assert.equal(proxy.records.length, 200);
    assert(proxy.records.every(({ end, status }) => end === 'done' && status === 200));
    const peers = new Set(proxy.records.map(({ client }) => client.peerPort));
    assert(peers.size < 200, 'HAProxy used no connection twice');
  },
);

test('HTTP/2 clients of HAProxy come as HTTP/1.1', { skip: SKIP }, async (t) => {
  const { proxy, port } = await behindHaproxy(t, 'proto h2');
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  t.after(() => session.destroy());
  session.on('error', () => {}); // It is an error of its streams, or comes when the test is over.
  const ask = (
    fields: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const stream = session.request(fields);
      let status = 0;
      let got = '';
      stream.on('response', (head) => (status = head[':status'] ?? 0));
      stream.on('data', (bytes: Buffer) => (got += bytes.toString('latin1')));
      stream.on('end', () => resolve({ status, body: got }));
      stream.on('error', reject);
      stream.end(body);
    });
  const path = '/echo';
  const large = content(300_000);
  const answers = await Promise.all([
    ask({ ':path': '/' }),
    ask({ ':path': '/', cookie: 'a=1', 'x-empty': '' }),
    ask({ ':path': path, ':method': 'POST', 'content-length': '3' }, large.subarray(0, 3)),
    ask({ ':path': path, ':method': 'POST' }, large),
    ask({ ':path': path, ':method': 'PUT' }, large.subarray(0, 70_000)),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  assert.equal(answers[3].body, large.toString('latin1'));
  assert.equal(answers[4].body, large.toString('latin1', 0, 70_000));
  await proxy.record(4);
  assert(proxy.records.every(({ end, version }) => end === 'done' && version === 'HTTP/1.1'));
});

test('a WebSocket through HAProxy and Sallyport', { skip: SKIP }, async (t) => {
  const { port } = await behindHaproxy(t);
  const wire = await Wire.connect(port);
  t.after(() => wire.close());
  const answer = await wire.exchange(request('GET /socket', WEBSOCKET));
  assert.equal(statusOf(answer), 101);
  assert.equal(valueOf(answer, 'Upgrade'), 'websocket');
  wire.send('ping');
  assert.equal((await wire.readBytes(4)).toString(), 'ping');
});

/** Cases that HAProxy passes on and we refuse, with the code of the refusal. */
const REFUSED: Readonly<Record<string, string>> = {
  // Leading zeros: some readers take them for octal.
  'content-length.md: `Content-Length` with follow-up headers': 'content-length-bad',
  'content-length.md: `Content-Length` with zeroes': 'content-length-bad',
  // Form feed in a value: no field value has control characters (RFC 9110 §5.5).
  'lenient-header-value-relaxed.md: Control char in header value (relaxed)': 'header-value-bad',
  'lenient-header-value-relaxed.md: Control char in header value (strict)': 'header-value-bad',
  'lenient-headers.md: Header value (lenient)': 'header-value-bad',
  'lenient-headers.md: Header value': 'header-value-bad',
  // A route has to allow CONNECT.
  'method.md: CONNECT request with CAPS': 'connect-not-allowed',
  'method.md: CONNECT request': 'connect-not-allowed',
  'method.md: CONNECT with body': 'connect-not-allowed',
  'uri.md: Underscore in hostname': 'connect-not-allowed',
  // `*` is for OPTIONS alone (RFC 9112 §3.2.4).
  'method.md: M-SEARCH request': 'target-bad',
  // Content-Type behind the content it is about (RFC 9110 §6.5.1).
  'transfer-encoding.md: Trailing headers': 'trailer-forbidden',
};

/**
 * The same for requests that stand behind another in one piece: HAProxy passes them on or not, as it sees first that they
 * are there or that the client has ended.
 */
const SOMETIMES_REFUSED: Readonly<Record<string, string>> = {
  'lenient-headers.md: Second request header value (lenient)': 'header-value-bad',
};

/** So many requests are taken at least; how many exactly, the version of HAProxy decides. */
const TAKEN_MIN = 70;

const CASES = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'llhttp-cases/request',
);
const NO_CASES = existsSync(CASES)
  ? false
  : 'the data folder with llhttp-cases is not there (SALLYPORT_DATA)';

test(
  'of the cases of llhttp, what HAProxy passes on is taken but for those listed',
  { skip: SKIP || NO_CASES },
  async (t) => {
    const { proxy, port } = await behindHaproxy(t);
    const refused: Record<string, string> = {};
    let taken = 0;
    for (const file of readdirSync(CASES).sort()) {
      for (const { id, input } of readLlhttpCases(join(CASES, file), file)) {
        const before = proxy.records.length;
        // Most cases have no Host, which HAProxy does not mind and we do.
        const text = /^host:/im.test(input)
          ? input
          : input.replace(/( HTTP\/(?!1\.0)\d\.\d\r?\n)/g, '$1Host: app.example\r\n');
        await talk(port, text);
        for (const record of proxy.records.slice(before)) {
          if (record.end === 'done') taken++;
          else if (record.end !== 'client-gone') refused[id] = record.because.code;
        }
      }
    }
    const expected: Record<string, string> = { ...REFUSED };
    for (const [id, code] of Object.entries(SOMETIMES_REFUSED)) if (id in refused) expected[id] = code;
    assert.deepEqual(refused, expected);
    assert(taken >= TAKEN_MIN, `only ${taken} were taken`);
  },
);

/** Sends `text` and no more; resolves when HAProxy is done with it. */
async function talk(port: number, text: string): Promise<void> {
  const wire = await Wire.connect(port);
  wire.send(text);
  wire.end();
  await wire.ended();
  wire.close();
}

/** Answers everything: `/echo` with the content, `/socket` with an upgrade. */
const answersAll: Script = async (wire) => {
  for (;;) {
    // A request that never becomes whole is one of the cases, and no failure.
    const got = await wire.readRequest().catch(() => undefined);
    if (got === undefined) break;
    const target = got.startLine.split(' ')[1];
    if (target === '/socket') {
      wire.send(ACCEPTED);
      wire.send(await wire.readBytes(4));
      return;
    }
    const body = target === '/echo' ? got.body.toString('latin1') : 'ok';
    wire.send(response(200, got.startLine.startsWith('HEAD ') ? '' : body));
  }
  wire.end();
};

async function behindHaproxy(
  t: TestContext,
  bind = '',
): Promise<{ readonly proxy: TestProxy; readonly port: number }> {
  const server = await scriptedServer(answersAll);
  const proxy = await startProxy(
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app' } },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
    }),
  );
  t.after(async () => {
    await proxy.close();
    await server.close();
  });
  const { ports } = await startHaproxy(
    t,
    `
listen front
    mode http
    option forwardfor
    http-reuse always
    timeout http-request 1s
    timeout client 1s
    bind 127.0.0.1:@front ${bind}
    server s 127.0.0.1:${proxy.port()}
`,
  );
  return { proxy, port: ports['front'] ?? 0 };
}
