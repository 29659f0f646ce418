/**
 * Memory does not grow with the length of a body, and little with the number of connections.
 *
 * By default with enough to see growth. With SALLYPORT_TEST_ALL=1 with 1 GB each way and 10,000 connections.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import process from 'node:process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request } from '../support/message.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';

const IS_ALL = process.env['SALLYPORT_TEST_ALL'] === '1';
const STREAM_BYTES = IS_ALL ? 1_000_000_000 : 64_000_000;
const CONNECTIONS = IS_ALL ? 10_000 : 2_000;
/** Where each connection moves 200 kB first. */
const BUSY_CONNECTIONS = IS_ALL ? 10_000 : 500;

/**
 * How much more may be in use at any moment of a stream: two queues of 256 KiB, the free buffers (4 MiB), and garbage
 * that waits for collection. A body that is gathered anywhere is far beyond.
 */
const STREAM_GROWTH_MAX = 40 * 1024 * 1024;
/** The goal for an idle client connection, the kernel's memory not counted. */
const CONNECTION_BYTES_MAX = 12 * 1024;

const PIECE = Buffer.alloc(65_536, 'stream ');

async function serve(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function startFront(t: TestContext, serverPort: number, listener: object = {}): Promise<ProxyProcess> {
  const proxy = await startProxyProcess(
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app', ...listener } },
      pools: { app: { servers: [`127.0.0.1:${serverPort}`] } },
    }),
  );
  t.after(() => proxy.close());
  return proxy;
}

/** Writes `length` bytes as fast as they are taken. */
function pour(socket: Socket, length: number): void {
  let left = length;
  const more = (): void => {
    while (left > 0) {
      const piece = left >= PIECE.length ? PIECE : PIECE.subarray(0, left);
      left -= piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** Resolves when `length` bytes have come after the first empty line. */
function drink(socket: Socket, length: number): Promise<void> {
  let head = '';
  let count = -1;
  return new Promise((resolve, reject) => {
    socket.on('data', (bytes: Buffer) => {
      if (count === -1) {
        head += bytes.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        count = head.length - end - 4;
      } else count += bytes.length;
      if (count >= length) resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${count} bytes`)));
  });
}

/** The most that is in use while `work` goes on, beyond what is in use before. */
async function growthDuring(
  proxy: ProxyProcess,
  work: Promise<void>,
): Promise<{ memory: number; samples: number }> {
  const before = await proxy.usage(true);
  const over = work.then(() => true);
  const tick = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(false), 1));
  let most = 0;
  let samples = 0;
  do {
    most = Math.max(most, (await proxy.usage(false)).memory);
    samples++;
  } while (!(await Promise.race([over, tick()])));
  return { memory: most - before.memory, samples };
}

test(`${STREAM_BYTES / 1e6} MB stream down in constant memory`, async (t) => {
  const serverPort = await serve(t, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${STREAM_BYTES}\r\n\r\n`);
      pour(socket, STREAM_BYTES);
    });
  });
  const proxy = await startFront(t, serverPort);
  const client = connect(proxy.port, '127.0.0.1');
  t.after(() => client.destroy());
  const done = drink(client, STREAM_BYTES);
  client.write(request('GET /'));
  const { memory, samples } = await growthDuring(proxy, done);
  assert(samples > 2, 'nothing was measured');
  assert(memory < STREAM_GROWTH_MAX, `${memory} bytes more were in use`);
});

test(`${STREAM_BYTES / 1e6} MB stream up in constant memory`, async (t) => {
  const serverPort = await serve(t, (socket) => {
    void drink(socket, STREAM_BYTES).then(() => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
  });
  const proxy = await startFront(t, serverPort);
  const client = connect(proxy.port, '127.0.0.1');
  t.after(() => client.destroy());
  const done = drink(client, 0);
  client.write(request('POST /', `Content-Length: ${STREAM_BYTES}\r\n`));
  pour(client, STREAM_BYTES);
  const { memory, samples } = await growthDuring(proxy, done);
  assert(samples > 2, 'nothing was measured');
  assert(memory < STREAM_GROWTH_MAX, `${memory} bytes more were in use`);
});

test(`${STREAM_BYTES / 1e6} MB go through a tcp listener in constant memory`, async (t) => {
  const serverPort = await serve(t, (socket) => {
    socket.write('\r\n\r\n');
    pour(socket, STREAM_BYTES);
  });
  const proxy = await startFront(t, serverPort, { protocol: 'tcp' });
  const client = connect(proxy.port, '127.0.0.1');
  t.after(() => client.destroy());
  const { memory } = await growthDuring(proxy, drink(client, STREAM_BYTES));
  assert(memory < STREAM_GROWTH_MAX, `${memory} bytes more were in use`);
});

/** Opens `count` connections one after the other, some at once, and does one exchange on each. */
async function openMany(
  port: number,
  count: number,
  text: string | Buffer,
  length: number,
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const openOne = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const done = drink(socket, length);
    socket.write(text);
    await done;
  };
  while (sockets.length < count) {
    await Promise.all(Array.from({ length: Math.min(50, count - sockets.length) }, openOne));
  }
  return sockets;
}

const BODY = Buffer.alloc(100_000, 'x');
const USES: readonly {
  readonly name: string;
  readonly count: number;
  readonly text: string | Buffer;
  readonly length: number;
}[] = [
  { name: 'a small page', count: CONNECTIONS, text: request('GET /2'), length: 2 },
  {
    name: 'an upload of 100 kB and a download of as much',
    count: BUSY_CONNECTIONS,
    text: Buffer.concat([Buffer.from(request('POST /100000', 'Content-Length: 100000\r\n')), BODY]),
    length: BODY.length,
  },
];

for (const { name, count, text, length } of USES) {
  test(`${count} connections that are idle after ${name} take at most 12 KiB each`, async (t) => {
    const serverPort = await serve(t, (socket) => {
      const expected = typeof text === 'string' ? 1 : text.length;
      let received = 0;
      socket.on('data', (bytes: Buffer) => {
        received += bytes.length;
        if (received < expected) return;
        received = 0;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
        socket.write(BODY.subarray(0, length));
      });
    });
    // None is to be closed before the last one is there, however slow this machine is.
    const proxy = await startFront(t, serverPort, { timeouts: { keepAlive: '1h' } });
    const all: Socket[] = [];
    t.after(() => {
      for (const socket of all) socket.destroy();
    });
    // What the first connections bring along is not of the connections: compiled code, free heads, pages of the heap.
    all.push(...(await openMany(proxy.port, 300, text, length)));
    const before = await proxy.usage(true);
    all.push(...(await openMany(proxy.port, count, text, length)));
    const after = await proxy.usage(true);
    assert.equal(after.counts.clients, count + 300);
    const each = (after.rss - before.rss) / count;
    const eachOfHeap = (after.memory - before.memory) / count;
    t.diagnostic(`${Math.round(each)} bytes of RSS each, ${Math.round(eachOfHeap)} of heap and buffers`);
    // Over few connections the pages that the collector keeps weigh more than they do.
    if (count >= 2_000) assert(each < CONNECTION_BYTES_MAX, `${each} bytes each`);
    assert(eachOfHeap < CONNECTION_BYTES_MAX, `${eachOfHeap} bytes each`);
  });
}
