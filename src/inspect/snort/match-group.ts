/**
 * Whether the options of a group hold in one value of its buffer, as Snort and Suricata decide it: contents and patterns
 * are looked for from left to right, and when an option behind one fails that is relative to it, the next place where
 * it occurs is tried.
 *
 * Time: whether the options behind a content hold depends on nothing but where the content ends. So places that have
 * been tried are remembered as a range and not tried again, and where a content occurs next is remembered as well: each
 * option goes over the value about once, whatever the value is. For what is left (patterns that are tried again from
 * many places, variables) there is a budget; running out of it is told, never taken for "no".
 */
import { decodeBase64, decodeSnortBase64, unfolded } from './base64.ts';
import { bitsMeet, calculate, readByteNumber } from './byte-number.ts';
import { EXHAUSTED as GAVE_UP, NO_MATCH } from '../rx/regex.ts';
import type { Regex } from '../rx/regex.ts';
import type { CompiledBase64, CompiledContent, CompiledOption, CompiledPcre } from './compile.ts';
import { BufferText } from './message-buffers.ts';
import type {
  Amount,
  ByteExtractOption,
  ByteJumpOption,
  ByteMathOption,
  ByteTestOption,
  Dialect,
  IsDataAtOption,
  SizeOption,
} from './rule.ts';
import { foldByte } from '../match/literal-automaton.ts';
import { lowercase } from '../transforms/case.ts';

/** A range of a value, half-open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface GroupMatch {
  readonly kind: 'match';
  /** Where each content and pattern was found; negated ones and other options have no place. */
  readonly spans: readonly Span[];
}

export type GroupResult = GroupMatch | { readonly kind: 'none' } | { readonly kind: 'exhausted' };

const NONE: GroupResult = { kind: 'none' };
const EXHAUSTED: GroupResult = { kind: 'exhausted' };

/**
 * Work that one group may cost, in thirds of a nanosecond: a byte that is searched is 1, what a pattern has read 6 for each
 * byte and what that is as dear as (Regex.work); and what a search and a run of a pattern cost besides. 64 for each byte of the
 * value lets a pattern be tried again a few times over its whole length; 128 KiB cost 5 ms at the most on a quiet machine, and
 * one more run, for what a pattern costs is known when it was run.
 */
export const WORK_BASE = 2_000_000;
export const WORK_PER_BYTE = 64;
/** What a byte costs that a rule is evaluated on, for who counts those: most cost less, and what is beyond it counts besides. */
const EVALUATED_BYTE = 9;

/** How many bytes looked at the work is as dear as. */
export function bytesOf(work: number): number {
  return work / EVALUATED_BYTE;
}

/** How many bytes beyond `bytes` a rule was as dear as. */
export function dearerThan(bytes: number, work: number): number {
  return Math.max(0, bytesOf(work) - bytes);
}

/** Windows of so many bytes are folded alone, where the whole value is not folded yet. */
const SMALL_WINDOW = 512;
/** In values of so many bytes a content that ignores case is looked for without folding the value, if that helps. */
const PIVOT_BYTES_MAX = 4096;
const PATTERN_BYTE = 6;
/** The same for one that may have to backtrack, whose steps are dearer: 20 ms for 128 KiB when all of them are used up. */
const BACKTRACKING_BYTE = 21;
const SEARCH = 128;
const DECODED_BYTE = 4;
const PATTERN_RUN = 1000;

/** The options of a group in one value. `variables` are shared by the groups of a rule. */
export function matchGroup(
  options: readonly CompiledOption[],
  value: BufferText,
  dialect: Dialect,
  variables: Map<string, number>,
  remembers: boolean,
): GroupResult {
  const run = new GroupRun(options, value, dialect, variables, remembers);
  const isMatch = run.matches(0, 0);
  value.work += run.work;
  if (isMatch) return { kind: 'match', spans: run.spans() };
  return run.isExhausted ? EXHAUSTED : NONE;
}

/** For tests: the work that the group cost. */
export function workOf(options: readonly CompiledOption[], value: BufferText, dialect: Dialect): number {
  const run = new GroupRun(options, value, dialect, new Map(), true);
  run.matches(0, 0);
  return run.work;
}

