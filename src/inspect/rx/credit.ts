/**
 * How much an automaton may grow: it earns credit by the bytes that it looks at, and pays for each state that it makes.
 *
 * Attack: values that need a new state at every byte. A byte that the table knows costs 2 ns, one that makes a state a
 * thousand times as much. Harmless values need new states for a while, and then hardly any.
 */

/** What a transition costs beside the threads that were looked at: hashing, comparing, a row. */
const TRANSITION = 64;

export interface CreditTerms {
  /** At the beginning, and never more. */
  readonly most: number;
  /** For each byte that is looked at. */
  readonly perByte: number;
}

export class Credit {
  readonly #terms: CreditTerms;
  #left: number;

  constructor(terms: CreditTerms) {
    this.#terms = terms;
    this.#left = terms.most;
  }

  get isUsedUp(): boolean {
    return this.#left <= 0;
  }

  earn(bytes: number): void {
    this.#left = Math.min(this.#terms.most, this.#left + bytes * this.#terms.perByte);
  }

  /** For one transition in which so many threads were looked at. */
  pay(threads: number): void {
    this.#left -= TRANSITION + threads;
  }
}
