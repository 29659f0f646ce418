/**
 * Receives datagrams of the Unix domain, which Node.js cannot: the end of a service manager or of a log daemon.
 */
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLibc, SystemError } from '../../src/linux/ffi.ts';
import { AF_UNIX, unixAddress } from '../../src/linux/unix-datagram.ts';

/** Why it cannot be used here, or false. */
export const UNIX_SKIP: string | false =
  process.platform === 'linux' ? false : 'datagrams of the Unix domain are sent on Linux alone';

const DATAGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const EVERY_MS = 3;
const BYTES_MAX = 65_536;

export interface UnixReceiver {
  readonly path: string;
  /** Everything that came, as text of one byte a character. */
  readonly received: string[];
  /** What waits stays there, and what comes is refused once the queue of the system is full. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** A folder that ends with the test: paths of sockets must be short. */
export function socketFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'spt-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Receives at a path, or at an abstract name that begins with `@`, until the test ends. */
export function receiveAt(t: TestContext, path: string): UnixReceiver {
  const { functions, check } = openLibc({
    socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
    bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
    recv: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
    close: { arguments: ['i32'], return: 'i32' },
  });
  const address = unixAddress(path);
  if (address === undefined) throw new Error(`${path} is no address`);
  const fd = check('socket', functions.socket(AF_UNIX, DATAGRAM_NONBLOCK_CLOEXEC, 0));
  check('bind', functions.bind(fd, address, address.length));
  const received: string[] = [];
  const bytes = Buffer.alloc(BYTES_MAX);
  let isOpen = true;
  let isPaused = false;
  const take = (): void => {
    while (isOpen && !isPaused) {
      try {
        const length = check('recv', Number(functions.recv(fd, bytes, BigInt(bytes.length), 0)));
        received.push(bytes.toString('latin1', 0, length));
      } catch (error) {
        if (error instanceof SystemError && error.code === 'EAGAIN') return;
        throw error;
      }
    }
  };
  const timer = setInterval(take, EVERY_MS);
  const close = (): void => {
    if (!isOpen) return;
    take();
    isOpen = false;
    clearInterval(timer);
    functions.close(fd);
    if (path.startsWith('/')) rmSync(path, { force: true });
  };
  t.after(close);
  return {
    path,
    received,
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
    close,
  };
}
