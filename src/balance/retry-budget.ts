/**
 * Bounds retries by the requests that there are, so that they cannot multiply an outage: when every request fails, every
 * request retried would be twice the load or more. Each worker has its own for each pool; it sees its share of both.
 *
 * A bucket that leaks: each request puts a fraction of a retry into it, each second some whole ones, and what is in it
 * loses its share of WINDOW_MS with time. In a steady state it holds what WINDOW_MS brought. Requests are only counted;
 * the rest is worked out when a retry is asked for.
 */
import type { RetryOptions } from './retry-options.ts';

/** For how long a request speaks for retries. */
export const WINDOW_MS = 10_000;

export class RetryBudget {
  readonly #share: number;
  readonly #perMs: number;
  #requests = 0;
  #seen = 0;
  #balance: number;
  #at: number;

  /** `at` is now, on a clock that never goes back, in milliseconds. */
  constructor(options: RetryOptions['budget'], at: number) {
    this.#share = options.percent / 100;
    this.#perMs = options.perSecond / 1000;
    this.#balance = this.#perMs * WINDOW_MS;
    this.#at = at;
  }

  /** A request came. */
  deposit(): void {
    this.#requests++;
  }

  /** Takes a retry out; false when there is none. */
  withdraw(at: number): boolean {
    const elapsed = Math.max(0, at - this.#at);
    const gained = (this.#requests - this.#seen) * this.#share + elapsed * this.#perMs;
    // What came in a time longer than the window counts as far as it fits into it.
    const kept = elapsed < WINDOW_MS ? gained : (gained * WINDOW_MS) / elapsed;
    this.#balance = this.#balance * Math.max(0, 1 - elapsed / WINDOW_MS) + kept;
    this.#at = at;
    this.#seen = this.#requests;
    if (this.#balance < 1) return false;
    this.#balance--;
    return true;
  }
}
