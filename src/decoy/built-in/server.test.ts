import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { BuiltInDecoy } from './server.ts';
import { startBuiltInDecoy } from './server.ts';

async function started(context: TestContext): Promise<BuiltInDecoy> {
  const decoy = await startBuiltInDecoy({ seed: 'a seed' });
  context.after(() => decoy.close());
  return decoy;
}

async function connected(decoy: BuiltInDecoy, context: TestContext): Promise<Socket> {
  const socket = connect(decoy.address.port, decoy.address.host);
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the other side ends. */
async function readAll(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of socket as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('latin1');
}

const ENDS = 'Host: shop.example\r\nConnection: close\r\n\r\n';

test('it listens on loopback only', async (context) => {
  const { address } = await started(context);
  assert.equal(address.host, '127.0.0.1');
  assert.ok(address.port > 0);
});

const EXCHANGES: readonly [string, string, RegExp][] = [
  [
    'a GET',
    `GET /.env HTTP/1.1\r\n${ENDS}`,
    /^HTTP\/1\.1 200 OK\r\nServer: nginx\r\nContent-Type: application\/octet-stream\r\n[^]*\r\n\r\nAPP_NAME=/,
  ],
  [
    'HEAD, without a body',
    `HEAD / HTTP/1.1\r\n${ENDS}`,
    /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: [1-9]\d*\r\n(?:[^\r]+\r\n)*\r\n$/,
  ],
  ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n[^]*Welcome to/],
  [
    'a chunked body',
    `POST /wp-login.php HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n${ENDS}9\r\nlog=admin\r\n0\r\n\r\n`,
    /value="admin"/,
  ],
  [
    'bytes above 7F in the target',
    `GET /search.php?q=\xe9\xff HTTP/1.1\r\n${ENDS}`,
    /^HTTP\/1\.1 (?:200|400) /,
  ],
  [
    'an Upgrade, as an ordinary request',
    `GET / HTTP/1.1\r\nUpgrade: websocket\r\nHost: h\r\nConnection: Upgrade, close\r\n\r\n`,
    /^HTTP\/1\.1 200 OK/,
  ],
  ['another method', `PROPFIND / HTTP/1.1\r\n${ENDS}`, /^HTTP\/1\.1 405 /],
  ['CONNECT', `CONNECT a:1 HTTP/1.1\r\n${ENDS}`, /^HTTP\/1\.1 405 Not Allowed\r\n/],
  [
    'a method that is not known',
    `FOO / HTTP/1.1\r\n${ENDS}`,
    /^HTTP\/1\.1 400 Bad Request\r\n[^]*<h1>400 Bad Request<\/h1>/,
  ],
  ['something that is not HTTP', '\x16\x03\x01\0\0', /^HTTP\/1\.1 400 Bad Request\r\n/],
  ['a head that ends early', 'GET / HT\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n/],
];

for (const [name, bytes, expected] of EXCHANGES) {
  test(`it answers ${name}`, async (context) => {
    const socket = await connected(await started(context), context);
    socket.write(bytes, 'latin1');
    const text = await readAll(socket);
    assert.match(text, expected);
    assert.doesNotMatch(text, /sallyport|node|express|set-cookie/i);
  });
}

test('a big body is read to its end and answered', async (context) => {
  const socket = await connected(await started(context), context);
  const size = 5_000_000;
  socket.write(`POST /contact.php HTTP/1.1\r\nContent-Length: ${size}\r\n${ENDS}`);
  socket.write(Buffer.alloc(size, 'x'));
  assert.match(await readAll(socket), /Thank you for your message/);
});

test('Expect: 100-continue is answered before the body is sent', async (context) => {
  const socket = await connected(await started(context), context);
  socket.write(`POST /contact.php HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n${ENDS}`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString('latin1'), /^HTTP\/1\.1 100 Continue\r\n\r\n/);
  socket.write('a=b');
  assert.match(await readAll(socket), /Thank you for your message/);
});

test('a connection carries many requests, and the same one gets the same answer', async (context) => {
  const socket = await connected(await started(context), context);
  const count = 50;
  const get = 'GET /wp-login.php HTTP/1.1\r\nHost: h\r\n\r\n';
  socket.write(`${get.repeat(count)}GET / HTTP/1.1\r\n${ENDS}`);
  const answers = (await readAll(socket)).split('HTTP/1.1 200 OK\r\n').slice(1);
  assert.equal(answers.length, count + 1);
  // Apart from the date, which may change in between.
  const pages = answers.slice(0, count).map((each) => each.replace(/^Date: .*$/m, ''));
  assert.equal(new Set(pages).size, 1);
});

test('requests wait while nobody takes the answers to those before', async (context) => {
  const socket = await connected(await started(context), context);
  socket.pause();
  const count = 6_000;
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(count));
  socket.write(`GET / HTTP/1.1\r\n${ENDS}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await readAll(socket)).split('HTTP/1.1 200 OK\r\n').length - 1, count + 1);
});

test('requests that come byte by byte are answered', async (context) => {
  const socket = await connected(await started(context), context);
  socket.setNoDelay(true);
  const requests =
    'POST /wp-login.php HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nlog=admin' +
    `GET /.env HTTP/1.1\r\n${ENDS}`;
  for (const byte of requests) {
    socket.write(byte, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(await readAll(socket), /value="admin"[^]*APP_NAME=/);
});

test('more fields than a browser sends are read', async (context) => {
  const socket = await connected(await started(context), context);
  socket.write(`GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(10_000)}${ENDS}`);
  assert.match(await readAll(socket), /^HTTP\/1\.1 200 OK/);
});

test('the end of the other side within a request is answered, between requests it is not', async (context) => {
  const decoy = await started(context);
  const within = await connected(decoy, context);
  within.end('GET / HT');
  assert.match(await readAll(within), /^HTTP\/1\.1 400 /);
  const between = await connected(decoy, context);
  between.end();
  assert.equal(await readAll(between), '');
});

test('a client that goes away in the middle of its body harms nobody', async (context) => {
  const decoy = await started(context);
  const gone = await connected(decoy, context);
  gone.write(`POST / HTTP/1.1\r\nContent-Length: 100\r\n${ENDS}abc`);
  gone.resetAndDestroy();
  const socket = await connected(decoy, context);
  socket.write(`GET / HTTP/1.1\r\n${ENDS}`);
  assert.match(await readAll(socket), /^HTTP\/1\.1 200 OK/);
});

test('close ends open connections', async (context) => {
  const decoy = await startBuiltInDecoy({ seed: 'a seed' });
  const socket = await connected(decoy, context);
  const ended = readAll(socket);
  await decoy.close();
  assert.equal(await ended, '');
});

test('a Server field that could forge a header is refused', async () => {
  await assert.rejects(startBuiltInDecoy({ seed: 'a', serverHeader: 'a\r\nb: c' }), RangeError);
});