class GroupRun {
  readonly #options: readonly CompiledOption[];
  readonly #value: BufferText;
  readonly #text: string;
  readonly #isSuricata: boolean;
  readonly #dialect: Dialect;
  readonly #variables: Map<string, number>;
  readonly #remembers: boolean;
  /** Where each option was found, as pairs; made when the first is. */
  #places: number[] | undefined;
  /** For each option the range of places, half-open, of which every one has been tried and has failed; made when needed. */
  #tried: Int32Array | undefined;
  /** For each content a place and where it occurs next from there; made when something is tried again. */
  #next: Int32Array | undefined;
  /** Cursors from which a pattern that looks back has failed, with the option as one number. */
  #failed: Set<number> | undefined;
  #workLeft: number;
  #isGivenUp = false;
  /** True once a second place of an option was tried: from then on it pays to remember. */
  #isTriedAgain = false;

  constructor(
    options: readonly CompiledOption[],
    value: BufferText,
    dialect: Dialect,
    variables: Map<string, number>,
    remembers: boolean,
  ) {
    this.#options = options;
    this.#value = value;
    this.#text = value.text;
    this.#dialect = dialect;
    this.#isSuricata = dialect === 'suricata';
    this.#variables = variables;
    this.#remembers = remembers;
    this.#workLeft = WORK_BASE + WORK_PER_BYTE * value.text.length;
  }

  get work(): number {
    return WORK_BASE + WORK_PER_BYTE * this.#text.length - this.#workLeft;
  }

  get isExhausted(): boolean {
    return this.#workLeft < 0 || this.#isGivenUp;
  }

  spans(): readonly Span[] {
    const spans: Span[] = [];
    const places = this.#places ?? [];
    for (let index = 0; index < places.length; index += 2) {
      const start = places[index]!; // Two entries for each option.
      if (start >= 0) spans.push({ start, end: places[index + 1]! });
    }
    return spans;
  }

  /** Whether the options from `index` on hold when what came before has ended at `cursor`. */
  matches(index: number, cursor: number): boolean {
    const option = this.#options[index];
    if (option === undefined) return true;
    switch (option.kind) {
      case 'content':
        return this.#content(index, option, cursor);
      case 'pcre':
        return this.#pcre(index, option, cursor);
      case 'byte_test':
        return this.#byteTest(option, cursor) && this.matches(index + 1, cursor);
      case 'byte_jump':
        return this.#goOn(index, this.#byteJump(option, cursor));
      case 'byte_extract':
        return this.#goOn(index, this.#byteExtract(option, cursor));
      case 'byte_math':
        return this.#goOn(index, this.#byteMath(option, cursor));
      case 'isdataat':
        return this.#isDataAt(option, cursor) && this.matches(index + 1, cursor);
      case 'size':
        return this.#size(option, cursor) && this.matches(index + 1, cursor);
      case 'base64_decode':
        return this.#base64(option, cursor) && this.matches(index + 1, cursor);
    }
  }

