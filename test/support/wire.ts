/**
 * One end of a raw TCP connection: says exactly which bytes go out, and waits for exactly what it expects.
 *
 * Every wait has an end: a test that waits for what never comes fails with what came instead.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { readHead, statusOf } from './message.ts';
import type { Message } from './message.ts';

/** How the other end finished: with a FIN, or with a reset, which a reader cannot take for the end of a message. */
export type Ending = 'end' | 'reset';

/**
 * No wait in these tests comes near this many milliseconds, unless what it waits for never comes. It is long because a
 * machine may be busy: only a test that fails anyway waits for so long.
 */
const WAIT_MS = 60_000;

export class Wire {
  readonly socket: Socket;
  /** How the other end finished; undefined while it has not. */
  ending: Ending | undefined;
  /** Bytes that have arrived. */
  received = 0;
  #pieces: Buffer[] = [];
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    if (socket.destroyed) this.ending = 'reset';
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.length;
      this.#pieces.push(bytes);
      this.#wake();
    });
    socket.on('end', () => this.#finish('end'));
    socket.on('error', () => this.#finish('reset'));
    socket.on('close', () => this.#finish('reset'));
  }

  /** Connects to a port of this host. A connection that is reset as soon as it is there is one that ended so. */
  static async connect(port: number, localAddress?: string): Promise<Wire> {
    const to = { host: '127.0.0.1', port, allowHalfOpen: true };
    const socket = connect(localAddress === undefined ? to : { ...to, localAddress });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') resolve();
        else reject(error);
      });
    });
    return new Wire(socket);
  }

  get port(): number {
    return this.socket.localPort ?? 0;
  }

  /** Sends text of one byte a character, or bytes. */
  send(bytes: string | Uint8Array): void {
    if (this.socket.destroyed) return;
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends all of `bytes` and resolves when the system has taken them, or the connection is gone. */
  async sendAll(bytes: string | Uint8Array): Promise<void> {
    if (this.socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
    });
  }

  /** Sends `bytes` cut at `cuts` (ascending offsets), each piece in a packet of its own. */
  async sendCut(bytes: Uint8Array, cuts: readonly number[]): Promise<void> {
    let start = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (cut > start) await this.sendAll(bytes.subarray(start, cut));
      start = cut;
      await pause(1);
    }
  }

  /** All bytes up to and with `marker`. */
  async readUntil(marker: string): Promise<string> {
    const bytes = await this.#wait(`"${marker}"`, (all) => {
      const at = all.indexOf(marker, 0, 'latin1');
      return at === -1 ? undefined : at + marker.length;
    });
    return bytes.toString('latin1');
  }

  async readBytes(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0);
    await this.#until(`${count} bytes`, () => this.#length >= count);
    return this.#take(count);
  }

  /** Everything until the other end finishes; `ending` then says how. */
  async readToEnd(): Promise<Buffer> {
    await this.#until('the end', () => this.ending !== undefined);
    return this.#take(this.#length);
  }

  /** The next response. 1xx responses are messages of their own. `method` is that of its request. */
  async readResponse(method = 'GET'): Promise<Message> {
    const head = readHead(await this.readUntil('\r\n\r\n'));
    const status = statusOf({ ...head, body: EMPTY, trailers: [], framing: 'none', chunks: [] });
    const hasNoBody = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    return this.#readMessage(head, hasNoBody ? 'never' : 'until close');
  }

  /** The next request; undefined when the other end finished before its first byte. */
  async readRequest(): Promise<Message | undefined> {
    await this.#until('a request', () => this.#length > 0 || this.ending !== undefined);
    if (this.#length === 0) return undefined;
    return this.#readMessage(readHead(await this.readUntil('\r\n\r\n')), 'by its fields');
  }

  /** The next request, which must come. */
  async expectRequest(): Promise<Message> {
    const message = await this.readRequest();
    assert(message !== undefined, 'the connection ended and no request came');
    return message;
  }

  /** Sends a request and reads its response. */
  async exchange(text: string, method: string = text.slice(0, text.indexOf(' '))): Promise<Message> {
    this.send(text);
    return this.readResponse(method);
  }

  /** What has arrived and was not read. */
  get unread(): string {
    return Buffer.concat(this.#pieces).toString('latin1');
  }

  /** Resolves with how the other end finishes. */
  async ended(): Promise<Ending> {
    await this.#until('the end of the connection', () => this.ending !== undefined);
    assert(this.ending !== undefined);
    return this.ending;
  }

  /** Stops reading: what comes stays in the system. */
  stopReading(): void {
    this.socket.pause();
  }

  goOnReading(): void {
    this.socket.resume();
  }

  /** Says that no more will come. */
  end(): void {
    this.socket.end();
  }

  /** Closes both ways. */
  close(): void {
    this.socket.destroy();
  }

  /** Closes with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  get #length(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  async #readMessage(
    head: ReturnType<typeof readHead>,
    body: 'never' | 'until close' | 'by its fields',
  ): Promise<Message> {
    const message = { ...head, trailers: [], chunks: [] };
    const field = (name: string): string | undefined =>
      head.fields.find(([other]) => other.toLowerCase() === name)?.[1];
    if (body === 'never') return { ...message, body: EMPTY, framing: 'none' };
    if (field('transfer-encoding') !== undefined) return { ...message, ...(await this.#readChunked()) };
    const length = field('content-length');
    if (length !== undefined) {
      return { ...message, body: await this.readBytes(Number(length)), framing: 'length' };
    }
    if (body === 'by its fields') return { ...message, body: EMPTY, framing: 'none' };
    return { ...message, body: await this.readToEnd(), framing: 'close' };
  }

  async #readChunked(): Promise<Pick<Message, 'body' | 'trailers' | 'framing' | 'chunks'>> {
    const pieces: Buffer[] = [];
    for (;;) {
      const size = parseInt(await this.readUntil('\r\n'), 16);
      if (size === 0) break;
      pieces.push(await this.readBytes(size));
      assert.equal(await this.readUntil('\r\n'), '\r\n', 'chunk data ends with CRLF');
    }
    const trailers: string[] = [];
    for (;;) {
      const line = (await this.readUntil('\r\n')).slice(0, -2);
      if (line === '') break;
      trailers.push(line);
    }
    const chunks = pieces.map((piece) => piece.length);
    return { body: Buffer.concat(pieces), trailers, framing: 'chunked', chunks };
  }

  async #wait(what: string, find: (all: Buffer) => number | undefined): Promise<Buffer> {
    let end: number | undefined;
    await this.#until(what, () => {
      if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
      end = find(this.#pieces[0] ?? EMPTY);
      return end !== undefined;
    });
    return this.#take(end ?? 0);
  }

  /** Waits until `isThere`; fails when the connection or WAIT_MS ends before. */
  async #until(what: string, isThere: () => boolean): Promise<void> {
    const until = performance.now() + WAIT_MS;
    while (!isThere()) {
      const left = until - performance.now();
      if (this.ending !== undefined || left <= 0) this.#giveUp(what);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #giveUp(what: string): never {
    const came = this.ending === undefined ? 'in vain' : `and the connection ended (${this.ending})`;
    assert.fail(`waited for ${what} ${came}; unread is ${JSON.stringify(this.unread.slice(0, 300))}`);
  }

  #take(count: number): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces); // Length was just checked.
    this.#pieces = count === all.length ? [] : [all.subarray(count)];
    return all.subarray(0, count);
  }

  #finish(ending: Ending): void {
    this.ending ??= ending;
    this.#wake();
  }
}

const EMPTY = Buffer.alloc(0);

/** Lets `ms` milliseconds pass: for what must happen while nothing does, never to hope that something has. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `isTrue`; fails when it never is. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!(await isTrue())) {
    assert(performance.now() < end, `waited in vain until ${what}`);
    await pause(5);
  }
}
