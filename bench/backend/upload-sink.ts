/**
 * The backend of uploads: reads the whole body of each request, keeps nothing of it, and then answers 200 with the
 * value of X-Forwarded-For that it got.
 *
 * nginx would answer before it has read the body, or write it to a file. This trusts its input: it is only ever spoken
 * to by the peers of the bench, whose requests carry Content-Length. Started as `node upload-sink.ts PORT`.
 */
import type { Buffer } from 'node:buffer';
import { createServer, type Socket } from 'node:net';

const BAD = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
/** The end of a head may be cut anywhere: the longest head of the workloads has less than this. */
const HEAD_BYTES_MAX = 16_384;

createServer({ noDelay: true }, serve).listen({ host: '127.0.0.1', port: Number(process.argv[2]) });

function serve(socket: Socket): void {
  let head = '';
  let answer = '';
  /** Bytes of the body still to come; 0 while a head is read. */
  let missing = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    let start = 0;
    while (start < piece.length) {
      if (missing === 0) {
        const before = head.length;
        head += piece.toString('latin1', start, start + HEAD_BYTES_MAX);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0 && head.length < HEAD_BYTES_MAX) return;
        missing = bodyLength(head.slice(0, end));
        if (Number.isNaN(missing)) return void socket.end(BAD);
        answer = answerTo(head.slice(0, end));
        start += end + 4 - before;
        head = '';
      }
      const taken = Math.min(missing, piece.length - start);
      missing -= taken;
      start += taken;
      if (missing === 0) socket.write(answer, 'latin1');
    }
  });
}

/** NaN for a chunked body: no peer has a reason to change the framing, and one that does would do other work. */
function bodyLength(head: string): number {
  if (/\r\ntransfer-encoding:/i.test(head)) return Number.NaN;
  return Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
}

function answerTo(head: string): string {
  const from = /\r\nx-forwarded-for: *(\S*)/i.exec(head)?.[1] ?? '';
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${from.length}\r\n\r\n${from}`;
}
