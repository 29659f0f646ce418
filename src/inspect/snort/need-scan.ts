/**
 * Which needs a text meets: one scan, whatever their number.
 */
import { LiteralScanner } from '../match/literal-scanner.ts';
import type { Need } from './needs.ts';

/** Numbers of needs. Shared, not to be changed. */
export type NeedIds = readonly number[];
export const NO_NEEDS: NeedIds = [];

export class NeedScan {
  readonly #scanner: LiteralScanner;
  /** The number of each need by its bit. */
  readonly #ids: Int32Array;
  /** Empty between scans. */
  readonly #bits: Uint32Array;

  /** `ids` are the needs of `all` that are looked for. */
  constructor(all: readonly Need[], ids: readonly number[]) {
    const bitsOf = new Map<string, number[]>();
    for (const [bit, id] of ids.entries()) {
      for (const literal of all[id]?.literals ?? []) {
        const known = bitsOf.get(literal);
        if (known === undefined) bitsOf.set(literal, [bit]);
        else known.push(bit);
      }
    }
    this.#scanner = new LiteralScanner([...bitsOf.keys()], [...bitsOf.values()]);
    this.#ids = Int32Array.from(ids);
    this.#bits = new Uint32Array((ids.length + 31) >>> 5);
  }

  /** The needs that `text` meets, behind those in `before`, which is only read. A need may stand there twice. */
  scan(text: string, before: NeedIds): NeedIds {
    const bits = this.#bits;
    if (!this.#scanner.scanInto(text, bits)) return before;
    const found = before.slice();
    for (let word = 0; word < bits.length; word++) {
      let rest = bits[word]!; // Below the length.
      if (rest === 0) continue;
      bits[word] = 0;
      for (; rest !== 0; rest &= rest - 1) {
        found.push(this.#ids[word * 32 + 31 - Math.clz32(rest & -rest)]!); // An id for each bit.
      }
    }
    return found;
  }
}
