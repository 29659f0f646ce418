/**
 * Keeps the beginning of a message head until the rest is there. Most heads arrive whole and are never copied.
 */
import { Buffer } from 'node:buffer';
import { READ_NEED, READ_OK } from './field-section.ts';
import type { ReadState } from './field-section.ts';
import type { MessageHead } from './message-head.ts';

const FIRST_BYTES = 1024;

export class Gather {
  #bytes: Buffer | undefined;
  /** Bytes kept. */
  length = 0;

  /** What is kept; valid until the next append or clear. */
  get bytes(): Buffer {
    return this.#bytes ?? EMPTY;
  }

  /** Adds `bytes` from `start` to `end`. The caller bounds how much by the limits of its reader. */
  append(bytes: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (this.#bytes === undefined || this.#bytes.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, 2 * this.length));
      this.#bytes?.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    bytes.copy(this.#bytes, this.length, start, end);
    this.length = needed;
  }

  clear(): void {
    this.#bytes = undefined;
    this.length = 0;
  }
}

const EMPTY = Buffer.alloc(0);

/** Reads heads that may come in any number of pieces. */
export class HeadGather {
  readonly #beginning: Gather = new Gather();
  #bytes: Buffer = EMPTY;
  #start = 0;
  #end = 0;

  /** What the last read has left of what is there, from `start` to `end`: after READ_OK what came behind the head. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /**
   * Reads `head` on with `bytes` from `start` to `end`. With READ_NEED they are kept; otherwise what is there stays valid
   * until `clear`, which has to come before the next head.
   */
  read(head: MessageHead, bytes: Buffer, start: number, end: number): ReadState {
    const beginning = this.#beginning;
    const isFirst = beginning.length === 0;
    if (!isFirst) beginning.append(bytes, start, end);
    this.#bytes = isFirst ? bytes : beginning.bytes;
    this.#start = isFirst ? start : 0;
    this.#end = isFirst ? end : beginning.length;
    const state = head.read(this.#bytes, this.#start, this.#end);
    if (state === READ_NEED && isFirst) beginning.append(bytes, start, end);
    if (state === READ_OK) this.#start += head.length;
    return state;
  }

  /** Lets go of what was kept. */
  clear(): void {
    if (this.#beginning.length > 0) this.#beginning.clear();
    this.#bytes = EMPTY;
  }
}
