/**
 * Where log lines go: a file that is appended to, or standard output, whatever that is.
 *
 * No write can hold up the proxy or its end. process.stdout is not used, since it writes to pipes and files in the
 * calling thread; and a blocking write to a full pipe from the thread pool keeps the process from ending for as long
 * as nobody reads. So a pipe or a terminal is opened a second time in a mode that does not block, which leaves alone
 * whoever shares the first opening.
 */
import { Buffer } from 'node:buffer';
import { close, constants, fstatSync, open, write } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface LineSink {
  /**
   * Writes whole lines, all or it fails. The caller waits for one write before it begins the next. After a failure
   * within a line, the next write begins on a new line.
   */
  write(lines: Uint8Array): Promise<void>;
  /** Opens the file of this name again, after it was renamed. When that fails, the old one stays in use. */
  reopen(): Promise<void>;
  /** Gives up a write that waits. Nothing is written afterwards. */
  close(): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);

/** A file, made if it is not there. Fails with a message for people. */
export async function openLogFile(path: string): Promise<LineSink> {
  return new FileSink(await openToAppend(path), path);
}

/** Standard output, or another descriptor that is open already and stays open. */
export async function openDescriptor(descriptor: number): Promise<LineSink> {
  const kind = fstatSync(descriptor);
  if (kind.isSocket()) return new SocketSink(descriptor);
  if (!kind.isFIFO() && !kind.isCharacterDevice()) return new FileSink(descriptor, undefined);
  try {
    const path = `/proc/self/fd/${descriptor}`;
    return new FileSink(await openFile(path, constants.O_WRONLY | constants.O_NONBLOCK), undefined, true);
  } catch {
    // No /proc, or a terminal of another user: then a reader that stops can hold up the end of the process.
    return new FileSink(descriptor, undefined);
  }
}

/** Read by the owner and its group: log lines hold addresses of people. */
const FILE_MODE = 0o640;
/** A descriptor that does not block answers EAGAIN while its reader is slow: how long to wait, and how often. */
const FULL_WAIT_MS = 10;
const FULL_WAITS_MAX = 500;

const LINE_FEED = Buffer.from('\n');

class FileSink implements LineSink {
  #descriptor: number;
  readonly #path: string | undefined;
  readonly #isOurs: boolean;
  #isClosed = false;
  /** A write failed after a part of a line. */
  #isLineCut = false;

  constructor(descriptor: number, path: string | undefined, isOurs = path !== undefined) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#isOurs = isOurs;
  }

  async write(lines: Uint8Array): Promise<void> {
    if (this.#isLineCut) await this.#writeAll(LINE_FEED);
    this.#isLineCut = false;
    await this.#writeAll(lines);
  }

  async reopen(): Promise<void> {
    if (this.#path === undefined || this.#isClosed) return;
    const old = this.#descriptor;
    this.#descriptor = await openToAppend(this.#path);
    await closeFile(old);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isOurs) await closeFile(this.#descriptor);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    let waits = 0;
    while (offset < bytes.length) {
      if (this.#isClosed) throw new Error('the log was closed');
      const written = await writeSome(this.#descriptor, bytes.subarray(offset));
      if (typeof written === 'number') {
        offset += written;
        this.#isLineCut = bytes[offset - 1] !== 0x0a;
        waits = 0;
      } else if (written.code === 'EAGAIN' && waits < FULL_WAITS_MAX) {
        waits++;
        await sleep(FULL_WAIT_MS);
      } else {
        throw written;
      }
    }
  }
}

/** Standard output as a service manager gives it: a stream socket. */
class SocketSink implements LineSink {
  readonly #socket: Socket;
  #failure: Error | undefined;

  constructor(descriptor: number) {
    this.#socket = new Socket({ fd: descriptor, readable: false, writable: true });
    this.#socket.on('error', (error) => {
      this.#failure = error;
    });
    // A log alone is no reason to go on running.
    this.#socket.unref();
  }

  write(lines: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#socket.write(lines, (error) => {
        if (error == null) resolve();
        else reject(error);
      });
    });
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#socket.destroy();
    return Promise.resolve();
  }
}

/** The number of bytes written, or why none were. */
function writeSome(descriptor: number, bytes: Uint8Array): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    write(descriptor, bytes, (error, written) => resolve(error ?? written));
  });
}

async function openToAppend(path: string): Promise<number> {
  try {
    return await openFile(path, 'a', FILE_MODE);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Error(`Cannot open the log "${path}": ${code}`, { cause: error });
  }
}
