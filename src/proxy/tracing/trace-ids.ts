/** Ids of traces and spans: random, in hexadecimal, never all zero. Random bytes are fetched for many ids at once. */
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;
const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

export class TraceIds {
  readonly #pool: Buffer = Buffer.alloc(POOL_BYTES);
  readonly #fill: (bytes: Buffer) => void;
  #at = POOL_BYTES;

  constructor(fill: (bytes: Buffer) => void = randomFillSync) {
    this.#fill = fill;
  }

  traceId(): string {
    return this.#take(TRACE_BYTES);
  }

  spanId(): string {
    return this.#take(SPAN_BYTES);
  }

  #take(count: number): string {
    if (this.#at + count > POOL_BYTES) {
      this.#fill(this.#pool);
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += count;
    const id = this.#pool.toString('hex', start, start + count);
    // All zero means that there is none: once in 2^64 times it would be drawn.
    return /[^0]/.test(id) ? id : `${id.slice(1)}1`;
  }
}
