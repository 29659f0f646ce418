/**
 * Values that the same tests look at, in the same way: all that is asked of a `User-Agent` field, say, or of an argument
 * with a name that no rule knows. Answers which of these tests a value satisfies.
 *
 * Work is saved in this order, and none of it can change an answer: a value that was asked for before is remembered;
 * transformations that cannot change it are left out; one pass over each text that comes out looks for the literals that
 * most tests need; and only the tests whose literals are there are run.
 */
import type { Operator } from '../operators/operator.ts';
import type { ByteTables } from './byte-profile.ts';
import { mayMatchWords } from './kept-words.ts';
import type { KeptWords } from './kept-words.ts';
import type { MarkedSearch } from './marked-search.ts';
import type { Memo } from './memo.ts';
import { SHORT_BYTES_MAX } from './short-texts.ts';
import type { ShortTexts } from './short-texts.ts';
import type { RecentStates, SpareBits, TextState } from './text-state.ts';
import type { Together } from './together.ts';

/** A test of a value. */
export interface ValueTest {
  /** Its number among all tests. */
  readonly id: number;
  readonly operator: Operator;
  readonly isNegated: boolean;
  /** Signs of which one is in every text that matches (compile/signs.ts); 0 when that is not known. */
  readonly signs: number;
  /** The longest text without a line feed that may match; Infinity when that is not known. */
  readonly sizeMax: number;
  /** Its place among the patterns that run together (together.ts), or -1. */
  readonly place: number;
  /**
   * Its number among the tests that look at a value behind several transformations, so that they may come to the same text
   * again; -1 for all others.
   */
  readonly repeat: number;
  /** For some negated tests bits of ByteProfile.groups: a text without all of them satisfies the test; 0 for all others. */
  readonly faults: number;
}

/** A test that needs one of some bytes. */
export interface ByteTest {
  /** Bits of ByteProfile.groups of which one is set for every text that matches. */
  readonly need: number;
  readonly test: ValueTest;
}

/** Tests of one text: those that need a literal as bits by their id, and those that have to be run on every value. */
export interface TestSet {
  readonly byByte: readonly ByteTest[];
  readonly mask: Uint32Array;
  /** The words of the mask that are not 0 are from here to before `endWord`; there are none where both are 0. */
  readonly firstWord: number;
  readonly endWord: number;
  readonly always: readonly ValueTest[];
  /** Whether a literal that one of them needs has a space. */
  readonly hasSpaces: boolean;
}

/** Tests of a text as it is, and tests of it in lower case because a step on the way to them folds it. */
export interface TestGroup {
  readonly plain: TestSet | undefined;
  readonly lowered: TestSet | undefined;
}

/** A step of the chains of transformations, which form a tree: the root is the value as it arrived. */
export interface ChainStep {
  readonly run: (text: string) => string;
  /** The bit of the transformation: when it is not set for a text, it changes nothing but case. 0: always run it. */
  readonly trigger: number;
  /**
   * Signs of which a text after the step must have one for any test after it to match (compile/chain-steps.ts), those
   * behind `forcedBelow` left out; ANY_SIGNS when that is not known.
   */
  readonly signs: number;
  /** The signs that the step may bring into a text; ANY_SIGNS when these may be any. */
  readonly brings: number;
  /** True when the result has no byte that the text has not, case aside. */
  readonly bringsNothing: boolean;
  /** For steps that leave words as they are. */
  readonly words: KeptWords | undefined;
  /** Signs without which it does nothing but put spaces in the place of other bytes; undefined for most steps. */
  readonly spacesUnless: number | undefined;
  /** As Transformation has them. */
  readonly isIn: ((text: string) => boolean) | undefined;
  readonly bitsAfter: ((text: string, table: Int32Array, bits: number) => number) | undefined;
  /** For steps that only take out bytes: the literals of which the tests of `below` need one. */
  readonly marked: MarkedSearch | undefined;
  /** As Transformation has them. */
  readonly removes: Uint8Array | undefined;
  /** True when it only takes out bytes, and each of `forcedBelow` ends at some byte and sees its result as it is. */
  readonly readsPart: boolean;
  readonly endsAt: Uint8Array | undefined;
  /** True when it puts letters into lower case, which `trigger` does not tell. */
  readonly isFolding: boolean;
  /** The tests right after this step. */
  readonly here: TestSet | undefined;
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

/** As a set of signs: one may be needed, or none. */
export const ANY_SIGNS = -1;

/** Which tests may match a text, by its literals. */
export interface LiteralScan {
  /** Sets the bits of these tests in `into`, which begins empty; false, with nothing set, when there is no literal. */
  scanInto(text: string, into: Uint32Array): boolean;
}

/** A scan for texts without signs of `beyond`: what only those could hold is left out. */
export interface NarrowScan {
  readonly beyond: number;
  readonly scan: LiteralScan;
}

/** A transformation, by its bit, and whether there is something in a text that it changes, case aside. */
export interface Look {
  readonly bit: number;
  readonly isIn: (text: string) => boolean;
}

/** What all kinds of one set of rules share. */
export interface KindContext {
  readonly tests: readonly ValueTest[];
  readonly tables: ByteTables;
  /** For transformations of which bytes say less than a look at the text. */
  readonly looks: readonly Look[];
  readonly fold: (text: string) => string;
  readonly memo: Memo;
  readonly short: ShortTexts<TestIds>;
  readonly together: Together;
  readonly recent: RecentStates;
  readonly spare: SpareBits;
  /** The bits of all tests. */
  readonly every: Uint32Array;
}

/** The ids of tests that match. Shared, not to be changed. */
export type TestIds = readonly number[];
export const NO_TESTS: TestIds = [];

export class Kind {
  readonly #root: ChainStep;
  readonly #context: KindContext;
  readonly #scan: LiteralScan;
  readonly #narrow: readonly NarrowScan[];
  readonly #number: number;
  /** Tells it from the kinds of all rule sets of the thread, once a value was kept by its bytes; 0 before that. */
  #owner = 0;
  /** Longer values are not remembered. */
  readonly #rememberedMax: number;
  /** Whether tests are run that only a look for literals with spaces could rule out. */
  readonly runsSpaced: boolean;
  #known = new Map<string, TestIds>();
  #epoch = 0;