  #goOn(index: number, cursor: number): boolean {
    return cursor >= 0 && this.matches(index + 1, cursor);
  }

  #content(index: number, compiled: CompiledContent, cursor: number): boolean {
    const { option, needle, isRetried } = compiled;
    const [start, end] = this.#window(compiled, cursor);
    if (option.isNegated) {
      // An empty window: Snort 2 calls that an error, which is no match; the others find nothing in it, which is one.
      if (start >= end && this.#dialect === 'snort2') return false;
      return this.#search(index, compiled, start, end) < 0 && this.matches(index + 1, cursor);
    }
    for (let from = start; ;) {
      const at = this.#search(index, compiled, this.#untried(index, from), end);
      if (at < 0) break;
      // The place that was found may be one of those that have failed.
      const next = this.#untried(index, at);
      if (next === at) {
        this.#keep(index, at, at + needle.length);
        if (this.matches(index + 1, at + needle.length)) return true;
        if (!isRetried || this.isExhausted || option.isAtEnd) break;
      }
      from = Math.max(next, at + 1);
      this.#isTriedAgain = true;
    }
    this.#forget(index);
    this.#noteTried(index, start, end - needle.length + 1);
    return false;
  }

  /** Where the content must lie, half-open. */
  #window(compiled: CompiledContent, cursor: number): readonly [start: number, end: number] {
    const { option, isRelative } = compiled;
    const length = this.#text.length;
    const offset = option.offset === undefined ? 0 : this.#amount(option.offset);
    if (!isRelative) {
      const start = Math.max(0, offset);
      // Before the beginning Snort 3 counts from where the offset leads, and so has less left.
      const from = this.#dialect === 'snort3' ? offset : start;
      return [
        start,
        option.depth === undefined ? length : Math.min(length, from + this.#amount(option.depth)),
      ];
    }
    const distance = option.distance === undefined ? 0 : this.#amount(option.distance);
    const begin = Math.max(0, cursor + distance);
    // Before the beginning Snort 2 counts `within` from the beginning, the others from where it would have been.
    const from = this.#dialect === 'snort2' ? begin : cursor + distance;
    const end = option.within === undefined ? length : Math.min(length, from + this.#amount(option.within));
    const depth = option.depth === undefined ? length : cursor + this.#amount(option.depth);
    return [Math.max(begin, offset), Math.min(end, depth)];
  }

  /** The first place of the content within the window, or -1. */
  #search(index: number, compiled: CompiledContent, start: number, end: number): number {
    const { needle, option } = compiled;
    const last = end - needle.length;
    if (start > last) return -1;
    this.#workLeft -= SEARCH;
    const isSmall = option.isNocase && end - start <= SMALL_WINDOW && !this.#value.isFolded;
    if (isSmall && !option.isAtEnd) {
      this.#workLeft -= end - start;
      return indexIn(lowercase(this.#text.slice(start, end)), needle, start);
    }
    const isOnce = index === 0 || !this.#isTriedAgain;
    if (
      isOnce &&
      compiled.pivot >= 0 &&
      this.#text.length <= PIVOT_BYTES_MAX &&
      !option.isAtEnd &&
      !this.#value.isFolded
    ) {
      const found = caselessIndex(this.#text, needle, compiled.pivot, start, end);
      this.#workLeft -= (found < 0 ? end : found) - start;
      return found;
    }
    const text = option.isNocase ? this.#value.folded : this.#text;
    if (option.isAtEnd) {
      const at = text.length - needle.length;
      return at >= start && at <= last && text.startsWith(needle, at) ? at : -1;
    }
    if (start === last) return text.startsWith(needle, start) ? start : -1;
    if (isOnce) return this.#searchOnce(text, needle, start, end);
    const at = this.#nextPlace(index, text, needle, start);
    return at <= last ? at : -1;
  }

  #searchOnce(text: string, needle: string, start: number, end: number): number {
    const found =
      end === text.length ? text.indexOf(needle, start) : indexIn(text.slice(start, end), needle, start);
    this.#workLeft -= (found < 0 ? end : found) - start;
    return found;
  }

  /** Where the needle occurs next, `start` included; behind every window when it does not. */
  #nextPlace(index: number, text: string, needle: string, start: number): number {
    this.#next ??= new Int32Array(2 * this.#options.length).fill(-1);
    const from = this.#next[2 * index]!; // Two entries for each option.
    const known = this.#next[2 * index + 1]!;
    if (from >= 0 && start >= from && start <= known) return known;
    const found = text.indexOf(needle, start);
    const at = found < 0 ? text.length : found;
    this.#workLeft -= at - start;
    this.#next[2 * index] = start;
    this.#next[2 * index + 1] = at;
    return at;
  }

  #pcre(index: number, compiled: CompiledPcre, cursor: number): boolean {
    const { option, pattern, isFollowed } = compiled;
    const base = option.isRelative ? cursor : 0;
    if (base > this.#text.length) return false;
    if (this.#hasFailed(index, compiled, cursor)) return false;
    const text = base === 0 ? this.#text : this.#text.slice(base);
    if (option.isNegated || !isFollowed) {
      const outcome = pattern.test(text);
      this.#workLeft -= runCost(pattern);
      if (outcome === GAVE_UP) return this.#giveUp();
      if ((outcome !== NO_MATCH) === option.isNegated) {
        this.#noteFailure(index, compiled, cursor);
        return false;
      }
      if (option.isNegated) return this.matches(index + 1, cursor);
      if (!this.matches(index + 1, cursor)) return false;
      // Where it is has to be told alone, and is asked once.
      const found = pattern.find(text);
      this.#workLeft -= runCost(pattern);
      if (found !== undefined) this.#keep(index, base + found.start, base + found.end);
      return true;
    }
    for (let from = 0; from <= text.length && !this.isExhausted;) {
      const found = pattern.find(text, from);
      this.#workLeft -= runCost(pattern);
      if (found === undefined) break;
      if (found.isExhausted) return this.#giveUp();
      this.#keep(index, base + found.start, base + found.end);
      if (this.matches(index + 1, base + found.end)) return true;
      from = found.start + 1;
      this.#isTriedAgain = true;
    }
    this.#forget(index);
    this.#noteFailure(index, compiled, cursor);
    return false;
  }

  /** Nothing more is tried in this value. */
  #giveUp(): false {
    this.#isGivenUp = true;
    return false;
  }

  /** The first place from `at` on that has not been tried. */
  #untried(index: number, at: number): number {
    if (this.#tried === undefined) return at;
    const start = this.#tried[2 * index]!; // Two entries for each option.
    const end = this.#tried[2 * index + 1]!;
    return at >= start && at < end ? end : at;
  }

  /** Every place in this range has failed. Only one range is kept: windows move to the right, and overlap or touch. */
  #noteTried(index: number, start: number, end: number): void {
    // The first option is asked once: there is nothing to remember it for. Exhaustion is no failure.
    if (!this.#remembers || index === 0 || start >= end || this.isExhausted) return;
    this.#tried ??= new Int32Array(2 * this.#options.length);
    const known = this.#tried[2 * index]!; // As above.
    const knownEnd = this.#tried[2 * index + 1]!;
    const touches = start <= knownEnd && end >= known && knownEnd > known;
    this.#tried[2 * index] = touches ? Math.min(start, known) : start;
    this.#tried[2 * index + 1] = touches ? Math.max(end, knownEnd) : end;
  }

  /** Whether it is known that a pattern and the options behind it fail from this cursor. */
  #hasFailed(index: number, option: CompiledPcre, cursor: number): boolean {
    if (!this.#remembers) return false;
    if (option.isMonotone) return this.#untried(index, cursor) !== cursor;
    return this.#failed?.has(this.#keyOf(index, cursor)) === true;
  }

  #noteFailure(index: number, option: CompiledPcre, cursor: number): void {
    if (option.isMonotone) this.#noteTried(index, cursor, this.#text.length + 1);
    else if (this.#remembers && index > 0 && !this.isExhausted) {
      (this.#failed ??= new Set()).add(this.#keyOf(index, cursor));
    }
  }

  #keyOf(index: number, cursor: number): number {
    return index * (this.#text.length + 1) + cursor;
  }

  #keep(index: number, start: number, end: number): void {
    const places = (this.#places ??= new Array<number>(2 * this.#options.length).fill(-1));
    places[2 * index] = start;
    places[2 * index + 1] = end;
  }

  #forget(index: number): void {
    if (this.#places !== undefined) this.#places[2 * index] = -1;
  }

  #amount(amount: Amount): number {
    return typeof amount === 'number' ? amount : (this.#variables.get(amount) ?? 0);
  }

  #byteTest(option: ByteTestOption, cursor: number): boolean {
    const at = (option.isRelative ? cursor : 0) + this.#amount(option.offset);
    const number = readByteNumber(this.#text, at, this.#amount(option.count), option.form);
    if (number === undefined) return false;
    return compares(number.value, option.operator, this.#amount(option.value)) !== option.isNegated;
  }

  /** The cursor behind the jump, or -1. */
  #byteJump(option: ByteJumpOption, cursor: number): number {
    const at = (option.isRelative ? cursor : 0) + this.#amount(option.offset);
    const count = this.#amount(option.count);
    const number = count === 0 ? { value: 0, used: 0 } : readByteNumber(this.#text, at, count, option.form);
    if (number === undefined) return -1;
    const jump = aligned(number.value * option.multiplier, option.align) + this.#amount(option.postOffset);
    const from = { here: at + number.used, beginning: 0, end: this.#text.length }[option.from];
    // Before the beginning Suricata goes to the beginning; the others go nowhere.
    const target = this.#isSuricata ? Math.max(0, from + jump) : from + jump;
    // Snort 2 needs a byte there; the others allow the place behind the last byte.
    const last = this.#text.length - (this.#dialect === 'snort2' ? 1 : 0);
    return target >= 0 && target <= last ? target : -1;
  }

  #byteExtract(option: ByteExtractOption, cursor: number): number {
    const at = (option.isRelative ? cursor : 0) + this.#amount(option.offset);
    const number = readByteNumber(this.#text, at, option.count, option.form);
    if (number === undefined) return -1;
    this.#variables.set(option.variable, aligned(number.value * option.multiplier, option.align));
    return at + number.used;
  }

  #byteMath(option: ByteMathOption, cursor: number): number {
    const at = (option.isRelative ? cursor : 0) + this.#amount(option.offset);
    const number = readByteNumber(this.#text, at, this.#amount(option.count), option.form);
    if (number === undefined) return -1;
    const result = calculate(number.value, option, this.#amount(option.operand), this.#dialect);
    if (result === undefined) return -1;
    this.#variables.set(option.variable, result);
    return this.#isSuricata ? at + number.used : cursor;
  }

  /** Suricata counts a relative place behind the last byte as data, Snort never does. */
  #isDataAt(option: IsDataAtOption, cursor: number): boolean {
    const at = (option.isRelative ? cursor : 0) + this.#amount(option.offset);
    const length = this.#text.length;
    const isThere = at >= 0 && (option.isRelative && this.#isSuricata ? at <= length : at < length);
    return isThere !== option.isNegated;
  }

  #size(option: SizeOption, cursor: number): boolean {
    const size = this.#text.length - (option.isRelative ? cursor : 0);
    return (size >= this.#amount(option.min) && size <= this.#amount(option.max)) !== option.isNegated;
  }

  #base64({ option, decoded }: CompiledBase64, cursor: number): boolean {
    const text = this.#decode((option.isRelative ? cursor : 0) + option.offset, option.count ?? Infinity);
    if (text === '') return false;
    if (decoded.length === 0) return true;
    const value = new BufferText(text);
    const result = matchGroup(decoded, value, this.#dialect, this.#variables, this.#remembers);
    this.#workLeft -= value.work;
    if (result.kind === 'exhausted') return this.#giveUp();
    return result.kind === 'match';
  }

  /** Snort counts the bytes when the lines are unfolded, Suricata as they came. */
  #decode(start: number, bytesMax: number): string {
    const { text, end } = this.#isSuricata
      ? { text: this.#text.slice(start, start + bytesMax), end: start + bytesMax }
      : unfolded(this.#text, start, bytesMax);
    this.#workLeft -= DECODED_BYTE * Math.max(0, Math.min(end, this.#text.length) - start);
    return this.#isSuricata ? decodeBase64(text) : decodeSnortBase64(text);
  }
}

/** Of the run that a pattern has just had. */
function runCost({ isLinear, work }: Regex): number {
  return PATTERN_RUN + (isLinear ? PATTERN_BYTE : BACKTRACKING_BYTE) * work;
}

/** As indexOf in the text folded: looks for the one byte of the needle that has no case, and compares what is around it. */
function caselessIndex(text: string, needle: string, pivot: number, start: number, end: number): number {
  const size = needle.length;
  const sign = needle.charAt(pivot);
  const last = end - size + pivot;
  for (let at = text.indexOf(sign, start + pivot); at >= 0 && at <= last; at = text.indexOf(sign, at + 1)) {
    let index = 0;
    while (index < size && foldByte(text.charCodeAt(at - pivot + index)) === needle.charCodeAt(index))
      index++;
    if (index === size) return at - pivot;
  }
  return -1;
}

function indexIn(window: string, needle: string, start: number): number {
  const found = window.indexOf(needle);
  return found < 0 ? -1 : start + found;
}

function compares(value: number, operator: ByteTestOption['operator'], against: number): boolean {
  switch (operator) {
    case '<':
      return value < against;
    case '>':
      return value > against;
    case '<=':
      return value <= against;
    case '>=':
      return value >= against;
    case '=':
      return value === against;
    case '&':
      return bitsMeet(value, against, false);
    case '^':
      return bitsMeet(value, against, true);
  }
}

function aligned(value: number, align: number): number {
  return align > 1 ? Math.ceil(value / align) * align : value;
}
