/**
 * The server behind the proxy in these tests, over sockets: reads a request, answers as reflect.ts says. It has no
 * opinion on HTTP: what the proxy lets through is answered.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { reflect } from './reflect.ts';
import type { Reflection } from './reflect.ts';

export interface ReflectingServer {
  readonly port: number;
  /** Requests that were answered. */
  readonly answered: number;
  close(): Promise<void>;
}

export async function startReflectingServer(): Promise<ReflectingServer> {
  const sockets = new Set<Socket>();
  let answered = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let input = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      input = Buffer.concat([input, bytes]);
      for (let next = takeRequest(input); next !== undefined; next = takeRequest(input)) {
        input = input.subarray(next.end);
        socket.write(responseBytes(next, reflect(next.target, next.body)));
        answered++;
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // Not a pipe: it listens on a port.
    get answered() {
      return answered;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Request {
  readonly method: string;
  readonly target: string;
  readonly body: Buffer;
  /** Where it ends in the input. */
  readonly end: number;
}

/** The first request of `input`, once it is there as a whole. */
function takeRequest(input: Buffer): Request | undefined {
  const headEnd = input.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = input.toString('latin1', 0, headEnd);
  const [method = '', target = ''] = head.split(' ', 2);
  const content = takeContent(head, input.subarray(headEnd + 4));
  return content && { method, target, body: content.body, end: headEnd + 4 + content.length };
}

/** Content and the number of bytes that it takes. */
function takeContent(head: string, rest: Buffer): { body: Buffer; length: number } | undefined {
  if (/\r\ntransfer-encoding:/i.test(head)) return takeChunks(rest);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return rest.length < length ? undefined : { body: rest.subarray(0, length), length };
}

/** Chunks as the proxy writes them: without extensions and trailers. */
function takeChunks(rest: Buffer): { body: Buffer; length: number } | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(rest.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (rest.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(pieces), length: end };
    pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = end;
  }
}

function responseBytes({ method }: Request, { status, headers, body }: Reflection): Buffer {
  const hasNoBody = status === 204 || status === 304;
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = hasNoBody ? '' : `Content-Length: ${body.length}\r\n`;
  const head = Buffer.from(`HTTP/1.1 ${status} Reflected\r\n${fields}${length}\r\n`, 'latin1');
  return hasNoBody || method === 'HEAD' ? head : Buffer.concat([head, body]);
}
