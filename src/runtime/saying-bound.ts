/** How many events a worker may report in a second: more say nothing new, and each costs the supervisor a line. */
import { now } from '../base/clock.ts';

const EVENTS_MAX = 50;
const WINDOW_MS = 1000;

export class SayingBound {
  readonly #clock: () => number;
  #windowAt = -Infinity;
  #count = 0;

  constructor(clock: () => number = now) {
    this.#clock = clock;
  }

  /** True for an event that may be reported. */
  mayPass(): boolean {
    const atMs = this.#clock();
    if (atMs - this.#windowAt >= WINDOW_MS) {
      this.#windowAt = atMs;
      this.#count = 0;
    }
    return this.#count++ < EVENTS_MAX;
  }
}
