/**
 * A count that is one over all workers: how many there are of something that each of them has and gives up again.
 *
 * Every worker has a cell of its own, in a cache line of its own, and the count is the sum of them. So nothing is ever
 * added twice or lost, and what a worker had when it died is what its cell says: `releaseWorker` clears it.
 */

/** Cells from one worker's to the next one's: 64 bytes. */
const STRIDE = 16;

export class SharedCount {
  /** For other threads: `new SharedCount(shared, worker)` there is the same count. */
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #own: number;

  /** Nothing, for so many workers. */
  static create(workers: number): SharedCount {
    return new SharedCount(new SharedArrayBuffer(workers * STRIDE * Int32Array.BYTES_PER_ELEMENT), 0);
  }

  /** `worker` counts from 0 and says which cell this thread writes. */
  constructor(shared: SharedArrayBuffer, worker: number) {
    this.shared = shared;
    this.#cells = new Int32Array(shared);
    this.#own = worker * STRIDE;
  }

  /** What this worker has. */
  get own(): number {
    return Atomics.load(this.#cells, this.#own);
  }

  /** What the other workers have. */
  get others(): number {
    let sum = 0;
    for (let at = 0; at < this.#cells.length; at += STRIDE) {
      if (at !== this.#own) sum += Atomics.load(this.#cells, at);
    }
    return sum;
  }

  /**
   * Takes one more, or `count` more; false, and nothing taken, when that would be more than `max`.
   *
   * It is taken first and given back if that was too many: of two workers at the last place both may be refused, but
   * never are more than `max` taken. Whoever was last to count has seen all the others.
   */
  take(max: number, count = 1): boolean {
    const own = Atomics.add(this.#cells, this.#own, count) + count;
    if (own + this.others <= max) return true;
    this.give(count);
    return false;
  }

  give(count = 1): void {
    Atomics.sub(this.#cells, this.#own, count);
  }

  /** Says what this worker has. */
  set(own: number): void {
    Atomics.store(this.#cells, this.#own, own);
  }

  /** Forgets what a worker had when it died: it must not run any more. */
  releaseWorker(worker: number): void {
    Atomics.store(this.#cells, worker * STRIDE, 0);
  }
}
