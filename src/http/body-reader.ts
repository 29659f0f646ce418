/**
 * Reads a message body of any framing: none, a known length, chunked, or until the connection closes (RFC 9112 §6).
 *
 * Each call takes all that is there and answers with at most one piece of content: the data of several chunks is moved
 * together in place, so that one read stays one write.
 */
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END, ChunkedReader } from './chunked.ts';
import type { ChunkLimits } from './chunked.ts';
import type { RefusalCode } from './field-section.ts';
import { LENGTH_CHUNKED, LENGTH_NONE } from './framing.ts';

/** The body ends when the connection does. Only responses may say so. */
export const LENGTH_UNTIL_CLOSE = -3;

export const BODY_NEED = 0;
export const BODY_END = 1;
export const BODY_BAD = 2;
export type BodyState = typeof BODY_NEED | typeof BODY_END | typeof BODY_BAD;

export class BodyReader {
  refusal: RefusalCode = 'chunk-size-bad';
  /** The content that the last call found: `bytes` from `dataStart` to `dataEnd`; may be empty. */
  dataStart = 0;
  dataEnd = 0;
  /** Where the last call stopped; after BODY_END the first byte that is no longer of this message. */
  position = 0;
  /** Content bytes so far. */
  received = 0;
  isDone = true;

  readonly #limits: ChunkLimits;
  #length = 0;
  #remaining = 0;
  #chunked: ChunkedReader | undefined;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** `length` is a number of bytes, LENGTH_CHUNKED or LENGTH_UNTIL_CLOSE. */
  begin(length: number): void {
    // LENGTH_NONE means nothing in a request and "until close" in a response: only the caller knows which.
    if (length === LENGTH_NONE) throw new Error('BodyReader.begin without a length');
    this.#length = length;
    this.#remaining = length;
    this.received = 0;
    this.isDone = length === 0;
    if (length !== LENGTH_CHUNKED) return;
    this.#chunked ??= new ChunkedReader(this.#limits);
    this.#chunked.restart();
  }

  /** Content bytes that are still to come; Infinity when that is not known. */
  get remaining(): number {
    return this.#length >= 0 ? this.#remaining : Infinity;
  }

  /** The trailer lines of a chunked body, latin1, each with its CRLF; set with BODY_END. */
  get trailers(): string {
    return this.#length === LENGTH_CHUNKED ? (this.#chunked?.trailers ?? '') : '';
  }

  /** Takes what is there. Data of several chunks is moved together within `bytes`. */
  feed(bytes: Uint8Array, start: number, end: number): BodyState {
    if (this.#length === LENGTH_CHUNKED) return this.#feedChunked(bytes, start, end);
    const taken = this.#length >= 0 ? Math.min(this.#remaining, end - start) : end - start;
    this.dataStart = start;
    this.dataEnd = start + taken;
    this.position = start + taken;
    this.received += taken;
    this.#remaining -= taken;
    this.isDone = this.#length >= 0 && this.#remaining === 0;
    return this.isDone ? BODY_END : BODY_NEED;
  }

  #feedChunked(bytes: Uint8Array, start: number, end: number): BodyState {
    const chunked = this.#chunked!; // Made by begin for this length.
    this.dataStart = start;
    this.dataEnd = start;
    let at = start;
    for (;;) {
      const state = chunked.next(bytes, at, end);
      at = chunked.position;
      if (state === CHUNK_DATA) {
        this.#append(bytes, chunked.dataStart, chunked.dataEnd);
        continue;
      }
      this.position = at;
      this.received += this.dataEnd - this.dataStart;
      if (state === CHUNK_BAD) this.refusal = chunked.refusal;
      if (state === CHUNK_END) this.isDone = true;
      return state === CHUNK_END ? BODY_END : state === CHUNK_BAD ? BODY_BAD : BODY_NEED;
    }
  }

  /** What was read before lies in front of this piece, so moving it up overwrites only framing that is done with. */
  #append(bytes: Uint8Array, start: number, end: number): void {
    if (this.dataEnd === this.dataStart) {
      this.dataStart = start;
      this.dataEnd = end;
      return;
    }
    bytes.copyWithin(this.dataEnd, start, end);
    this.dataEnd += end - start;
  }
}
