/**
 * Keeps the beginning of a message head until the rest is there. Most heads arrive whole and never come here.
 */
import { Buffer } from 'node:buffer';

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
