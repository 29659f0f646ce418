/**
 * Draws servers by chance, each as often as its weight says.
 *
 * Cost: O(log n); O(n) after a change of weights.
 */
import type { Candidates } from './candidates.ts';

export class Draw {
  readonly #candidates: Candidates;
  readonly #random: () => number;
  /** By place among the open ones: the sum of the weights up to and with it. */
  readonly #sums: Float64Array;
  #version = -1;

  constructor(candidates: Candidates, random: () => number) {
    this.#candidates = candidates;
    this.#random = random;
    this.#sums = new Float64Array(candidates.count);
  }

  /** The index of an open server; there has to be one. */
  one(): number {
    if (this.#version !== this.#candidates.version) this.#follow();
    const { open, openCount, weightTotal } = this.#candidates;
    const mark = this.#random() * weightTotal;
    let low = 0;
    let high = openCount - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle]! > mark)
        high = middle; // middle < openCount.
      else low = middle + 1;
    }
    return open[low]!;
  }

  #follow(): void {
    const { weights, open, openCount, version } = this.#candidates;
    this.#version = version;
    let sum = 0;
    for (let place = 0; place < openCount; place++) {
      sum += weights[open[place]!]!;
      this.#sums[place] = sum;
    }
  }
}
