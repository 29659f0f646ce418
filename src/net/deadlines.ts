/**
 * Deadlines for very many things that seldom reach them.
 *
 * Setting a deadline is the store of one number; nothing is queued, moved or cancelled. A sweep looks at everything that
 * is watched a few times a second and calls what is due. With 10,000 connections a sweep reads 10,000 numbers five times
 * a second, well under 0.1 % of a core; a timer per request would cost more than that at 100 requests a second.
 */

/** Something with a deadline. */
export interface Timed {
  /** Milliseconds on the clock of `now()`; Infinity for none. */
  deadlineAt: number;
  /** Its place among the watched; kept by Deadlines, -1 when it is not watched. */
  watchIndex: number;
  /** The deadline has passed. It must set another one or be unwatched. */
  onDeadline(): void;
}

/** How late a deadline can be noticed, at most, in milliseconds. */
export const DEADLINE_TICK_MS = 100;

/**
 * A tick that comes so much after the one before, in milliseconds, says that this thread was kept from running: by the
 * collector of garbage, by a long inspection, by others who want the processor.
 */
const STALL_MS = 1.5 * DEADLINE_TICK_MS;

/** Everything is looked at in this many ticks when there is much of it. */
const TICKS_PER_SWEEP = 2;
/** Up to this many are looked at in each tick. */
const SMALL = 2_000;

export class Deadlines {
  readonly #watched: Timed[] = [];
  readonly #clock: () => number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #tickedAt = 0;
  #hasWaited = false;

  /** `clock` gives milliseconds that never go back. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#watched.length;
  }

  watch(item: Timed): void {
    if (item.watchIndex !== -1) return;
    item.watchIndex = this.#watched.length;
    this.#watched.push(item);
    if (this.#timer !== undefined) return;
    this.#tickedAt = this.#clock();
    this.#timer = setInterval(() => this.#onTimer(), DEADLINE_TICK_MS);
  }

  unwatch(item: Timed): void {
    const index = item.watchIndex;
    if (index === -1) return;
    const last = this.#watched.pop()!; // item is watched, so there is a last one.
    if (last !== item) {
      this.#watched[index] = last;
      last.watchIndex = index;
    }
    item.watchIndex = -1;
    if (this.#watched.length === 0) this.#stop();
  }

  /** Looks at the next part of what is watched. Called by the timer, and by tests with their own clock. */
  tick(): void {
    const now = this.#clock();
    const count = this.#watched.length;
    let left = count <= SMALL ? count : Math.ceil(count / TICKS_PER_SWEEP);
    while (left-- > 0 && this.#watched.length > 0) {
      if (this.#next >= this.#watched.length) this.#next = 0;
      const item = this.#watched[this.#next]!; // #next is within the list.
      if (item.deadlineAt <= now) item.onDeadline();
      // What was due may be gone and another in its place: that one is looked at next.
      if (this.#watched[this.#next] === item) this.#next++;
    }
  }

  /**
   * After a stall nobody is judged before what came meanwhile was read: timers run first in a turn of the event loop, and
   * everybody would be cut off whose bytes wait in the system. One tick is given for that, and never two in a row:
   * a thread that is always late enforces deadlines all the same.
   */
  #onTimer(): void {
    const now = this.#clock();
    const isLate = now - this.#tickedAt > STALL_MS;
    this.#tickedAt = now;
    this.#hasWaited = isLate && !this.#hasWaited;
    if (!this.#hasWaited) this.tick();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
