/**
 * Content of a request body that waits for inspection or for a server, and is kept to be sent a second time.
 *
 * It lies in memory that the bodies of other requests had before and will have afterwards (net/copy-buffers.ts). So it
 * may only be let go of when nobody reads it any more, neither inspection nor the system.
 */
import { Buffer } from 'node:buffer';
import type { CopyBuffers } from '../net/copy-buffers.ts';

/** Pieces up to this many bytes are in memory that Node.js divides among many; it is new, and next to nothing of it. */
const SMALL_BYTES_MAX = 1_024;

export class QueuedContent {
  readonly #buffers: CopyBuffers;
  #pieces: Buffer[] = [];
  /** Where the pieces lie that are not small. */
  #taken: Buffer[] = [];
  #bytes = 0;
  #isLent = false;

  constructor(buffers: CopyBuffers) {
    this.#buffers = buffers;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  /** Copies `bytes` from `start` to `end`. */
  add(bytes: Buffer, start: number, end: number): void {
    const content = bytes.subarray(start, end);
    this.#bytes += content.length;
    if (content.length <= SMALL_BYTES_MAX) {
      this.#pieces.push(Buffer.from(content));
      return;
    }
    const piece = this.#take(content.length);
    piece.set(content);
    this.#pieces.push(piece);
  }

  /** All of it in one piece, as which it is kept from now on. Nobody else may have a piece of it. */
  joined(): Buffer {
    if (this.#pieces.length === 1) return this.#pieces[0]!; // Length was just checked.
    const pieces = this.#pieces;
    const taken = this.#taken;
    this.#taken = [];
    const whole = this.#take(this.#bytes);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [whole];
    this.#giveBack(taken);
    return whole;
  }

  /** Somebody may read it for longer than it is queued: its memory is left to the garbage collector. */
  lend(): void {
    this.#isLent = true;
  }

  /** Nobody reads it any more. */
  clear(): void {
    const taken = this.#taken;
    this.#pieces = [];
    this.#taken = [];
    this.#bytes = 0;
    this.#giveBack(taken);
  }

  #giveBack(taken: readonly Buffer[]): void {
    if (this.#isLent) return;
    for (const buffer of taken) this.#buffers.give(buffer);
  }

  #take(bytes: number): Buffer {
    const buffer = this.#buffers.take(bytes);
    this.#taken.push(buffer);
    return buffer.subarray(0, bytes);
  }
}
