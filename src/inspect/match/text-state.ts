/**
 * A text that came out of some chain of transformations, with everything that was found out of it: what its bytes say,
 * which tests may match by their literals, what transformations made of it, and the outcome of tests.
 *
 * All of it depends on the text and nothing else, so that chains, and values, which come to the same text share it.
 */
import { copyProfile, profileInto } from './byte-profile.ts';
import type { ByteProfile } from './byte-profile.ts';
import type { ChainStep, KindContext, LiteralScan, ValueTest } from './kind.ts';
import { hasPlace } from './together.ts';
import type { TogetherFound } from './together.ts';

/** Texts of at least this length remember the outcome of tests: below, it costs as much as it saves. */
const OUTCOMES_BYTES_MIN = 512;
const LINE_FEED = 0x0a;
/** Longer texts are looked at by the steps that may change them. */
const LOOKED_BYTES_MAX = 1024;
/** Tests that have a bit. Of the CRS six need one. */
const REPEATS_MAX = 31;

export class TextState implements ByteProfile {
  readonly text: string;
  triggers = 0;
  groups = 0;
  signs = 0;
  held: Uint8Array | undefined;
  readonly #context: KindContext;
  /** The state of a text that holds this one. */
  readonly #around: TextState | undefined;
  /** The state of another text in which each literal without a space is that is in this one. */
  #unspaced: TextState | undefined;
  #lowered: string | undefined;
  /** Bits of transformations for which it was looked through, and of those of them that leave it as it is. */
  #looked = 0;
  #idle = 0;
  /** The step that was asked last which signs it would leave, and its answer. */
  #bitsAfter: ChainStep['bitsAfter'];
  #signsAfter = 0;
  /** What was made of it, by step and by text: not more than there are steps of chains. */
  #made: TextState[] | undefined;
  #runs: ChainStep['run'][] | undefined;
  #results: TextState[] | undefined;
  /** For each scan that was asked, the tests that may match; undefined for none. */
  #scans: LiteralScan[] | undefined;
  #candidates: (Uint32Array | undefined)[] | undefined;
  #outcomes: Map<number, boolean> | undefined;
  /** The same for short texts: bits of tests by their `repeat`. */
  #asked = 0;
  #held = 0;
  /** Which of the patterns that run together match the text, and the text in lower case. */
  #together: TogetherFound | undefined;
  #togetherLowered: TogetherFound | undefined;

  /**
   * `around` is the state of a text in which this one stands as it is, and which is little longer: a literal that is not
   * there is not here, so that it is not looked for again. `profile` is what is known of its bytes, perhaps with more bytes;
   * without it they are looked at.
   */
  constructor(text: string, context: KindContext, around?: TextState, profile?: ByteProfile) {
    this.text = text;
    this.#context = context;
    this.#around = around;
    if (profile === undefined) profileInto(this, text, context.tables);
    else copyProfile(profile, this);
  }

  /** Whether its literals are those of a text that holds it. */
  get isWithin(): boolean {
    return this.#around !== undefined;
  }

  /** Whether literals without a space are those of another text. */
  get isUnspacedKnown(): boolean {
    return this.#unspaced !== undefined;
  }

  /** The literals without a space that are in this text are in that of `state`, too. */
  setUnspaced(state: TextState): void {
    this.#unspaced = state;
  }

