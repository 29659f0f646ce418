/**
 * What is refused end to end: the client gets the right status and its connection is closed, the server not one byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';

const H = 'Host: a\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

interface Refused {
  readonly name: string;
  readonly sent: string;
  readonly status: number;
  /** `because.code` of the record. */
  readonly code: string;
}

/** Requests that two readers could read in two ways, or that are none. */
const MALFORMED: readonly Refused[] = [
  {
    name: 'Content-Length and Transfer-Encoding',
    sent: `POST / HTTP/1.1\r\n${H}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\nG`,
    status: 400,
    code: 'length-and-encoding',
  },
  {
    name: 'Transfer-Encoding and Content-Length',
    sent: `POST / HTTP/1.1\r\n${H}${CHUNKED}Content-Length: 6\r\n\r\n0\r\n\r\nG`,
    status: 400,
    code: 'length-and-encoding',
  },
  ...[
    '5, 5',
    '+5',
    '-5',
    '0x5',
    '5_0',
    '',
    '05',
    '5 5',
    '5;',
    '18446744073709551616',
    '9007199254740992',
  ].map((length) => ({
    name: `Content-Length "${length}"`,
    sent: `POST / HTTP/1.1\r\n${H}Content-Length: ${length}\r\n\r\nhello`,
    status: 400,
    code: 'content-length-bad',
  })),
  {
    name: 'two Content-Lengths that differ',
    sent: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    status: 400,
    code: 'content-length-differs',
  },
  {
    name: 'two Content-Lengths that are the same',
    sent: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    status: 400,
    code: 'content-length-differs',
  },
  ...[
    'identity',
    'gzip',
    'gzip, chunked',
    'chunked, identity',
    'chunked, chunked',
    'xchunked',
    '"chunked"',
    'chunked;q=1',
    '',
  ].map((encoding) => ({
    name: `Transfer-Encoding "${encoding}"`,
    sent: `POST / HTTP/1.1\r\n${H}Transfer-Encoding: ${encoding}\r\n\r\n0\r\n\r\n`,
    status: 400,
    code: 'transfer-encoding-bad',
  })),
  {
    name: 'two Transfer-Encodings',
    sent: `POST / HTTP/1.1\r\n${H}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`,
    status: 400,
    code: 'transfer-encoding-bad',
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    sent: `POST / HTTP/1.0\r\n${H}${CHUNKED}\r\n0\r\n\r\n`,
    status: 400,
    code: 'transfer-encoding-http10',
  },
  {
    name: 'a space before the colon',
    sent: `POST / HTTP/1.1\r\n${H}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
    code: 'space-before-colon',
  },
  {
    name: 'a folded line',
    sent: `POST / HTTP/1.1\r\n${H}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
    code: 'obs-fold',
  },
  {
    name: 'a first line that is folded',
    sent: `GET / HTTP/1.1\r\n Host: a\r\n\r\n`,
    status: 400,
    code: 'obs-fold',
  },
  { name: 'bare LF in the head', sent: `GET / HTTP/1.1\r\n${H}X: 1\n\r\n`, status: 400, code: 'bare-lf' },
  { name: 'bare LF after the request line', sent: `GET / HTTP/1.1\n${H}\r\n`, status: 400, code: 'bare-lf' },
  {
    name: 'bare CR in a value',
    sent: `GET / HTTP/1.1\r\n${H}X: 1\rY: 2\r\n\r\n`,
    status: 400,
    code: 'bare-cr',
  },
  {
    name: 'NUL in a value',
    sent: `GET / HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`,
    status: 400,
    code: 'header-value-bad',
  },
  {
    name: 'an empty name',
    sent: `GET / HTTP/1.1\r\n${H}: x\r\n\r\n`,
    status: 400,
    code: 'header-name-empty',
  },
  {
    name: 'a name with a space',
    sent: `GET / HTTP/1.1\r\n${H}X Y: 1\r\n\r\n`,
    status: 400,
    code: 'space-before-colon',
  },
  {
    name: 'a name with a byte above 127',
    sent: `GET / HTTP/1.1\r\n${H}X\xa0: 1\r\n\r\n`,
    status: 400,
    code: 'header-name-bad',
  },
  { name: 'no Host', sent: 'GET / HTTP/1.1\r\nX: 1\r\n\r\n', status: 400, code: 'host-missing' },
  { name: 'two Hosts', sent: `GET / HTTP/1.1\r\n${H}${H}\r\n`, status: 400, code: 'host-duplicate' },
  {
    name: 'a Host with userinfo',
    sent: 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n',
    status: 400,
    code: 'host-bad',
  },
  {
    name: 'a Host that is a list',
    sent: 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n',
    status: 400,
    code: 'host-bad',
  },
  { name: 'an empty Host', sent: 'GET / HTTP/1.1\r\nHost:\r\n\r\n', status: 400, code: 'host-bad' },
  {
    name: 'a Host that differs from the target',
    sent: `GET http://b/ HTTP/1.1\r\n${H}\r\n`,
    status: 400,
    code: 'host-differs',
  },
  { name: 'a fragment', sent: `GET /a#b HTTP/1.1\r\n${H}\r\n`, status: 400, code: 'target-bad' },
  {
    name: 'a control byte in the target',
    sent: `GET /a\x01 HTTP/1.1\r\n${H}\r\n`,
    status: 400,
    code: 'target-bad',
  },
  { name: 'a target without a slash', sent: `GET a HTTP/1.1\r\n${H}\r\n`, status: 400, code: 'target-bad' },
  { name: 'an asterisk for GET', sent: `GET * HTTP/1.1\r\n${H}\r\n`, status: 400, code: 'target-bad' },
  {
    name: 'a scheme that is not ours',
    sent: `GET ftp://a/ HTTP/1.1\r\n${H}\r\n`,
    status: 400,
    code: 'target-bad',
  },
  {
    name: 'two spaces in the request line',
    sent: `GET  / HTTP/1.1\r\n${H}\r\n`,
    status: 400,
    code: 'target-bad',
  },
  { name: 'a tab in the request line', sent: `GET\t/ HTTP/1.1\r\n${H}\r\n`, status: 400, code: 'method-bad' },
  { name: 'HTTP/0.9', sent: 'GET /\r\n\r\n', status: 400, code: 'version-bad' },
  { name: 'HTTP in lower case', sent: `GET / http/1.1\r\n${H}\r\n`, status: 400, code: 'version-bad' },
  { name: 'HTTP/1.2', sent: `GET / HTTP/1.2\r\n${H}\r\n`, status: 505, code: 'version-unsupported' },
  { name: 'HTTP/2', sent: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 505, code: 'version-unsupported' },
  { name: 'TLS on a plain port', sent: '\x16\x03\x01\x02\x00\x01\x00', status: 400, code: 'method-bad' },
  {
    name: 'a PROXY header from nobody trusted',
    sent: `PROXY TCP4 6.6.6.6 1.1.1.1 1 2\r\nGET / HTTP/1.1\r\n${H}\r\n`,
    status: 400,
    code: 'version-bad',
  },
  {
    name: 'a Connection that is no list of tokens',
    sent: `GET / HTTP/1.1\r\n${H}Connection: "x"\r\n\r\n`,
    status: 400,
    code: 'connection-bad',
  },
  {
    name: 'a target that is too long',
    sent: `GET /${'a'.repeat(8192)} HTTP/1.1\r\n${H}\r\n`,
    status: 414,
    code: 'target-too-long',
  },
  {
    name: 'a head that is too large',
    sent: `GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(32_768)}\r\n\r\n`,
    status: 431,
    code: 'head-too-large',
  },
  {
    name: 'too many fields',
    sent: `GET / HTTP/1.1\r\n${H}${'X: 1\r\n'.repeat(100)}\r\n`,
    status: 431,
    code: 'too-many-headers',
  },
];

