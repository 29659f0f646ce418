/**
 * Values that the same tests look at, in the same way: all that is asked of a `User-Agent` field, say, or of an argument
 * with a name that no rule knows. Answers which of these tests a value satisfies.
 *
 * Work is saved in this order, and none of it can change an answer: a value that was asked for before is remembered;
 * transformations that cannot change it are left out; one pass looks for the literals that most tests need; and only
 * the tests whose literals are there are run.
 */
import type { Operator } from '../operators/operator.ts';
import type { Memo } from './memo.ts';

/** A test of a value. */
export interface ValueTest {
  /** Its number among all tests. */
  readonly id: number;
  readonly operator: Operator;
  readonly isNegated: boolean;
}

/** Tests after one chain of transformations. */
export interface TestGroup {
  /** What the transformations make of the value. */
  readonly transform: (text: string) => string;
  /** Bits of the transformations that could change something, without those that only fold case; -1 for always. */
  readonly triggers: number;
  /** True when letters are in lower case afterwards. */
  readonly isLowered: boolean;
  /** Tests that need a literal, as bits by their id. */
  readonly mask: Uint32Array;
  /** Tests that have to be run on every value. */
  readonly always: readonly ValueTest[];
}

/** Which tests may match a text, by its literals. */
export interface LiteralScan {
  /** Sets the bits of these tests in `into`, which begins empty; false, with nothing set, when there is no literal. */
  scanInto(text: string, into: Uint32Array): boolean;
}

/** What all kinds of one set of rules share. */
export interface KindContext {
  readonly tests: readonly ValueTest[];
  readonly scan: LiteralScan;
  /** The bits of the transformations that could change the text, and the highest bit always. */
  readonly triggersOf: (text: string) => number;
  /** Room for what a scan finds: of the value as it is, and of what a chain made of it. A bit for every test. */
  readonly plainBits: Uint32Array;
  readonly changedBits: Uint32Array;
  readonly memo: Memo;
}

/** The ids of tests that match. Shared, not to be changed. */
export type TestIds = readonly number[];
export const NO_TESTS: TestIds = [];

export class Kind {
  readonly #groups: readonly TestGroup[];
  readonly #context: KindContext;
  /** False for kinds whose values seldom come twice. */
  readonly #isRemembered: boolean;
  #known = new Map<string, TestIds>();
  #epoch = 0;

  constructor(groups: readonly TestGroup[], context: KindContext, isRemembered: boolean) {
    this.#groups = groups;
    this.#context = context;
    this.#isRemembered = isRemembered;
  }

  /** The tests that the value satisfies, each once, in no order. */
  matches(text: string): TestIds {
    const { memo } = this.#context;
    if (!this.#isRemembered || text.length > memo.textBytesMax) return this.#find(text);
    if (this.#epoch !== memo.epoch) {
      this.#known = new Map();
      this.#epoch = memo.epoch;
    }
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const found = this.#find(text);
    this.#known.set(memo.keep(text), found);
    return found;
  }

  #find(text: string): TestIds {
    const { scan, triggersOf, plainBits, changedBits } = this.#context;
    const triggers = triggersOf(text);
    let found: number[] | undefined;
    let hasPlain: boolean | undefined;
    let hasChanged = false;
    let scanned: string | undefined;
    for (const group of this.#groups) {
      if ((triggers & group.triggers) === 0) {
        // Literals are looked for without regard to case, so that one scan serves the text in lower case too.
        hasPlain ??= scanClean(scan, text, plainBits);
        if (!hasPlain && group.always.length === 0) continue;
        const tested = group.isLowered ? group.transform(text) : text;
        if (hasPlain) found = this.#confirm(group, plainBits, tested, found);
        for (const test of group.always) if (holds(test, tested)) (found ??= []).push(test.id);
        continue;
      }
      const changed = group.transform(text);
      // Chains that end in the same text follow each other often.
      if (changed !== scanned) {
        hasChanged = scanClean(scan, changed, changedBits);
        scanned = changed;
      }
      if (hasChanged) found = this.#confirm(group, changedBits, changed, found);
      for (const test of group.always) if (holds(test, changed)) (found ??= []).push(test.id);
    }
    return found === undefined ? NO_TESTS : found.length === 1 ? found : [...new Set(found)];
  }

  #confirm(
    group: TestGroup,
    candidates: Uint32Array,
    text: string,
    known: number[] | undefined,
  ): number[] | undefined {
    let found = known;
    const { mask } = group;
    for (let word = 0; word < mask.length; word++) {
      let bits = mask[word]! & candidates[word]!; // Both have a bit for every test.
      while (bits !== 0) {
        const id = word * 32 + (31 - Math.clz32(bits & -bits));
        bits &= bits - 1;
        if (holds(this.#context.tests[id]!, text)) (found ??= []).push(id); // Ids come from the tests.
      }
    }
    return found;
  }
}

function scanClean(scan: LiteralScan, text: string, bits: Uint32Array): boolean {
  bits.fill(0);
  return scan.scanInto(text, bits);
}

/** What could not be found out within its bound is named, and then evaluated as every other. */
function holds({ operator, isNegated }: ValueTest, text: string): boolean {
  return operator.test(text) !== isNegated || operator.wasExhausted?.() === true;
}
