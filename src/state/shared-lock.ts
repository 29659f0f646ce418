/**
 * A lock in memory that threads share, for a few microseconds of work at a time.
 *
 * It says who holds it, so that what a thread held when it died can be put right and given back by somebody else
 * (`isHeldBy`, then `unlock`). Whoever wants it waits for a bounded time and then goes without.
 */

import { performance } from 'node:perf_hooks';

/** Looks at the lock before sleeping between looks: most holders are done within that time. */
const SPINS = 2000;
/**
 * Then it sleeps so long between two looks. Being woken by who gives it back was slower: that one then often lost its
 * processor to who was woken, and soon held the lock without one.
 */
const SLEEP_MS = 0.1;
/**
 * And gives up after so long. A holder that lives lasts longer only where ten threads want each processor; one that died is
 * released as soon as the supervisor hears of it, which takes milliseconds.
 */
const WAIT_MS = 250;

const FREE = 0;

export class SharedLock {
  readonly #cells: Int32Array;
  readonly #at: number;
  readonly #holder: number;

  /** The lock is the cell at `at`; `holder` is the number of this thread, from 1 on, which no other living thread has. */
  constructor(cells: Int32Array, at: number, holder: number) {
    this.#cells = cells;
    this.#at = at;
    this.#holder = holder;
  }

  /** True when this thread holds it now; it must call `unlock`. */
  lock(): boolean {
    for (let spins = 0; spins < SPINS; spins++) if (this.#take()) return true;
    const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const endAt = performance.now() + WAIT_MS;
    while (performance.now() < endAt) {
      Atomics.wait(never, 0, 0, SLEEP_MS);
      if (this.#take()) return true;
    }
    return false;
  }

  unlock(): void {
    Atomics.store(this.#cells, this.#at, FREE);
  }

  /** True when a thread that can no longer do anything holds it: nobody else changes what it guards. */
  isHeldBy(holder: number): boolean {
    return Atomics.load(this.#cells, this.#at) === holder;
  }

  #take(): boolean {
    return (
      Atomics.load(this.#cells, this.#at) === FREE &&
      Atomics.compareExchange(this.#cells, this.#at, FREE, this.#holder) === FREE
    );
  }
}