for (const { name, sent, status, code } of MALFORMED) {
  test(`refused, and the server sees nothing: ${name}`, async (t) => {
    const world = await startWorld(t, { server: answering(() => response(200)) });
    const client = await world.client();
    client.send(sent + request('GET /smuggled'));
    const answer = await client.readResponse();
    assert.equal(statusOf(answer), status);
    assert.equal(valueOf(answer, 'connection'), 'close');
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal(client.ending, 'end');
    assert.equal(world.server.received, 0);
    assert.equal(world.server.connections.length, 0);
    const record = await world.record(0);
    assert.equal(record.status, status);
    assert.equal(record.because.code, code);
    assert.equal(record.end, 'request-refused');
    assert.equal(record.verdict, 'reply');
    assert.match(answer.body.toString(), new RegExp(`Reference: ${record.id}`));
  });
}

const CHUNKS: readonly {
  readonly name: string;
  readonly body: string;
  readonly code: string;
  readonly status?: number;
}[] = [
  { name: 'no size', body: '\r\n', code: 'chunk-size-bad' },
  { name: 'a sign', body: '+5\r\nhello\r\n0\r\n\r\n', code: 'chunk-size-bad' },
  { name: '0x', body: '0x5\r\nhello\r\n0\r\n\r\n', code: 'chunk-size-bad' },
  { name: 'a space before the size', body: ' 5\r\nhello\r\n0\r\n\r\n', code: 'chunk-size-bad' },
  { name: 'a space after the size', body: '5 \r\nhello\r\n0\r\n\r\n', code: 'chunk-size-bad' },
  { name: 'seventeen digits', body: '00000000000000005\r\nhello\r\n0\r\n\r\n', code: 'chunk-size-bad' },
  { name: 'a size beyond 2^53', body: 'ffffffffffffffff\r\nhello', code: 'chunk-size-bad' },
  { name: 'bare LF after the size', body: '5\nhello\r\n0\r\n\r\n', code: 'bare-lf' },
  { name: 'bare LF after the data', body: '5\r\nhello\n0\r\n\r\n', code: 'chunk-end-bad' },
  { name: 'data longer than its size', body: '5\r\nhello!\r\n0\r\n\r\n', code: 'chunk-end-bad' },
  { name: 'bare LF in an extension', body: '5;a\nhello\r\n0\r\n\r\n', code: 'bare-lf' },
  {
    name: 'extensions without end',
    body: `5;${'a'.repeat(1024)}\r\nhello\r\n0\r\n\r\n`,
    code: 'chunk-extension-too-long',
  },
  { name: 'a trailer that frames', body: '0\r\nContent-Length: 5\r\n\r\n', code: 'trailer-forbidden' },
  { name: 'a trailer that routes', body: '0\r\nHost: b\r\n\r\n', code: 'trailer-forbidden' },
  {
    name: 'a trailer that says who asks',
    body: '0\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n',
    code: 'trailer-forbidden',
  },
  { name: 'a trailer with credentials', body: '0\r\nAuthorization: x\r\n\r\n', code: 'trailer-forbidden' },
  { name: 'a malformed trailer', body: '0\r\nX : 1\r\n\r\n', code: 'trailer-bad' },
  {
    name: 'trailers that are too large',
    body: `0\r\nX: ${'a'.repeat(8192)}\r\n\r\n`,
    code: 'trailer-too-large',
    status: 431,
  },
];

