/**
 * Where bytes from sockets land.
 *
 * Every connection of a thread reads into one shared buffer, so an idle connection holds none. What is in it is valid
 * only until the read callback returns. A connection that relays a large body switches to buffers of its own: each is
 * handed on to the other side's write without a copy, and comes back here when that write is done.
 */
import { Buffer } from 'node:buffer';

/** Bytes of one read. 64 KiB is what Node.js itself reads with: fewer system calls than 16 KiB, and still in L2 cache. */
export const READ_BYTES = 65_536;
/** Free buffers kept for reuse: 4 MiB a thread. More are left to the garbage collector. */
const FREE_MAX = 64;

export class ReadBuffers {
  readonly shared: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #free: Buffer[] = [];

  acquire(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  }

  release(buffer: Buffer): void {
    if (this.#free.length < FREE_MAX) this.#free.push(buffer);
  }
}
