/** Things that must not happen at the same time: each has its turn, and one that has not begun is one for all who ask. */
export class Turns<Result> {
  readonly #make: () => Promise<Result>;
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<Result> | undefined;

  constructor(make: () => Promise<Result>) {
    this.#make = make;
  }

  /**
   * Makes it when everything before is over. One that waits for its turn sees what there is by then: whoever asks meanwhile
   * gets that one.
   */
  ask(): Promise<Result> {
    if (this.#next !== undefined) return this.#next;
    const made = this.#last.then(() => {
      this.#next = undefined;
      return this.#make();
    });
    this.#next = made;
    this.#last = made.catch(() => {});
    return made;
  }

  /** Has a turn for something else. What it throws is nobody's. */
  between(other: () => Promise<void>): void {
    this.#last = this.#last.then(other).catch(() => {});
  }
}