for (const { name, body, code, status = 400 } of CHUNKS) {
  test(`a chunked body is refused in the packet of its head, and the server sees nothing: ${name}`, async (t) => {
    const world = await startWorld(t, { server: answering(() => response(200)) });
    const client = await world.client();
    client.send(request('POST /', CHUNKED, body) + request('GET /smuggled'));
    assert.equal(statusOf(await client.readResponse()), status);
    assert.equal((await client.readToEnd()).length, 0);
    client.close();
    await world.idle();
    assert.equal(world.server.received, 0);
    assert.equal(world.proxy.records.length, 1);
    const record = await world.record(0);
    assert.equal(record.because.code, code);
    assert.equal(record.end, 'request-body-refused');
  });

  test(`a chunked body is refused on its way, and the server sees no end of it: ${name}`, async (t) => {
    let seen = '';
    const world = await startWorld(t, {
      server: async (wire) => {
        seen = (await wire.readToEnd()).toString('latin1');
      },
    });
    const client = await world.client();
    client.send(request('POST /', CHUNKED, '3\r\nabc\r\n'));
    await world.server.connection(0);
    client.send(body + request('GET /smuggled'));
    assert.equal(statusOf(await client.readResponse()), status);
    assert.equal((await client.readToEnd()).length, 0);
    await (await world.server.connection(0)).ended();
    assert.match(seen, /^POST [^]*\r\n\r\n3\r\nabc\r\n/);
    assert.doesNotMatch(seen, /0\r\n\r\n$|smuggled|GET/);
  });
}

