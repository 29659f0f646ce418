/**
 * A real process that a test can kill. It prints its port, or `sending`, when it is ready.
 *
 * - `serve` answers a request with the beginning of a response and falls silent.
 * - `upload PORT` sends a body without end.
 * - `deaf` listens and accepts nothing: once its queue is full, who connects to it waits without an answer.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { argv, execPath, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** The first line that it printed. */
  readonly line: string;
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
}

export async function startChild(...words: string[]): Promise<Child> {
  const child = spawn(execPath, [fileURLToPath(import.meta.url), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
    child.once('exit', () => reject(new Error('the child ended before it was ready')));
  });
  return {
    process: child,
    line,
    kill: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
}

function serve(): void {
  const server = createServer((socket) => {
    socket.on('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
}

function upload(port: number): void {
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const more = (): void => {
      while (socket.write(Buffer.from(`2710\r\n${'x'.repeat(10_000)}\r\n`)));
    };
    socket.on('drain', more);
    more();
    stdout.write('sending\n');
  });
}

function deaf(): void {
  const server = createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    writeSync(1, `${(server.address() as AddressInfo).port}\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

if (import.meta.main) {
  if (argv[2] === 'serve') serve();
  else if (argv[2] === 'deaf') deaf();
  else upload(Number(argv[3]));
}
