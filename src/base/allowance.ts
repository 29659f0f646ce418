/** So many things in each second, and as many at once after a second in which there were none. */
export class Allowance {
  readonly #perSecond: number;
  readonly #clock: () => number;
  #left: number;
  #at: number;

  /** `clock` gives milliseconds that never go back. */
  constructor(perSecond: number, clock: () => number) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#left = perSecond;
    this.#at = clock();
  }

  /** True when there may be one more now: then there was. */
  take(): boolean {
    const at = this.#clock();
    this.#left = Math.min(this.#perSecond, this.#left + ((at - this.#at) * this.#perSecond) / 1000);
    this.#at = at;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