const BOUNDED: readonly {
  readonly name: string;
  readonly sent: string;
  readonly status: number;
  readonly end: string;
}[] = [
  {
    name: 'a Content-Length beyond limits.bodyBytes',
    sent: request('POST /', 'Content-Length: 1001\r\n'),
    status: 413,
    end: 'request-body-too-large',
  },
  {
    name: 'chunks beyond limits.bodyBytes',
    sent: request('POST /', CHUNKED, `3e9\r\n${'a'.repeat(1001)}\r\n0\r\n\r\n`),
    status: 413,
    end: 'request-body-too-large',
  },
  {
    name: 'an Expect that nobody knows',
    sent: request('GET /', 'Expect: tea\r\n'),
    status: 417,
    end: 'expectation-unknown',
  },
  {
    name: 'two Expects',
    sent: request('GET /', 'Expect: 100-continue\r\nExpect: 100-continue\r\n'),
    status: 417,
    end: 'expectation-unknown',
  },
];

for (const { name, sent, status, end } of BOUNDED) {
  test(`answered with ${status}: ${name}`, async (t) => {
    const world = await startWorld(t, { server: () => {}, listener: { limits: { bodyBytes: '1000' } } });
    const client = await world.client();
    client.send(sent);
    assert.equal(statusOf(await client.readResponse()), status);
    assert.equal((await world.record(0)).end, end);
    assert.equal(world.server.received, 0);
  });
}

test('bodies and heads of exactly their bound pass', async (t) => {
  const world = await startWorld(t, {
    server: answering(({ body }) => response(200, String(body.length))),
    listener: { limits: { bodyBytes: '1000', headBytes: '1KiB', targetBytes: '64', headerCount: 3 } },
  });
  const client = await world.client();
  const body = 'a'.repeat(1000);
  assert.equal(
    (await client.exchange(request('POST /', 'Content-Length: 1000\r\n', body))).body.toString(),
    '1000',
  );
  assert.equal(
    (await client.exchange(request('POST /', CHUNKED, `3e8\r\n${body}\r\n0\r\n\r\n`))).body.toString(),
    '1000',
  );
  assert.equal(statusOf(await client.exchange(request(`GET /${'a'.repeat(63)}`, 'X: 1\r\nY: 2\r\n'))), 200);
  const head = request('GET /', 'X: \r\n');
  const fields = `X: ${'a'.repeat(1024 - head.length)}\r\n`;
  assert.equal(statusOf(await client.exchange(request('GET /', fields))), 200);
  assert.equal(statusOf(await client.exchange(request('GET /', `a${fields}`))), 431);
});

test('our page for HEAD has no body, and the connection goes on', async (t) => {
  const world = await startWorld(t, {
    server: answering(() => response(200)),
    listener: { pool: undefined, routes: ['app'] },
    config: { routes: { app: { paths: ['/app'], pool: 'app' } } },
  });
  const client = await world.client();
  const answer = await client.exchange(request('HEAD /'), 'HEAD');
  assert.equal(statusOf(answer), 404);
  assert.notEqual(valueOf(answer, 'content-length'), '0');
  assert.equal(statusOf(await client.exchange(request('GET /app'))), 200);
});
