/** Which tests have held for some value of an exchange: nothing at all for most exchanges. */
import type { TestIds } from './kind.ts';

export class Marks {
  readonly #testCount: number;
  #bits: Uint32Array | undefined;
  /** Ids in the order they were first marked. */
  readonly ids: number[] = [];

  constructor(testCount: number) {
    this.#testCount = testCount;
  }

  /** Marks for the same tests, none of them set. */
  fresh(): Marks {
    return new Marks(this.#testCount);
  }

  add(ids: TestIds): void {
    for (const id of ids) {
      const bits = (this.#bits ??= new Uint32Array((this.#testCount + 31) >>> 5));
      const mask = 1 << (id & 31);
      if ((bits[id >>> 5]! & mask) !== 0) continue; // Words for all tests.
      bits[id >>> 5]! |= mask;
      this.ids.push(id);
    }
  }

  has(id: number): boolean {
    return this.#bits !== undefined && (this.#bits[id >>> 5]! & (1 << (id & 31))) !== 0; // As above.
  }
}
