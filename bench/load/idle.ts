/**
 * Opens connections, sends one request on each, and keeps them open and silent until standard input ends.
 *
 * Started as `node idle.ts PORT COUNT`. Writes `{"open":N,"failed":N}` once every connection has its answer or has
 * failed, and `{"closed":N}` at the end: how many the other side closed meanwhile. A few connections are made at a time,
 * so that no accept queue overflows and the peer needs few connections to the backend.
 */
import { connect, type Socket } from 'node:net';

const port = Number(process.argv[2]);
const count = Number(process.argv[3]);
const AT_A_TIME = 16;
const REQUEST = `GET /small HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: idle\r\nAccept: */*\r\n\r\n`;

const idle = new Set<Socket>();
let started = 0;
let failed = 0;
let closed = 0;

process.stdin.resume().once('end', () => {
  process.stdout.write(`${JSON.stringify({ closed })}\n`, () => process.exit(0));
});
for (let at = 0; at < Math.min(AT_A_TIME, count); at++) openNext();

function openNext(): void {
  if (started === count) return;
  started++;
  const socket = connect({ host: '127.0.0.1', port }, () => socket.write(REQUEST));
  socket.on('error', () => {});
  socket.on('data', () => {
    // The answer is some 250 bytes and comes in one piece; what matters here is only that it came.
    if (idle.has(socket)) return;
    idle.add(socket);
    afterOne();
  });
  socket.once('close', () => {
    if (idle.has(socket)) {
      closed++;
      return;
    }
    failed++;
    afterOne();
  });
}

function afterOne(): void {
  openNext();
  if (idle.size + failed === count) process.stdout.write(`${JSON.stringify({ open: idle.size, failed })}\n`);
}
