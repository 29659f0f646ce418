/**
 * Smooth weighted round robin: servers in turn by weight, spread so that a heavy one is not asked many times in a row
 * (the algorithm that nginx describes: each choice adds every weight to its server's credit, takes the largest credit,
 * and takes the sum of all weights off it).
 */

export interface Weighted {
  /** 0 is never chosen. */
  readonly weight: number;
}

export class RoundRobin<T extends Weighted> {
  readonly #items: readonly T[];
  readonly #credits: number[];
  readonly #total: number;
  readonly #isEven: boolean;
  #next = 0;

  constructor(items: readonly T[]) {
    this.#items = items.filter((item) => item.weight > 0);
    this.#credits = this.#items.map(() => 0);
    this.#total = this.#items.reduce((sum, item) => sum + item.weight, 0);
    this.#isEven = this.#items.every((item) => item.weight === this.#items[0]?.weight);
  }

  /** The next in turn, or undefined when there is none. With `avoid`, another than that one when there is another. */
  next(avoid?: T): T | undefined {
    const chosen = this.#isEven ? this.#turn() : this.#weigh();
    if (chosen !== avoid || this.#items.length < 2) return chosen;
    // Weights may name the same one several times in a row, but not longer than the sum of all.
    for (let tries = 0; tries < this.#total; tries++) {
      const other = this.#isEven ? this.#turn() : this.#weigh();
      if (other !== avoid) return other;
    }
    return chosen;
  }

  #turn(): T | undefined {
    if (this.#next >= this.#items.length) this.#next = 0;
    return this.#items[this.#next++];
  }

  #weigh(): T | undefined {
    let best = -1;
    for (let index = 0; index < this.#items.length; index++) {
      this.#credits[index]! += this.#items[index]!.weight; // Both lists have this length.
      if (best === -1 || this.#credits[index]! > this.#credits[best]!) best = index;
    }
    if (best === -1) return undefined;
    this.#credits[best]! -= this.#total;
    return this.#items[best];
  }
}
