/**
 * The regular expressions of the product: one pattern made ready, with what a caller may ask of it.
 *
 * Two classes of pattern. Pure ones run in time linear in the value: yes or no by a lazy automaton (lazy-dfa.ts), groups
 * by backtracking within a small budget, and where that is not enough by Pike's machine. Patterns with looks, references
 * to groups or atomic groups run by backtracking under a budget of steps, and only on values that an automaton for
 * something wider (approximate.ts) lets through. When the budget is used up the outcome is EXHAUSTED: callers that block
 * treat it as a match, and log it.
 *
 * Everything but reading is done when it is needed first: of thousands of rules, few are ever asked.
 */
import { compileBacktrack } from './backtrack-program.ts';
import { Backtracker, EXHAUSTED, MATCH, NO_MATCH } from './backtrack.ts';
import type { Outcome } from './backtrack.ts';
import type { ByteSet } from './byte-set.ts';
import { firstBytes } from './first-bytes.ts';
import { LazyDfa } from './lazy-dfa.ts';
import { literalSetsOf } from './literals.ts';
import { RegexMemory } from './memory.ts';
import { markedLiterals } from './marked-literals.ts';
import { neededBytes } from './needed-bytes.ts';
import { parsePattern } from './parse.ts';
import { Pike } from './pike.ts';
import { compileBackward, compileProgram } from './program.ts';
import { longestLine } from './size.ts';
import { GIVEN_UP, NOWHERE, StartFinder } from './start-finder.ts';
import type { Pattern, PatternOptions } from './syntax.ts';
import { withoutBytes } from './without-bytes.ts';
import { keepsBeginning, widerPattern, yesOrNo } from './yes-or-no.ts';

export { EXHAUSTED, MATCH, NO_MATCH } from './backtrack.ts';
export type { Outcome } from './backtrack.ts';

export interface RegexOptions extends PatternOptions {
  /** What stands before the place where a search starts counts as not there: `^` holds at the start (Snort's `R`). */
  readonly startIsEdge?: boolean;
}

/** `@rx` as ModSecurity 3 compiles it: `.` matches a line feed, `^` and `$` hold at each line. */
export const SECLANG_OPTIONS: RegexOptions = { dotAll: true, multiLine: true };

/** Half-open, in bytes of the value. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Match extends Span {
  /** Groups besides the match itself. */
  readonly captureCount: number;
  /** True when the search gave up: there may be a match, and `start` and `end` are those of the search. */
  readonly isExhausted: boolean;
  /** What group `index` captured; group 0 is the match. Undefined for a group that took no part. */
  captures(index: number): Span | undefined;
}

export interface Regex {
  readonly source: string;
  readonly options: RegexOptions;
  readonly captureCount: number;
  /** Lower case; each value that matches holds at least one of them, ASCII case ignored. Undefined: nothing is known. */
  readonly literals: readonly string[] | undefined;
  /** Several such sets, the most telling first: a value that matches holds one of each. */
  readonly literalSets: readonly (readonly string[])[];
  /** A set of bytes, all of `allowed`, of which every value that matches holds one; undefined: nothing is known. Found anew each time. */
  neededBytes(allowed?: ByteSet): ByteSet | undefined;
  /**
   * Literals of which every match holds one in a value without bytes of `absent`, each with a byte of `marks`; undefined when
   * none are known.
   */
  markedLiterals(marks: ByteSet, absent: ByteSet): readonly string[] | undefined;
  /** The length of the longest value without a line feed that matches; undefined when that is not known. */
  readonly longest: number | undefined;
  /** Whether the pattern runs in linear time and never ends as EXHAUSTED. */
  readonly isLinear: boolean;
  /**
   * What the last question cost, in bytes that an automaton reads, some 2 ns each. Who asks from many places of one value
   * bounds the sum: each question is linear in the value, all together need not be.
   */
  readonly work: number;
  /** Whether a match begins at `start` or behind it. NO_MATCH is 0, so that the outcome can be asked as a truth. */
  test(value: string, start?: number): Outcome;
  /** The leftmost match that begins at `start` or behind it, with its groups. */
  find(value: string, start?: number): Match | undefined;
}

/**
 * Throws a PatternError when the pattern cannot be read or run. Patterns that share a `memory` are bounded together, and
 * equal ones are the same; without one, a pattern is alone.
 */
