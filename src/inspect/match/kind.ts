/**
 * Values that the same tests look at, in the same way: all that is asked of a `User-Agent` field, say, or of an argument
 * with a name that no rule knows. Answers which of these tests a value satisfies.
 *
 * Work is saved in this order, and none of it can change an answer: a value that was asked for before is remembered;
 * transformations that cannot change it are left out; one pass over each text that comes out looks for the literals that
 * most tests need; and only the tests whose literals are there are run.
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

/** A test that needs one of some bytes. */
export interface ByteTest {
  /** Bits of KindContext.bytesOf of which one is set for every text that matches. */
  readonly need: number;
  readonly test: ValueTest;
}

/** Tests of one text: those that need a literal as bits by their id, and those that have to be run on every value. */
export interface TestSet {
  readonly byByte: readonly ByteTest[];
  readonly mask: Uint32Array;
  readonly hasMask: boolean;
  readonly always: readonly ValueTest[];
}

/** Tests of a text as it is, and tests of it in lower case because a step on the way to them folds it. */
export interface TestGroup {
  readonly plain: TestSet;
  readonly lowered: TestSet;
}

/** A step of the chains of transformations, which form a tree: the root is the value as it arrived. */
export interface ChainStep {
  readonly run: (text: string) => string;
  /** The bit of the transformation: when it is not set for a text, it changes nothing but case. 0: always run it. */
  readonly trigger: number;
  /** True when it puts letters into lower case, which `trigger` does not tell. */
  readonly isFolding: boolean;
  /** The tests right after this step. */
  readonly here: TestSet;
  /** The tests after this step and `next`, directly or later, for texts of which none of these changes more than case. */
  readonly below: TestGroup;
  /** Bits of the steps that follow, directly or later, as far as none must always be run. */
  readonly triggersBelow: number;
  /** The steps that follow, without those that must always be run. */
  readonly next: readonly ChainStep[];
  /** Those that must always be run. */
  readonly forced: readonly ChainStep[];
  /** Those that must always be run behind this step and behind those that follow it. */
  readonly forcedBelow: readonly ForcedStep[];
}

export interface ForcedStep {
  readonly step: ChainStep;
  /** True when a step on the way folds case. */
  readonly isLowered: boolean;
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
  /** Which groups of bytes occur in the text; both cases of a letter are one. */
  readonly bytesOf: (text: string) => number;
  readonly fold: (text: string) => string;
  readonly memo: Memo;
}

/** The ids of tests that match. Shared, not to be changed. */
export type TestIds = readonly number[];
export const NO_TESTS: TestIds = [];

export class Kind {
  readonly #root: ChainStep;
  readonly #context: KindContext;
  /** Longer values are not remembered. */
  readonly #rememberedMax: number;
  #known = new Map<string, TestIds>();
  #epoch = 0;

  constructor(root: ChainStep, context: KindContext, rememberedMax: number) {
    this.#root = root;
    this.#context = context;
    this.#rememberedMax = rememberedMax;
  }

  /** The tests that the value satisfies, each once, in no order. */
  matches(text: string): TestIds {
    const { memo } = this.#context;
    if (text.length > this.#rememberedMax) return this.#find(text);
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
    const found: number[] = [];
    this.#visit(this.#root, new TextState(text, this.#context), found);
    if (found.length < 2) return found.length === 0 ? NO_TESTS : found;
    return [...new Set(found)];
  }

  /** `state` is the text after the step. */
  #visit(step: ChainStep, state: TextState, found: number[]): void {
    const { triggers } = state;
    if ((triggers & step.triggersBelow) === 0) {
      this.#test(step.below.plain, state, false, found);
      this.#test(step.below.lowered, state, true, found);
      for (const forced of step.forcedBelow) this.#force(forced.step, state, forced.isLowered, found);
      return;
    }
    this.#test(step.here, state, false, found);
    for (const forced of step.forced) this.#force(forced, state, false, found);
    for (const next of step.next) {
      const isSame = (triggers & next.trigger) === 0;
      if (!isSame) this.#visit(next, state.after(next), found);
      else if (!next.isFolding) this.#visit(next, state, found);
      else if ((triggers & next.triggersBelow) === 0) {
        this.#test(next.below.plain, state, true, found);
        this.#test(next.below.lowered, state, true, found);
        for (const { step: forced } of next.forcedBelow) this.#force(forced, state, true, found);
      } else {
        // Steps behind may bring upper case back, so that case is no longer something to leave out.
        this.#visit(next, state.after(next), found);
      }
    }
  }

