/**
 * A server is trusted no more than a client: what is unclear about its response becomes 502 or a cut, and never the
 * beginning of the next one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { content, request, response, statusOf } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { pause } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

const OK = 'HTTP/1.1 200 OK\r\n';

const MALFORMED: readonly { readonly name: string; readonly bytes: string; readonly code: string }[] = [
  { name: 'no HTTP', bytes: 'SSH-2.0-OpenSSH_9\r\n', code: 'version-bad' },
  { name: 'another version', bytes: 'HTTP/2.0 200 OK\r\n\r\n', code: 'version-bad' },
  { name: 'a status of two digits', bytes: 'HTTP/1.1 20 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status of four digits', bytes: 'HTTP/1.1 2000 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status below 100', bytes: 'HTTP/1.1 099 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a status above 599', bytes: 'HTTP/1.1 600 OK\r\n\r\n', code: 'status-bad' },
  { name: 'a control byte in the reason', bytes: 'HTTP/1.1 200 O\x01K\r\n\r\n', code: 'reason-bad' },
  {
    name: 'both lengths',
    bytes: `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello`,
    code: 'length-and-encoding',
  },
  {
    name: 'a length that is none',
    bytes: `${OK}Content-Length: +5\r\n\r\nhello`,
    code: 'content-length-bad',
  },
  {
    name: 'two lengths',
    bytes: `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    code: 'content-length-differs',
  },
  {
    name: 'an encoding that is not known',
    bytes: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    code: 'transfer-encoding-bad',
  },
  {
    name: 'an encoding in HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    code: 'transfer-encoding-http10',
  },
  { name: 'bare LF', bytes: 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', code: 'bare-lf' },
  { name: 'a folded field', bytes: `${OK}X: 1\r\n 2\r\n\r\n`, code: 'obs-fold' },
  {
    name: 'a space before the colon',
    bytes: `${OK}Content-Length : 5\r\n\r\nhello`,
    code: 'space-before-colon',
  },
  { name: 'a header that splits', bytes: `${OK}X: a\rSet-Cookie: b\r\n\r\n`, code: 'bare-cr' },
  { name: 'NUL in a value', bytes: `${OK}X: a\0b\r\n\r\n`, code: 'header-value-bad' },
  {
    name: 'a head that is too large',
    bytes: `${OK}X: ${'a'.repeat(65_536)}\r\n\r\n`,
    code: 'head-too-large',
  },
  { name: 'too many fields', bytes: `${OK}${'X: 1\r\n'.repeat(201)}\r\n`, code: 'too-many-headers' },
];

for (const { name, bytes, code } of MALFORMED) {
  test(`502, and the server connection is closed: ${name}`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.expectRequest();
        wire.send(bytes);
      },
    });
    const client = await world.client();
    const answer = await client.exchange(request('GET /'));
    assert.equal(statusOf(answer), 502);
    const record = await world.record(0);
    assert.equal(record.end, 'origin-refused');
    assert.equal(record.because.code, code);
    assert.match(answer.body.toString(), new RegExp(`Reference: ${record.id}`));
    await (await world.server.connection(0)).ended();
    // It was the server's fault: the client's connection goes on, with a connection to the server of its own.
    client.send(request('GET /'));
    await world.server.connection(1);
  });
}

for (const [name, bytes] of [
  ['a bad first chunk', 'x\r\n'],
  ['a trailer that sets a cookie', '0\r\nSet-Cookie: a\r\n\r\n'],
] as const) {
  test(`502 when the first bytes of the body are malformed: ${name}`, async (t) => {
    const world = await startWorld(t, {
      server: answering(() => `${OK}Transfer-Encoding: chunked\r\n\r\n${bytes}`),
    });
    const client = await world.client();
    assert.equal(statusOf(await client.exchange(request('GET /'))), 502);
    assert.equal((await world.record(0)).end, 'origin-body-refused');
  });

  test(`a response that has begun is cut: ${name}`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire) => {
        await wire.expectRequest();
        wire.send(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
        await pause(30);
        wire.send(bytes);
      },
    });
    const client = await world.client();
    client.send(request('GET /'));
    await client.readUntil('hello\r\n');
    assert.equal(await client.ended(), 'reset');
    assert.equal(client.unread, '');
    assert.equal((await world.record(0)).end, 'origin-body-refused');
  });
}

const EXTRA: readonly { readonly name: string; readonly bytes: string; readonly method?: string }[] = [
  { name: 'after a Content-Length', bytes: `${response(200, 'hello')}${response(200, 'smuggled')}` },
  { name: 'after the last chunk', bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nx` },
  { name: 'after a 204', bytes: `HTTP/1.1 204 No Content\r\n\r\nhello` },
  { name: 'after a 304', bytes: `HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'after HEAD', bytes: response(200, 'hello'), method: 'HEAD' },
];

for (const { name, bytes, method = 'GET' } of EXTRA) {
  test(`bytes ${name} are not delivered, and their connection is not used again`, async (t) => {
    const world = await startWorld(t, {
      server: async (wire, index) => {
        await wire.expectRequest();
        wire.send(index === 0 ? bytes : response(200, 'next'));
      },
    });
    const client = await world.client();
    const answer = await client.exchange(request(`${method} /`), method);
    assert(['', 'hello'].includes(answer.body.toString()));
    assert.equal((await client.exchange(request('GET /'))).body.toString(), 'next');
    assert.notEqual(await (await world.server.connection(0)).ended(), undefined);
  });
}

test('bytes on an idle connection close it, and are nobody’s response', async (t) => {
  const world = await startWorld(t, {
    server: async (wire, index) => {
      await wire.expectRequest();
      wire.send(response(200, 'hello'));
      if (index > 0) return;
      await pause(30);
      wire.send(response(200, 'smuggled'));
    },
  });
  const client = await world.client();
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'hello');
  await (await world.server.connection(0)).ended();
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'hello');
  assert.equal(world.server.connections.length, 2);
});

test('a response with more than its length in large pieces is whole, and its connection closed', async (t) => {
  const body = content(200_000);
  const world = await startWorld(t, {
    server: async (wire) => {
      await wire.expectRequest();
      wire.send(`${OK}Content-Length: 150000\r\n\r\n`);
      wire.send(body);
    },
  });
  const client = await world.client();
  const answer = await client.exchange(request('GET /'));
  assert(answer.body.equals(body.subarray(0, 150_000)));
  await (await world.server.connection(0)).ended();
  assert.equal((await world.record(0)).end, 'done');
});
