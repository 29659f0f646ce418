/**
 * Memory for bytes that are kept longer than a read, which is used again.
 *
 * New memory costs several times what it takes to fill it: the system clears each page when it is first touched, and when
 * enough was asked for, V8 looks through all it has for what can be given back.
 *
 * Whoever gives a buffer back says that nobody reads it any more: bytes of another client come into it next.
 */
import { Buffer } from 'node:buffer';

/**
 * Bytes, each less than twice the one before but for the second. The largest has room for a body that is held
 * (inspection.body.held) and one read.
 */
const SIZES: readonly number[] = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192].map((kib) => kib * 1024);
/** Bytes of free buffers of each size: 11 MiB a thread. More are left to the garbage collector. */
const FREE_BYTES_MAX = 1_048_576;

export class CopyBuffers {
  readonly #free: readonly Buffer[][] = SIZES.map(() => []);

  /** One with at least so many bytes, in which there is anything. */
  take(bytes: number): Buffer {
    for (let place = 0; place < SIZES.length; place++) {
      const size = SIZES[place]!; // In range, and so is #free.
      if (size >= bytes) return this.#free[place]!.pop() ?? Buffer.allocUnsafeSlow(size);
    }
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** One that was taken, once. */
  give(buffer: Buffer): void {
    const free = this.#free[SIZES.indexOf(buffer.length)];
    if (free !== undefined && free.length * buffer.length < FREE_BYTES_MAX) free.push(buffer);
  }
}