  #force(step: ChainStep, state: TextState, isLowered: boolean, found: number[]): void {
    const text = step.run(isLowered ? state.lowered : state.text);
    this.#visit(step, text === state.text ? state : state.made(text), found);
  }

  #test(set: TestSet, state: TextState, isLowered: boolean, found: number[]): void {
    const { mask, hasMask, byByte, always } = set;
    const bits = hasMask ? state.candidates() : undefined;
    if (bits === undefined && always.length === 0 && byByte.length === 0) return;
    const text = isLowered ? state.lowered : state.text;
    if (bits !== undefined) this.#confirm(mask, bits, text, found);
    for (const { need, test } of byByte) {
      if ((state.bytes & need) !== 0 && holds(test, text)) found.push(test.id);
    }
    for (const test of always) if (holds(test, text)) found.push(test.id);
  }

  #confirm(mask: Uint32Array, candidates: Uint32Array, text: string, found: number[]): void {
    const { tests } = this.#context;
    for (let word = 0; word < mask.length; word++) {
      let bits = mask[word]! & candidates[word]!; // Both have a bit for every test.
      while (bits !== 0) {
        const id = word * 32 + (31 - Math.clz32(bits & -bits));
        bits &= bits - 1;
        if (holds(tests[id]!, text)) found.push(id); // Ids come from the tests.
      }
    }
  }
}

/** A text that came out of some chain, with what is known of it. */
class TextState {
  readonly text: string;
  readonly triggers: number;
  readonly bytes: number;
  readonly #context: KindContext;
  #lowered: string | undefined;
  #made: TextState | undefined;
  #isScanned = false;
  #candidates: Uint32Array | undefined;

  constructor(text: string, context: KindContext) {
    this.text = text;
    this.triggers = context.triggersOf(text);
    this.bytes = context.bytesOf(text);
    this.#context = context;
  }

  get lowered(): string {
    return (this.#lowered ??= this.#context.fold(this.text));
  }

  /** What a step makes of it: this very state when nothing changes. */
  after(step: ChainStep): TextState {
    const text = step.run(this.text);
    return text === this.text ? this : this.made(text);
  }

  /** The state of a text that was made of this one. Two chains often come to the same. */
  made(text: string): TextState {
    if (this.#made?.text === text) return this.#made;
    this.#made = new TextState(text, this.#context);
    return this.#made;
  }

  /** Tests that may match by their literals; undefined for none. Case is not looked at, so that it serves both texts. */
  candidates(): Uint32Array | undefined {
    if (this.#isScanned) return this.#candidates;
    this.#isScanned = true;
    const { scan, tests } = this.#context;
    const bits = emptyBits((tests.length + 31) >>> 5);
    if (!scan.scanInto(this.text, bits)) {
      spare = bits;
      return undefined;
    }
    this.#candidates = bits;
    return bits;
  }
}

/** Most scans find nothing and leave their bits empty: the next one takes them. */
let spare: Uint32Array = new Uint32Array(0);

function emptyBits(words: number): Uint32Array {
  if (spare.length !== words) return new Uint32Array(words);
  const bits = spare;
  spare = NO_BITS;
  return bits;
}

const NO_BITS = new Uint32Array(0);

/** What could not be found out within its bound is named, and then evaluated as every other. */
function holds({ operator, isNegated }: ValueTest, text: string): boolean {
  return operator.test(text) !== isNegated || operator.wasExhausted?.() === true;
}