  get lowered(): string {
    return (this.#lowered ??= this.#context.fold(this.text));
  }

  /**
   * Of these transformations those that may change it: most paths have dots and slashes, and nothing that normalizing takes
   * out. The text in lower case is as it, here: looks do not see case.
   */
  triggersAmong(bits: number): number {
    const among = this.triggers & bits;
    return among === 0 || this.text.length > LOOKED_BYTES_MAX ? among : among & ~this.#idleAmong(among);
  }

  #idleAmong(bits: number): number {
    for (const { bit, isIn } of this.#context.looks) {
      if ((bits & bit) === 0 || (this.#looked & bit) !== 0) continue;
      this.#looked |= bit;
      if (!isIn(this.text)) this.#idle |= bit;
    }
    return this.#idle;
  }

  /** The signs of what a step would make of it: of two rules that decode base64 the second asks the same. */
  signsAfter(bitsAfter: NonNullable<ChainStep['bitsAfter']>): number {
    if (this.#bitsAfter !== bitsAfter) {
      this.#bitsAfter = bitsAfter;
      this.#signsAfter = bitsAfter(this.text, this.#context.tables.signs, this.signs);
    }
    return this.#signsAfter;
  }

  /** What a step makes of it: this very state when nothing changes. */
  after({ run, spacesUnless }: ChainStep): TextState {
    const known = this.#resultOf(run);
    if (known !== undefined) return known;
    const around = this.#around === undefined ? undefined : this.#around.#resultOf(run);
    const state = this.made(run(this.text), around);
    if (state !== this && spacesUnless !== undefined && (this.signs & spacesUnless) === 0)
      state.setUnspaced(this);
    (this.#runs ??= []).push(run);
    (this.#results ??= []).push(state);
    return state;
  }

  /** The state of a text that was made of this one; `around` may be that of a text in which it stands. */
  made(text: string, around?: TextState): TextState {
    if (text === this.text) return this;
    const known = this.#made?.find((state) => state.text === text);
    if (known !== undefined) return known;
    const state = new TextState(
      text,
      this.#context,
      around?.text.includes(text) === true ? around : undefined,
    );
    (this.#made ??= []).push(state);
    return state;
  }

  /**
   * The state of this text, or of one that a step has made of it, in which `text` stands as it is; of those that were looked
   * through for literals.
   */
  holding(text: string): TextState | undefined {
    if (this.#isScanned && this.text.includes(text)) return this;
    return this.#results?.find((state) => state.#isScanned && state.text.includes(text));
  }

  get #isScanned(): boolean {
    return this.#scans !== undefined || (this.#around !== undefined && this.#around.#isScanned);
  }

  /** What a step has made of it, when it was asked before. */
  #resultOf(run: ChainStep['run']): TextState | undefined {
    const known = this.#runs === undefined ? -1 : this.#runs.indexOf(run);
    return known < 0 ? undefined : this.#results![known]!; // Filled together.
  }

  /**
   * Tests that may match by their literals; undefined for none. Case is not looked at, so that it serves both texts. Those
   * that need a literal with a space may be left out where nobody asks for them: `hasSpaces`.
   */
  candidates(scan: LiteralScan, hasSpaces: boolean): Uint32Array | undefined {
    if (this.#unspaced !== undefined && !hasSpaces) return this.#unspaced.candidates(scan, hasSpaces);
    if (this.#around !== undefined) return this.#around.candidates(scan, hasSpaces);
    const known = this.#scans === undefined ? -1 : this.#scans.indexOf(scan);
    if (known >= 0) return this.#candidates![known]; // Filled together.
    const bits = this.#context.spare.take();
    const isAny = scan.scanInto(this.text, bits);
    if (!isAny) this.#context.spare.giveBack(bits);
    (this.#scans ??= []).push(scan);
    (this.#candidates ??= []).push(isAny ? bits : undefined);
    return isAny ? bits : undefined;
  }

  /** Whether it is not too long for the test to match it. */
  isShortFor({ sizeMax }: ValueTest): boolean {
    return this.text.length <= sizeMax || (this.signs & this.#context.tables.signs[LINE_FEED]!) !== 0; // 256 entries.
  }

  /** Whether the test holds for the text, or for the text in lower case. */
  holds(test: ValueTest, isLowered: boolean): boolean {
    if (test.place >= 0) {
      const { found, unsaid } = this.#togetherIn(isLowered);
      if (!hasPlace(unsaid, test.place)) return hasPlace(found, test.place);
    }
    if (this.text.length < OUTCOMES_BYTES_MIN) {
      if (test.repeat === -1) return holds(test, isLowered ? this.lowered : this.text);
      if (test.repeat < REPEATS_MAX && !isLowered) return this.#holdsAgain(test, 1 << test.repeat);
    }
    const outcomes = (this.#outcomes ??= new Map<number, boolean>());
    const key = 2 * test.id + (isLowered ? 1 : 0);
    let outcome = outcomes.get(key);
    if (outcome === undefined) {
      outcome = holds(test, isLowered ? this.lowered : this.text);
      outcomes.set(key, outcome);
    }
    return outcome;
  }

  /** The same for a test that may be asked again: `bit` is its own. */
  #holdsAgain(test: ValueTest, bit: number): boolean {
    if ((this.#asked & bit) === 0) {
      this.#asked |= bit;
      if (holds(test, this.text)) this.#held |= bit;
    }
    return (this.#held & bit) !== 0;
  }

  #togetherIn(isLowered: boolean): TogetherFound {
    const { together } = this.#context;
    if (!isLowered || this.lowered === this.text) return (this.#together ??= together.of(this.text));
    return (this.#togetherLowered ??= together.of(this.lowered));
  }
}

/** What could not be found out within its bound is named, and then evaluated as every other. */
function holds({ operator, isNegated }: ValueTest, text: string): boolean {
  return operator.test(text) !== isNegated || operator.wasExhausted?.() === true;
}

/** Bits for all tests. Most scans find nothing and leave theirs empty: the next one takes them. */
export class SpareBits {
  readonly #words: number;
  #spare: Uint32Array | undefined;

  constructor(testCount: number) {
    this.#words = (testCount + 31) >>> 5;
  }

  take(): Uint32Array {
    const bits = this.#spare ?? new Uint32Array(this.#words);
    this.#spare = undefined;
    return bits;
  }

  /** They must be empty. */
  giveBack(bits: Uint32Array): void {
    this.#spare = bits;
  }
}

/** States that are kept of the last texts: variables of a request line hold the same text. */
const RECENT = 4;
const RECENT_BYTES_MAX = 1024;

export class RecentStates {
  readonly #states: TextState[] = [];
  #next = 0;
  #around: TextState | undefined;

  /** The texts that `run` asks for mostly stand in that of `around`, or in what a step has made of it. */
  within(around: TextState, run: () => void): void {
    this.#around = around.text.length > RECENT_BYTES_MAX ? undefined : around;
    try {
      run();
    } finally {
      this.#around = undefined;
    }
  }

  of(text: string, context: KindContext): TextState {
    if (text.length > RECENT_BYTES_MAX) return new TextState(text, context);
    for (const state of this.#states) {
      if (state.text.length === text.length && state.text === text) return state;
    }
    const state = new TextState(text, context, this.#around?.holding(text));
    this.#states[this.#next] = state;
    this.#next = (this.#next + 1) % RECENT;
    return state;
  }
}
