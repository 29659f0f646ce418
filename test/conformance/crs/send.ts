/** Sends the bytes of one request on a connection of their own, as they are. */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Answer {
  /** The client's end of the connection: what the access log knows it by. */
  readonly clientPort: number;
  /** 0 when the connection ended without an answer. */
  readonly status: number;
}

/** What takes longer has gone wrong. */
const WAIT_MS = 15_000;

/** Ports of clients: one for each request, below those that the system hands out, and never used again. */
let lastPort = 10_000;

/** `isCut` says that the request is not whole and its sender goes away. */
export async function send(port: number, request: Buffer, isCut: boolean): Promise<Answer> {
  const socket = await open(port);
  const clientPort = socket.localPort ?? 0;
  return new Promise((resolve, reject) => {
    let input = Buffer.alloc(0);
    let hasEnded = false;
    const end = (): void => {
      if (!hasEnded) socket.end();
      hasEnded = true;
    };
    socket.setTimeout(WAIT_MS, () => {
      socket.destroy();
      reject(new Error(`no end of the answer to ${JSON.stringify(request.toString('latin1', 0, 200))}`));
    });
    socket.on('data', (bytes: Buffer) => {
      input = Buffer.concat([input, bytes]);
      if (isWhole(input, request.toString('latin1', 0, 5) === 'HEAD ')) end();
    });
    socket.on('end', end);
    socket.on('error', () => {}); // What was sent behind the request was not wanted; the answer counts.
    socket.on('close', () => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(input.toString('latin1', 0, 16))?.[1];
      resolve({ clientPort, status: Number(status ?? 0) });
    });
    socket.write(request);
    if (isCut) end();
  });
}

/** The next port that nobody has. */
async function open(port: number): Promise<Socket> {
  for (;;) {
    const localPort = ++lastPort;
    if (localPort >= 32_768) throw new Error('no port is left');
    const socket = connect({
      host: '127.0.0.1',
      port,
      localAddress: '127.0.0.1',
      localPort,
      allowHalfOpen: true,
    });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return socket;
  }
}

/** True when the first response has come; a connection that stays open is then closed from this side. */
function isWhole(input: Buffer, isHead: boolean): boolean {
  const headEnd = input.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  if (isHead) return true;
  const head = input.toString('latin1', 0, headEnd);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return input.length >= headEnd + 4 + length;
}
