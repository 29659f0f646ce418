/** When an exchange of a pool may start over: docs/decisions/retries.md says why. */
import { RetryBudget } from '../balance/retry-budget.ts';
import type { RetryCause, RetryOptions } from '../balance/retry-options.ts';
import { now } from '../base/clock.ts';

export class RetryPolicy {
  /** A retry goes to another server, if there is one. */
  readonly redispatch: boolean;
  readonly #max: number;
  readonly #on: ReadonlySet<RetryCause>;
  readonly #budget: RetryBudget;

  constructor(options: RetryOptions) {
    this.redispatch = options.redispatch;
    this.#max = options.max;
    // Any connection is one that was kept, too.
    this.#on = new Set(options.on.includes('closed') ? [...options.on, 'kept-closed'] : options.on);
    this.#budget = new RetryBudget(options.budget, now());
  }

  /** A request came that may want to be tried again. */
  count(): void {
    this.#budget.deposit();
  }

  /** The status as a cause, when a response that has it is no answer, so that another is asked for. */
  causeOf(status: number): RetryCause | undefined {
    if (status < 400 || this.#max === 0) return undefined;
    const text = String(status);
    for (const cause of this.#on) if (cause === text) return cause;
    return undefined;
  }

  /**
   * Whether one more attempt may follow those that there were. What was sent has to be paid for; `isFree` says that this
   * one has not: nothing is known against the server.
   */
  allows(cause: RetryCause, attempts: number, wasSent: boolean, isFree = false): boolean {
    if (this.#max === 0 || !this.#on.has(cause)) return false;
    if (isFree) return true;
    return attempts <= this.#max && (!wasSent || this.#budget.withdraw(now()));
  }
}

/** RFC 9110 §9.2.2. */
export function isIdempotent(method: string): boolean {
  return (
    method === 'GET' ||
    method === 'HEAD' ||
    method === 'PUT' ||
    method === 'DELETE' ||
    method === 'OPTIONS' ||
    method === 'TRACE'
  );
}
