import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { needs } from '../../../test/interop/daemon.ts';
import { makeCertificate } from '../../../test/support/certificate.ts';
import { startChild } from '../../../test/support/child.ts';
import { healthOf } from '../../../test/support/health-host.ts';
import { response } from '../../../test/support/message.ts';
import { ownPort } from '../../../test/support/own-port.ts';
import { answering, scriptedServer } from '../../../test/support/scripted-server.ts';
import type { Script } from '../../../test/support/scripted-server.ts';
import type { CheckResult } from './check-code.ts';
import { runCheck } from './check.ts';
import { readyCheck } from './ready-check.ts';

const FINE: Script = answering(() => response(200, 'all is fine'));

interface Row {
  readonly what: string;
  readonly health: object | string;
  readonly server: Script;
  readonly code: string;
  readonly text: RegExp;
}

const ROWS: readonly Row[] = [
  { what: 'tcp of one that accepts', health: 'tcp', server: () => {}, code: 'L4OK', text: /^$/ },
  { what: 'http of 200', health: 'http', server: FINE, code: 'L7OK', text: /^status 200$/ },
  {
    what: 'http of 500',
    health: 'http',
    server: answering(() => response(500, 'no')),
    code: 'L7STS',
    text: /^status 500, expected 200-399$/,
  },
  {
    what: 'http of 403 where 403 means up',
    health: { check: 'http', expect: { status: 403 } },
    server: answering(() => response(403, 'refused')),
    code: 'L7OK',
    text: /^status 403$/,
  },
  {
    what: 'http of 200 where 403 means up',
    health: { check: 'http', expect: { status: 403 } },
    server: FINE,
    code: 'L7STS',
    text: /^status 200, expected 403$/,
  },
  {
    what: 'a text that is there',
    health: { check: 'http', expect: { text: 'is fine' } },
    server: FINE,
    code: 'L7OK',
    text: /200/,
  },
  {
    what: 'a text that is not there',
    health: { check: 'http', expect: { text: 'is bad' } },
    server: FINE,
    code: 'L7STS',
    text: /^status 200, the text is not in the body$/,
  },
  {
    what: 'a pattern that does not match',
    health: { check: 'http', expect: { pattern: 'is bad' } },
    server: FINE,
    code: 'L7STS',
    text: /^status 200, the pattern does not match the body$/,
  },
  {
    what: 'one that speaks something else',
    health: 'http',
    server: (wire) => wire.send('220 mail.example ESMTP\r\n'),
    code: 'L7RSP',
    text: /HTTP version/,
  },
  {
    what: 'one that closes without a word',
    health: 'http',
    server: async (wire) => {
      await wire.expectRequest();
      wire.end();
    },
    code: 'L7RSP',
    text: /before a whole response head/,
  },
  {
    what: 'one that resets',
    health: 'http',
    server: async (wire) => {
      await wire.expectRequest();
      wire.reset();
    },
    code: 'L7RSP',
    text: /connection reset/,
  },
  {
    what: 'one that is silent',
    health: { check: 'http', timeout: '400ms' },
    server: () => {},
    code: 'L7TOUT',
    text: /^$/,
  },
  {
    what: 'one whose body never ends while it is wanted',
    health: { check: 'http', timeout: '400ms', expect: { text: 'x' } },
    server: (wire) => wire.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
    code: 'L7TOUT',
    text: /^$/,
  },
  {
    what: 'tls of one that speaks none',
    health: 'tls',
    server: (wire) => wire.send('HTTP/1.1 400 Bad Request\r\n\r\n'),
    code: 'L6RSP',
    text: /./,
  },
  {
    what: 'tls of one that is silent',
    health: { check: 'tls', timeout: '400ms' },
    server: () => {},
    code: 'L6TOUT',
    text: /^$/,
  },
];

for (const { what, health, server: script, code, text } of ROWS) {
  test(`a check: ${what}`, async (t) => {
    const server = await scriptedServer(script);
    t.after(() => server.close());
    const result = await check(health, server.port);
    assert.equal(result.code, code, result.text);
    assert.match(result.text, text);
  });
}

test('a check of a port on which nothing listens', async () => {
  const result = await check('tcp', await ownPort());
  assert.deepEqual([result.code, result.text, result.status], ['L4CON', 'connection refused', undefined]);
});

