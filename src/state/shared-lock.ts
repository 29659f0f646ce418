/**
 * A lock in memory that threads share, for a few microseconds of work at a time.
 *
 * It says who holds it, so that what a thread held when it died can be put right and given back by somebody else
 * (`isHeldBy`, `release`). Whoever wants it waits for a bounded time and then goes without.
 */

/** Looks at the lock before sleeping between looks: most holders are done within that time. */
const SPINS = 2000;
/** Then it sleeps so long between two looks, and gives up after so many: 50 ms in all. Only a holder that died lasts longer. */
const SLEEP_MS = 0.1;
const SLEEPS_MAX = 500;

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
    for (let sleeps = 0; sleeps < SLEEPS_MAX; sleeps++) {
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
