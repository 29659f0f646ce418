/**
 * From single checks to up and down, as HAProxy counts: a number that each good check raises and each bad one lowers.
 *
 *     0 ............ rise ............. rise + fall - 1
 *     down  going up | going down                   up
 *
 * A good check at `rise` or above is worth all of it, a bad one below `rise` takes it all: what counts is checks in a
 * row. A server that was never checked stands at `rise`: it is up, and its first bad check takes it down.
 */

export type Phase = 'unchecked' | 'up' | 'going down' | 'down' | 'going up';

export interface CheckCounts {
  readonly rise: number;
  readonly fall: number;
}

export class CheckState {
  #counts: CheckCounts;
  #score: number;
  #isChecked = false;

  constructor(counts: CheckCounts) {
    this.#counts = counts;
    this.#score = counts.rise;
  }

  get isUp(): boolean {
    return this.#score >= this.#counts.rise;
  }

  get phase(): Phase {
    if (!this.#isChecked) return 'unchecked';
    if (this.isUp) return this.#score === this.#most ? 'up' : 'going down';
    return this.#score === 0 ? 'down' : 'going up';
  }

  /** How far it is on its way: `2/3` is the second of three checks that it takes. Undefined when it is on none. */
  get progress(): { readonly done: number; readonly of: number } | undefined {
    const { rise, fall } = this.#counts;
    if (this.phase === 'going up') return { done: this.#score, of: rise };
    return this.phase === 'going down' ? { done: this.#most - this.#score, of: fall } : undefined;
  }

  /** Counts one check. */
  count(isGood: boolean): void {
    const { rise } = this.#counts;
    this.#isChecked = true;
    if (isGood) this.#score = this.#score + 1 >= rise ? this.#most : this.#score + 1;
    else this.#score = this.#score - 1 < rise ? 0 : this.#score - 1;
  }

  /** Something else than a check found it down: it has to rise. */
  fell(): void {
    this.#isChecked = true;
    this.#score = 0;
  }

  /** The counts changed: what is up stays up, what is down stays down. */
  recount(counts: CheckCounts): void {
    const { phase } = this;
    this.#counts = counts;
    if (phase === 'unchecked') this.#score = counts.rise;
    else if (phase === 'up') this.#score = this.#most;
    else if (phase === 'going down') this.#score = Math.max(counts.rise, Math.min(this.#score, this.#most));
    else this.#score = Math.min(this.#score, counts.rise - 1);
  }

  get #most(): number {
    return this.#counts.rise + this.#counts.fall - 1;
  }
}
