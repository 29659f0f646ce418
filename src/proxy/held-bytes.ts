/**
 * Bytes of bodies that are held in memory, in all exchanges of all workers together, against inspection.body.heldTotal.
 *
 * A worker knows its own to the byte and tells the others in units, rounded up: most bodies change nothing there. So a
 * total is too large by less than a unit for each other worker, and never too small.
 */
import { SharedCount } from '../state/shared-count.ts';

/** Bytes. The sum of a count is below 2^31: 8 TiB of them. */
const UNIT = 4096;

export class HeldBytes {
  readonly #count: SharedCount;
  #own = 0;
  /** As the others know it. */
  #units = 0;

  /** Its own when nothing is shared. */
  constructor(count: SharedCount = SharedCount.create(1)) {
    this.#count = count;
  }

  /** Of this worker. */
  get own(): number {
    return this.#own;
  }

  /** Of all workers. */
  get total(): number {
    return this.#own + this.#count.others * UNIT;
  }

  /** `bytes` may be negative. */
  add(bytes: number): void {
    this.#own += bytes;
    const units = Math.ceil(this.#own / UNIT);
    if (units === this.#units) return;
    this.#units = units;
    this.#count.set(units);
  }
}