  /** The narrowest scan comes first. `number` tells it from the other kinds of the context. */
  constructor(
    root: ChainStep,
    context: KindContext,
    scan: LiteralScan,
    narrow: readonly NarrowScan[],
    number: number,
    rememberedMax: number,
    runsSpaced = false,
  ) {
    this.#root = root;
    this.#number = number;
    this.#scan = scan;
    this.#narrow = narrow;
    this.#context = context;
    this.#rememberedMax = rememberedMax;
    this.runsSpaced = runsSpaced;
  }

  /** Whether the text has a literal that some test of the kind looks for. */
  hasLiterals(state: TextState): boolean {
    const candidates = state.candidates(this.#scan, true);
    return candidates !== undefined && hasAnyBelow(this.#root, candidates);
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
    // What comes once only would push out what comes again.
    if (memo.isWorth(text, this.#number)) this.#known.set(memo.keep(text), found);
    return found;
  }

  /** The same for a text that stands in `bytes` between these places; undefined when it is not remembered. */
  matchesAt(bytes: Uint8Array, start: number, end: number): TestIds | undefined {
    if (end - start > SHORT_BYTES_MAX || this.#owner === 0) return undefined;
    return this.#context.short.find(bytes, start, end, this.#owner);
  }

  /** The same once more, with the text. */
  learnAt(bytes: Uint8Array, start: number, end: number, text: string): TestIds {
    if (text.length > SHORT_BYTES_MAX) return this.matches(text);
    const { short } = this.#context;
    if (this.#owner === 0) this.#owner = short.newOwner();
    const found = this.#find(text);
    if (this.#owner !== 0) short.keep(bytes, start, end, this.#owner, found);
    return found;
  }

  #find(text: string): TestIds {
    return this.matchesOf(this.#context.recent.of(text, this.#context));
  }

  /** The same for a text of which something is known, without a look whether all of it is. */
  matchesOf(state: TextState): TestIds {
    const found: number[] = [];
    this.#visit(this.#root, state, found);
    if (found.length < 2) return found.length === 0 ? NO_TESTS : found;
    return [...new Set(found)];
  }

  /** `state` is the text after the step. */
  #visit(step: ChainStep, state: TextState, found: number[]): void {
    const triggers = state.triggersAmong(step.triggersBelow);
    if (triggers === 0) {
      this.#test(step.below.plain, state, false, found);
      this.#test(step.below.lowered, state, true, found);
      for (const forced of step.forcedBelow) this.#force(forced.step, state, forced.isLowered, found);
      return;
    }
    this.#test(step.here, state, false, found);
    for (const forced of step.forced) this.#force(forced, state, false, found);
    for (const next of step.next) {
      const isSame = (triggers & next.trigger) === 0;
      if (!isSame) {
        if (this.#mayMatchAfter(next, state)) this.#visit(next, state.after(next), found);
        else if (next.readsPart) this.#forceInPart(next, state, found);
      } else if (!next.isFolding) this.#visit(next, state, found);
      else if ((triggers & next.triggersBelow) === 0) {
        this.#test(next.below.plain, state, true, found);
        this.#test(next.below.lowered, state, true, found);
        for (const { step: forced } of next.forcedBelow) this.#force(forced, state, true, found);
      } else {
        // Steps behind may bring upper case back, so that case is no longer something to leave out, if there is any.
        this.#visit(next, state.lowered === state.text ? state : state.after(next), found);
      }
    }
  }

  /** Whether a test after a step that may change the text could match, as far as the signs tell that there will be. */
  #mayMatchAfter(step: ChainStep, state: TextState): boolean {
    if (step.words !== undefined && state.held !== undefined)
      return mayMatchWords(step.words, state, state.signs | step.brings, this.#candidates(state, true));
    if (putsSpaces(step, state) && !this.#mayMatchSpaced(step, state)) return false;
    if (this.#mayHaveSigns(step, state, state.text) && mayHoldMarked(step, state)) return true;
    if (step.forcedBelow.length === 0 || (step.readsPart && (state.triggers & step.triggersBelow) === 0))
      return false;
    // Only with nothing to change between is the text the one that those which always run are given.
    if (!step.bringsNothing || (state.triggers & step.triggersBelow) !== 0) return true;
    const text = step.run(state.text);
    for (const { step: forced, isLowered } of step.forcedBelow) {
      if (isLowered || forced.forcedBelow.length > 0 || this.#mayHaveSigns(forced, state, text)) return true;
    }
    return false;
  }

  /** Whether a test after the step, or behind further ones, could match the text with spaces in the place of other bytes. */
  #mayMatchSpaced(step: ChainStep, state: TextState): boolean {
    if (step.forced.length > 0 || this.#mayHoldSpaced(step.here, state)) return true;
    const triggers = state.triggers | this.#context.tables.triggers[SPACE]!; // 256 entries.
    for (const next of step.next) {
      const isSame = (triggers & next.trigger) === 0 || next.isIn?.(state.text) === false;
      if (isSame ? this.#mayMatchSpaced(next, state) : mayMatchBySigns(next, state)) return true;
    }
    return false;
  }

  #mayHoldSpaced(set: TestSet | undefined, state: TextState): boolean {
    if (set === undefined) return false;
    if (set.always.length > 0) return true;
    const groups = state.groups | this.#context.tables.groups[SPACE]!; // 256 entries.
    for (const { need, test } of set.byByte)
      if ((groups & need) !== 0 && mayHaveSignsOf(test, state)) return true;
    if (set.endWord === 0) return false;
    const candidates = set.hasSpaces ? this.#context.every : this.#candidates(state, false);
    if (candidates === undefined) return false;
    const { tests } = this.#context;
    for (let word = set.firstWord; word < set.endWord; word++) {
      for (let bits = set.mask[word]! & candidates[word]!; bits !== 0; bits &= bits - 1) {
        // Both have a bit for every test.
        if (mayHaveSignsOf(tests[word * 32 + (31 - Math.clz32(bits & -bits))]!, state)) return true;
      }
    }
    return false;
  }

  /** What the steps that must always be run find behind one of whose result they read the beginning. */
  #forceInPart(step: ChainStep, state: TextState, found: number[]): void {
    const { text } = state;
    if ((state.triggers & step.triggersBelow) !== 0) return; // Then the answer was "yes", or there are none.
    for (const { step: forced } of step.forcedBelow) {
      const part = step.run(text.slice(0, endOf(text, forced.endsAt, step.removes)));
      if (this.#mayHaveSigns(forced, state, part)) this.#visit(forced, state.made(forced.run(part)), found);
    }
  }

  /** Whether the step may leave a sign that is needed behind it. The text is that of `state` or has no sign beside its. */
  #mayHaveSigns({ signs, brings, bitsAfter }: ChainStep, state: TextState, text: string): boolean {
    if (signs === ANY_SIGNS) return true;
    if (bitsAfter === undefined) return ((state.signs | brings) & signs) !== 0;
    if (text === state.text) return (state.signsAfter(bitsAfter) & signs) !== 0;
    return (bitsAfter(text, this.#context.tables.signs, state.signs) & signs) !== 0;
  }

  #force(step: ChainStep, state: TextState, isLowered: boolean, found: number[]): void {
    const { forcedBelow } = step;
    if (forcedBelow.length === 0 && !this.#mayHaveSigns(step, state, isLowered ? state.lowered : state.text))
      return;
    this.#visit(step, isLowered ? state.made(step.run(state.lowered)) : state.after(step), found);
  }

  #test(set: TestSet | undefined, state: TextState, isLowered: boolean, found: number[]): void {
    if (set !== undefined) this.#testSome(set, state, isLowered, found);
  }

  #testSome(set: TestSet, state: TextState, isLowered: boolean, found: number[]): void {
    const { byByte, always } = set;
    if (set.endWord > 0) {
      const bits = this.#candidates(state, set.hasSpaces);
      if (bits !== undefined) this.#confirm(set, bits, state, isLowered, found);
    }
    for (const { need, test } of byByte) {
      if ((state.groups & need) !== 0 && holdsFor(test, state, isLowered)) found.push(test.id);
    }
    for (const test of always) {
      const isFaultless = test.faults !== 0 && (state.groups & test.faults) === 0;
      if (isFaultless || holdsFor(test, state, isLowered)) found.push(test.id);
    }
  }

  /** `hasSpaces`: whether literals with spaces matter. */
  #candidates(state: TextState, hasSpaces: boolean): Uint32Array | undefined {
    if (this.runsSpaced && (hasSpaces || !state.isUnspacedKnown)) return this.#context.every;
    // What stands in another text is answered by the scan of that one.
    if (state.isWithin) return state.candidates(this.#scan, hasSpaces);
    for (const { beyond, scan } of this.#narrow) {
      if ((state.signs & beyond) === 0) return state.candidates(scan, hasSpaces);
    }
    return state.candidates(this.#scan, hasSpaces);
  }

  #confirm(
    { mask, firstWord, endWord }: TestSet,
    candidates: Uint32Array,
    state: TextState,
    isLowered: boolean,
    found: number[],
  ): void {
    const { tests } = this.#context;
    for (let word = firstWord; word < endWord; word++) {
      let bits = mask[word]! & candidates[word]!; // Both have a bit for every test.
      while (bits !== 0) {
        const id = word * 32 + (31 - Math.clz32(bits & -bits));
        bits &= bits - 1;
        if (holdsFor(tests[id]!, state, isLowered)) found.push(id); // Ids come from the tests.
      }
    }
  }
}

/** Whether one of the tests after the step, or behind further ones, is among the candidates. */
function hasAnyBelow({ here, next, forced }: ChainStep, candidates: Uint32Array): boolean {
  const isIn = (step: ChainStep): boolean => hasAnyBelow(step, candidates);
  const isHere = here?.mask.some((bits, word) => (bits & candidates[word]!) !== 0) === true; // As many words.
  return isHere || next.some(isIn) || forced.some(isIn);
}

const SPACE = 0x20;

/** Whether all that the step does to the text is to put spaces in the place of other bytes. */
function putsSpaces({ spacesUnless }: ChainStep, { signs }: TextState): boolean {
  return spacesUnless !== undefined && (signs & spacesUnless) === 0;
}

/** Whether a test behind the step could match, as far as signs tell that the text and the step have. */
function mayMatchBySigns({ signs, brings, forcedBelow }: ChainStep, state: TextState): boolean {
  return forcedBelow.length > 0 || signs === ANY_SIGNS || ((state.signs | brings) & signs) !== 0;
}

/** Whether a literal that a test behind the step needs may be in the result: it is looked for without making that. */
function mayHoldMarked({ marked, triggersBelow }: ChainStep, { text, signs, triggers }: TextState): boolean {
  if (marked === undefined || (triggers & triggersBelow) !== 0) return true;
  return marked.mayBeIn(text, signs);
}

/** Where the first byte of `ends` stands that is not taken out; the end of the text where that is not known. */
function endOf(text: string, ends: Uint8Array | undefined, removes: Uint8Array | undefined): number {
  if (ends === undefined || removes === undefined) return text.length;
  let at = 0;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at) & 0xff;
    if (ends[byte] === 1 && removes[byte] === 0) break;
  }
  return at;
}

function holdsFor(test: ValueTest, state: TextState, isLowered: boolean): boolean {
  return mayHaveSignsOf(test, state) && state.isShortFor(test) && state.holds(test, isLowered);
}

function mayHaveSignsOf(test: ValueTest, state: TextState): boolean {
  return test.signs === 0 || (state.signs & test.signs) !== 0;
}