export function compileRegex(source: string, options: RegexOptions, memory?: RegexMemory): Regex {
  if (memory === undefined) return new CompiledRegex(source, options, new RegexMemory());
  const key = `${OPTION_NAMES.map((name) => (options[name] === true ? '1' : '0')).join('')}${source}`;
  const known = memory.known.get(key);
  if (known !== undefined) return known;
  const regex = new CompiledRegex(source, options, memory, key);
  memory.known.set(key, regex);
  return regex;
}

const OPTION_NAMES = [
  'ignoreCase',
  'dotAll',
  'multiLine',
  'extended',
  'anchored',
  'dollarEndOnly',
  'ungreedy',
  'startIsEdge',
] as const satisfies readonly (keyof RegexOptions)[];

/** Work that all searches of findLast may cost, and for each byte: to find one match after the other costs some ten a byte. */
const ALL_WORK = 100_000;
const ALL_WORK_PER_BYTE = 32;
/** What each search costs beside what it reads. */
const SEARCH_WORK = 100;

/**
 * The last of all matches from left to right, none overlapping; behind an empty match the search goes on one byte further.
 * `isExhausted` when a search gave up, or all together have cost too much: then there may be others behind it.
 */
export function findLast(
  regex: Regex,
  value: string,
): { readonly match: Match | undefined; readonly isExhausted: boolean } {
  let last: Match | undefined;
  let workLeft = ALL_WORK + ALL_WORK_PER_BYTE * value.length;
  for (let at = 0; at <= value.length;) {
    const match = regex.find(value, at);
    if (match === undefined) break;
    last = match;
    workLeft -= SEARCH_WORK + regex.work;
    if (match.isExhausted || workLeft < 0) return { match, isExhausted: true };
    at = match.end > match.start ? match.end : match.end + 1;
  }
  return { match: last, isExhausted: false };
}

/**
 * Steps that groups may cost before it is found out where the match begins, and then once more from there. Behind that comes
 * Pike's machine, which costs more for common patterns, and is what bounds the time.
 */
const QUICK_STEPS = 2_000;
const QUICK_STEPS_PER_BYTE = 2;
const PATIENT_STEPS_PER_BYTE = 4;
/** Bytes from which on it is asked first before which place no match begins. */
const NEAR = 512;

/**
 * Steps of a pattern that needs backtracking, and for each byte: for 128 KiB about 1.4 million, which take 15 ms. Raise
 * both when patterns of yours give up on harmless values.
 */
const STEPS = 100_000;
const STEPS_PER_BYTE = 10;

/** What a step of the backtracker costs, and a thread of an automaton that has no state yet, or of Pike's machine, as Regex.work has it. */
const STEP_WORK = 2;
const THREAD_WORK = 4;

class CompiledRegex implements Regex {
  readonly source: string;
  work = 0;
  readonly captureCount: number;
  readonly isLinear: boolean;
  readonly options: RegexOptions;
  #literalSets: readonly (readonly string[])[] | undefined;
  readonly #isAnchored: boolean;
  readonly #memory: RegexMemory;
  #epoch = 0;
  /** What of this pattern was told to the memory. */
  #told = 0;
  #automaton: LazyDfa | undefined;
  #backtracker: Backtracker | undefined;
  #first: Uint8Array | undefined;
  #machine: Pike | undefined;
  #starts: StartFinder | 'none' | undefined;
  /** Whether the automaton knows where matches begin: nothing of the beginning was left out for it. */
  #keepsBeginning: boolean | undefined;

  /** `key` tells it from the other patterns of the memory. */
  constructor(source: string, options: RegexOptions, memory: RegexMemory, key = '') {
    this.source = source;
    this.#memory = memory;
    this.options = options;
    this.#isAnchored = options.anchored === true;
    let pattern: Pattern | undefined;
    const facts = memory.factsOf(key, () => {
      pattern = this.#parse();
      return { captureCount: pattern.captureCount, isLinear: pattern.isPure };
    });
    this.captureCount = facts.captureCount;
    this.isLinear = facts.isLinear;
    if (pattern === undefined) return;
    if (memory.isUnsettled) memory.keepTree(this, pattern);
    else this.#literalSets = literalSetsOf(pattern.root);
  }

