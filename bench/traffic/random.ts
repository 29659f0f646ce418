/**
 * Choices that a seed fixes: every run of the bench sends the same requests in the same order.
 */
import { seededRandom } from '../../test/support/random.ts';

export class Choices {
  readonly #below: (bound: number) => number;

  constructor(seed: number) {
    this.#below = seededRandom(seed);
  }

  /** A whole number from `least` to `most`. */
  number(least: number, most: number): number {
    return least + this.#below(most - least + 1);
  }

  /** One of a list that is not empty. */
  of<T>(list: readonly T[]): T {
    // In range: the index is below the length.
    return list[this.#below(list.length)]!;
  }

  /** `count` characters of `alphabet`. */
  text(count: number, alphabet: string): string {
    let text = '';
    for (let index = 0; index < count; index++) text += alphabet[this.#below(alphabet.length)] ?? '';
    return text;
  }

  /** The same items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.#below(last + 1);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  }
}