test('a check of a server that accepts nothing ends in time', async (t) => {
  const deaf = await startChild('deaf');
  t.after(() => deaf.kill());
  const results: CheckResult[] = [];
  // Its queue has room for a few.
  for (let count = 0; count < 6; count++)
    results.push(await check({ check: 'http', timeout: '50ms' }, Number(deaf.line)));
  assert(
    results.some(({ code }) => code === 'L4TOUT'),
    results.map(({ code }) => code).join(),
  );
});

test('a check sends what was asked for', async (t) => {
  const server = await scriptedServer(FINE);
  t.after(() => server.close());
  const health = {
    check: 'http',
    method: 'POST',
    path: '/health?deep',
    host: 'app.example',
    headers: ['X-Check: yes', 'Accept: text/plain'],
    body: 'ping',
  };
  assert.equal((await check(health, server.port)).code, 'L7OK');
  const sent = await scriptedServer(async (wire) => {
    const message = await wire.expectRequest();
    assert.equal(message.startLine, 'POST /health?deep HTTP/1.1');
    assert.deepEqual(message.fields, [
      ['Host', 'app.example'],
      ['Connection', 'close'],
      ['X-Check', 'yes'],
      ['Accept', 'text/plain'],
      ['Content-Length', '4'],
    ]);
    assert.equal(message.body.toString(), 'ping');
    wire.send(response(200));
  });
  assert.equal((await check(health, sent.port)).code, 'L7OK');
  await sent.close();
});

test('without a host the address of the server is asked for', async (t) => {
  const server = await scriptedServer(answering((message) => response(200, message.head)));
  t.after(() => server.close());
  const health = { check: 'http', expect: { text: `Host: 127.0.0.1:${server.port}` } };
  assert.equal((await check(health, server.port)).code, 'L7OK');
});

for (const [version, header] of [
  ['v1', 'PROXY UNKNOWN\r\n'],
  ['v2', '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0'],
] as const) {
  test(`a check speaks for nobody where the PROXY protocol ${version} is wanted`, async (t) => {
    const server = await scriptedServer(async (wire) => {
      assert.equal((await wire.readBytes(header.length)).toString('latin1'), header);
      await wire.expectRequest();
      wire.send(response(200));
    });
    t.after(() => server.close());
    assert.equal((await check({ check: 'http', proxyProtocol: version }, server.port)).code, 'L7OK');
  });
}

test('a check that is given up ends at once, and leaves nothing open', async (t) => {
  const server = await scriptedServer(() => {});
  t.after(() => server.close());
  const abort = new AbortController();
  const result = check({ check: 'http', timeout: '1m' }, server.port, abort.signal);
  const wire = await server.connection(0);
  abort.abort();
  assert.equal((await result).code, 'SOCKERR');
  await wire.ended();
});

test(
  'a certificate must be for the server, unless it is not looked at',
  { skip: needs('openssl') },
  async (t) => {
    const { port, ca } = await startTls(t);
    const rows: readonly (readonly [health: object, code: string])[] = [
      [{ check: 'tls', tls: { ca, serverName: 'app.example' } }, 'L6OK'],
      [{ check: 'https', tls: { ca, serverName: 'app.example' } }, 'L7OK'],
      [{ check: 'https', host: 'app.example:443', tls: { ca } }, 'L7OK'],
      [{ check: 'https', tls: { verify: false } }, 'L7OK'],
      [{ check: 'https', tls: { ca } }, 'L6RSP'],
      [{ check: 'https', tls: { ca, serverName: 'other.example' } }, 'L6RSP'],
      [{ check: 'https', tls: { serverName: 'app.example' } }, 'L6RSP'],
      [{ check: 'https', proxyProtocol: 'v1', tls: { ca, serverName: 'app.example' } }, 'L6RSP'],
    ];
    for (const [health, code] of rows) {
      const result = await check(health, port);
      assert.equal(result.code, code, `${JSON.stringify(health)}: ${result.text}`);
    }
  },
);

async function check(
  health: object | string,
  port: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<CheckResult> {
  const definition = healthOf(health).check;
  assert(definition !== undefined);
  const ready = readyCheck(definition, (source) => (text) => text.includes(source));
  return runCheck(ready, { host: '127.0.0.1', port }, signal);
}

/** A server with a certificate for app.example that it signed itself. */
async function startTls(t: TestContext): Promise<{ readonly port: number; readonly ca: string }> {
  const { key, certificate: ca } = makeCertificate(t, 'DNS:app.example');
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(ca) }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(response(200)));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  // A server that listens on TCP has an address with a port.
  return { port: (server.address() as AddressInfo).port, ca };
}
