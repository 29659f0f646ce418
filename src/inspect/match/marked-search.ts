/**
 * Whether literals may be in what is left of a text when some bytes are taken out of it, without taking them out: each
 * literal holds a mark, a byte that is rare in what people write, and is only looked for where its mark is.
 *
 * Attack: a text full of marks with the right bytes beside them. What is compared is bounded by a share of the text; beyond it
 * the answer is "perhaps", and the caller makes the text.
 *
 * ASCII case is ignored on both sides.
 */
import type { ByteSet } from '../rx/byte-set.ts';
import { foldByte } from './literal-automaton.ts';

/** Comparisons, and marks looked at, that a text may cost, and for each of its bytes. */
const COMPARISONS = 64;
const COMPARISONS_PER_BYTE = 0.1;
/** Bytes that are left out side by side: more than that are not stepped over. */
const SKIPPED_MAX = 32;

const NO_BYTE = -1;
const TOO_FAR = -2;

/** One byte, and the bit by which it is told whether a text holds it. */
export interface Mark {
  readonly text: string;
  readonly bit: number;
}

/** All literals with one mark. */
interface Marked {
  readonly mark: string;
  readonly bit: number;
  readonly literals: readonly MarkedLiteral[];
  /** By the byte before the mark and behind it: bits of the literals that it may belong to, which share 32. */
  readonly before: Int32Array;
  readonly after: Int32Array;
}

interface MarkedLiteral {
  readonly text: string;
  readonly markAt: number;
}

/** The last entry is for the ends of the text. */
const ENTRIES = 257;
const AT_END = 256;

export class MarkedSearch {
  readonly #groups: readonly Marked[];
  readonly #skipped: ByteSet;

  /** Literals in lower case, each with a byte of `marks`, given in the order of preference; `skipped` are taken out. */
  constructor(literals: readonly string[], marks: readonly Mark[], skipped: ByteSet) {
    this.#skipped = skipped;
    const groups = new Map<Mark, MarkedLiteral[]>();
    for (const text of literals) {
      const mark = marks.find(({ text: byte }) => text.includes(byte));
      if (mark === undefined) throw new Error(`The literal "${text}" has no mark`);
      const literal = { text, markAt: text.indexOf(mark.text) };
      groups.set(mark, [...(groups.get(mark) ?? []), literal]);
    }
    this.#groups = Array.from(groups, ([{ text, bit }, list]) => ({
      mark: text,
      bit,
      literals: list,
      ...besideOf(list),
    }));
  }

  /** False when none is there. `bits` are those of the marks that the text holds, and perhaps more. */
  mayBeIn(text: string, bits: number): boolean {
    let budget = COMPARISONS + COMPARISONS_PER_BYTE * text.length;
    for (const group of this.#groups) {
      if ((bits & group.bit) === 0) continue;
      const { mark } = group;
      for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
        if (--budget < 0) return true;
        const before = this.#before(text, at);
        const after = this.#after(text, at);
        if (before === TOO_FAR || after === TOO_FAR) return true;
        if ((bitsFor(group.before, text, before) & bitsFor(group.after, text, after)) === 0) continue;
        budget -= group.literals.length;
        if (budget < 0 || group.literals.some((literal) => this.#isAt(literal, text, at))) return true;
      }
    }
    return false;
  }

  /** Whether the literal is there with its mark at `markAt`, or may be. */
  #isAt({ text: literal, markAt }: MarkedLiteral, text: string, at: number): boolean {
    let place = at;
    for (let index = markAt - 1; index >= 0; index--) {
      place = this.#before(text, place);
      if (place === TOO_FAR) return true;
      if (place === NO_BYTE || foldByte(text.charCodeAt(place)) !== literal.charCodeAt(index)) return false;
    }
    place = at;
    for (let index = markAt + 1; index < literal.length; index++) {
      place = this.#after(text, place);
      if (place === TOO_FAR) return true;
      if (place === NO_BYTE || foldByte(text.charCodeAt(place)) !== literal.charCodeAt(index)) return false;
    }
    return true;
  }

  /** The place of the last byte before `at` that stays. */
  #before(text: string, at: number): number {
    for (let place = at - 1; place >= at - SKIPPED_MAX; place--) {
      if (place < 0) return NO_BYTE;
      if (this.#skipped[text.charCodeAt(place) & 0xff] === 0) return place;
    }
    return TOO_FAR;
  }

  #after(text: string, at: number): number {
    for (let place = at + 1; place <= at + SKIPPED_MAX; place++) {
      if (place >= text.length) return NO_BYTE;
      if (this.#skipped[text.charCodeAt(place) & 0xff] === 0) return place;
    }
    return TOO_FAR;
  }
}

function bitsFor(table: Int32Array, text: string, place: number): number {
  return table[place === NO_BYTE ? AT_END : foldByte(text.charCodeAt(place) & 0xff)]!; // An entry for each.
}

function besideOf(literals: readonly MarkedLiteral[]): Pick<Marked, 'before' | 'after'> {
  const before = new Int32Array(ENTRIES);
  const after = new Int32Array(ENTRIES);
  const add = (table: Int32Array, text: string, at: number, bit: number): void => {
    const byte = text.charCodeAt(at);
    // A literal that ends at its mark may have anything beside it.
    if (Number.isNaN(byte)) for (let entry = 0; entry < ENTRIES; entry++) table[entry]! |= bit;
    else table[byte & 0xff]! |= bit; // Entries for all bytes, and above.
  };
  for (const [index, { text, markAt }] of literals.entries()) {
    add(before, text, markAt - 1, 1 << (index & 31));
    add(after, text, markAt + 1, 1 << (index & 31));
  }
  return { before, after };
}