  get literalSets(): readonly (readonly string[])[] {
    return (this.#literalSets ??= literalSetsOf(this.#parse().root));
  }

  neededBytes(allowed?: ByteSet): ByteSet | undefined {
    return neededBytes(this.#parse().root, allowed);
  }

  markedLiterals(marks: ByteSet, absent: ByteSet): readonly string[] | undefined {
    const root = withoutBytes(this.#parse().root, absent);
    return root === undefined ? [] : markedLiterals(root, marks);
  }

  get literals(): readonly string[] | undefined {
    return this.literalSets[0];
  }

  get longest(): number | undefined {
    // Of most patterns this is known without reading them. One that may give up counts as a match of any value.
    return this.isLinear && this.source.endsWith('$') ? longestLine(this.#parse().root) : undefined;
  }

  test(value: string, start = 0): Outcome {
    this.work = 0;
    if (start > 0 && this.options.startIsEdge === true) return this.test(value.slice(start));
    if (!this.#mayMatch(value, start)) return NO_MATCH;
    if (this.isLinear) return MATCH;
    const match = this.#findOnce(value, start);
    if (match === undefined) return NO_MATCH;
    return match.isExhausted ? EXHAUSTED : MATCH;
  }

  find(value: string, start = 0): Match | undefined {
    this.work = 0;
    if (start > 0 && this.options.startIsEdge === true) {
      const rest = value.slice(start);
      return this.#mayMatch(rest, 0) ? this.#find(rest, 0)?.movedBy(start) : undefined;
    }
    return this.#findOnce(value, start, true);
  }

  /**
   * What a hit captured, where it matched, and whether at all are questions about the same search, which patterns that need
   * backtracking may spend all their steps on. `isOpen`: whether the automaton has to be asked.
   */
  #findOnce(value: string, start: number, isOpen = false): Match | undefined {
    const { last } = this.#memory;
    if (last?.regex === this && last.start === start && last.value === value) return last.match;
    const match = isOpen && !this.#mayMatch(value, start) ? undefined : this.#find(value, start);
    this.#memory.last = { regex: this, value, start, match };
    return match;
  }

  /** Of a value that the automaton lets through. */
  #find(value: string, start: number): FoundMatch | undefined {
    if (this.isLinear) return this.#findLinearly(value, this.#noneBefore(value, start));
    const outcome = this.#search(value, start, STEPS + STEPS_PER_BYTE * value.length, this.#isAnchored);
    if (outcome === NO_MATCH) return undefined;
    return outcome === MATCH
      ? new FoundMatch(this.#backtrackerSlots(), false)
      : new FoundMatch(Int32Array.of(start, value.length), true);
  }

  #findLinearly(value: string, start: number): FoundMatch | undefined {
    const steps = QUICK_STEPS + QUICK_STEPS_PER_BYTE * (value.length - start);
    const outcome = this.#search(value, start, steps, this.#isAnchored);
    if (outcome === MATCH) return new FoundMatch(this.#backtrackerSlots(), false);
    if (outcome === NO_MATCH) return undefined;
    const first = this.#isAnchored ? start : this.#startOf(value, start);
    if (first === NOWHERE) return undefined;
    return first === GIVEN_UP ? this.#findByThreads(value, start, false) : this.#findFrom(value, first);
  }

  /** Where the search may begin: in long values, most matches are a long way off. */
  #noneBefore(value: string, start: number): number {
    if (this.#isAnchored || value.length - start < NEAR) return start;
    this.#keepsBeginning ??= keepsBeginning(this.#parse().root);
    if (!this.#keepsBeginning || this.#automaton === undefined) return start;
    const first = this.#automaton.noneBefore(value, start);
    this.work += this.#automaton.bytesRead;
    return first;
  }

  /** The match that begins at `start`, if there is one. */
  #findFrom(value: string, start: number): FoundMatch | undefined {
    const steps = QUICK_STEPS + PATIENT_STEPS_PER_BYTE * (value.length - start);
    const outcome = this.#search(value, start, steps, true);
    if (outcome === MATCH) return new FoundMatch(this.#backtrackerSlots(), false);
    return outcome === NO_MATCH ? undefined : this.#findByThreads(value, start, true);
  }

  #findByThreads(value: string, start: number, isAnchored: boolean): FoundMatch | undefined {
    this.#machine ??= new Pike(compileProgram(this.#parse(), 'all'));
    const { work } = this.#machine;
    const slots = this.#machine.find(value, start, isAnchored);
    this.work += THREAD_WORK * (this.#machine.work - work);
    if (this.#machine.isGrown) this.#tell();
    return slots === undefined ? undefined : new FoundMatch(slots, false);
  }

  /** Where the leftmost match begins; GIVEN_UP where that is not known. */
  #startOf(value: string, start: number): number {
    this.#starts ??= this.#makeStartFinder();
    if (this.#starts === 'none') return GIVEN_UP;
    const { work } = this.#starts;
    const found = this.#starts.find(value, start);
    this.work += value.length - start + THREAD_WORK * (this.#starts.work - work);
    if (this.#starts.isGrown) this.#tell();
    return found;
  }

  #makeStartFinder(): StartFinder | 'none' {
    const program = compileBackward(yesOrNo(this.#parse().root, true));
    return program === undefined ? 'none' : new StartFinder(program);
  }

  /** What the automaton says: for a pure pattern the answer, for others "no" or "perhaps". */
  #mayMatch(value: string, start: number): boolean {
    if (this.#epoch !== this.#memory.epoch) this.#forget();
    this.#automaton ??= this.#makeAutomaton();
    const { work } = this.#automaton;
    const answer = this.#automaton.matches(value, start);
    this.work += this.#automaton.bytesRead + THREAD_WORK * (this.#automaton.work - work);
    if (this.#automaton.isGrown) this.#tell();
    return answer;
  }

  #tell(): void {
    const starts = this.#starts === undefined || this.#starts === 'none' ? 0 : this.#starts.bytes;
    const bytes = (this.#automaton?.bytes ?? 0) + (this.#machine?.bytes ?? 0) + starts;
    const more = bytes - this.#told;
    this.#told = bytes;
    this.#memory.take(more);
  }

  #forget(): void {
    this.#epoch = this.#memory.epoch;
    this.#automaton = undefined;
    this.#backtracker = undefined;
    this.#machine = undefined;
    this.#starts = undefined;
    this.#told = 0;
  }

  #search(value: string, start: number, stepsMax: number, isAnchored: boolean): Outcome {
    if (this.#backtracker === undefined) {
      const pattern = this.#parse();
      this.#backtracker = new Backtracker(compileBacktrack(pattern));
      this.#first = firstBytes(pattern.root);
    }
    const outcome = this.#backtracker.search(value, start, isAnchored, this.#first, stepsMax);
    this.work += STEP_WORK * this.#backtracker.stepsTaken;
    return outcome;
  }

  #backtrackerSlots(): Int32Array {
    return this.#backtracker?.slots.slice(0, 2 * (this.captureCount + 1)) ?? new Int32Array(0);
  }

  #makeAutomaton(): LazyDfa {
    const program =
      this.#memory.programOf(this) ?? compileProgram(widerPattern(this.#parse(), this.#isAnchored), 'none');
    return new LazyDfa(program, this.#isAnchored);
  }

  /** The tree is read again when it is needed: it is many times as large as its text. */
  #parse(): Pattern {
    return this.#memory.treeOf(this) ?? parsePattern(this.source, this.options);
  }
}

class FoundMatch implements Match {
  readonly isExhausted: boolean;
  readonly #slots: Int32Array;

  constructor(slots: Int32Array, isExhausted: boolean) {
    this.#slots = slots;
    this.isExhausted = isExhausted;
  }

  get start(): number {
    return this.#slots[0] ?? 0;
  }

  get end(): number {
    return this.#slots[1] ?? 0;
  }

  get captureCount(): number {
    return this.#slots.length / 2 - 1;
  }

  captures(index: number): Span | undefined {
    const start = this.#slots[2 * index] ?? -1;
    const end = this.#slots[2 * index + 1] ?? -1;
    return start < 0 || end < 0 ? undefined : { start, end };
  }

  movedBy(offset: number): FoundMatch {
    return new FoundMatch(
      this.#slots.map((at) => (at < 0 ? at : at + offset)),
      this.isExhausted,
    );
  }
}
