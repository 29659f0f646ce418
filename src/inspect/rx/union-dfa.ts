/**
 * A lazy automaton for several patterns at once, which says for each of them whether it matches.
 *
 * As lazy-dfa.ts, but a match does not end the run: a state carries a label, the patterns that have matched when it is
 * reached. Targets where some have are written as negative numbers, so that bytes without news cost one comparison.
 *
 * A pattern such as `\S` would have news at nearly every byte. So patterns that are told again and again become noisy: a
 * run that has seen one match goes on without it, and which noisy ones it is without is part of its states.
 *
 * It grows on credit (credit.ts): a value that needs more states than there is credit for is given up, and the caller asks
 * its patterns one by one.
 */
import { Credit } from './credit.ts';
import type { Program } from './program.ts';
import { StateTable } from './state-table.ts';
import { copyForRun, runTable } from './table-run.ts';
import type { Cursor } from './table-run.ts';
import { ThreadSets } from './thread-sets.ts';
import type { BegunTable } from './thread-sets.ts';

const UNKNOWN = -1;
/** No thread is left and none can begin. */
const FAILED = -2;
/** A target with a label is LABELLED minus the state. */
const LABELLED = -3;

/** Times that a label tells nothing new before its patterns become noisy. */
const REPEATS_MAX = 32;
/** Bits of a number. */
const NOISY_MAX = 30;

/** Cells of the table, 4 bytes each: 1 MiB at the most. */
const CELLS_MAX = 262_144;

/**
 * In threads looked at, of which 128 KiB made to hurt can make twenty million, 80 for each transition: some 12 ms at the
 * beginning, and 12 ns for each byte. The first thousand requests of the mix need some 300,000; with less they are asked alone.
 */
const CREDIT = { most: 500_000, perByte: 0.5 };

export class UnionDfa {
  readonly #program: Program;
  readonly #threads: ThreadSets;
  readonly #states: StateTable;
  /** Label 0 is nothing. */
  readonly #labels: Label[];
  readonly #labelOf = new Map<string, number>();
  /** Of labels without bits, by what is done: asked for at every new state of a text with noisy patterns in it. */
  readonly #labelOfDone = new Map<number, number>();
  #start = UNKNOWN;
  /** For each pattern its bit in `done`, when it is noisy. */
  readonly #bitOf: Int32Array;
  #noisyCount = 0;
  #isNoisier = false;
  readonly #credit = new Credit(CREDIT);
  #isGivenUp = false;
  /** Whether the last run made anything new. */
  isGrown = false;
  /** Whether the last run has set any bit. */
  isAny = false;
  readonly #cursor: Cursor = { at: 0, state: 0 };

  /** The program of compileUnion, for so many patterns, and what begunTableOf makes of it. */
  constructor(program: Program, patternCount: number, begun?: BegunTable) {
    this.#program = program;
    this.#threads = new ThreadSets(program, false, begun);
    this.#states = new StateTable(program.columnCount, CELLS_MAX);
    this.#labels = [NOTHING];
    this.#bitOf = new Int32Array(patternCount);
  }

  /** What it keeps. */
  get bytes(): number {
    return this.#states.bytes + this.#threads.bytes;
  }

  /** See ThreadSets: for tests, which count work and not time. */
  get work(): number {
    return this.#threads.work;
  }

  /** Throws all states away. */
  forget(): void {
    this.#flush();
    this.#states.shrink();
  }

  /**
   * Sets the bit of each pattern that matches. False when it gave up because the value needs more states than there is
   * credit for: then `into` is not complete.
   */
  matches(text: string, into: Uint32Array): boolean {
    const { classOf, needsFinal, classCount } = this.#program;
    const length = text.length;
    const hasFinal = needsFinal && text.charCodeAt(length - 1) === 0x0a;
    const end = hasFinal ? length - 1 : length;
    const cursor = this.#cursor;
    cursor.state = this.#startState();
    this.#credit.earn(length);
    cursor.at = 0;
    const isCopied = copyForRun(text);
    for (;;) {
      runTable(cursor, this.#states.table, classOf, text, end, isCopied);
      if (cursor.at === end) break;
      const column = classOf[text.charCodeAt(cursor.at) & 0xff]!; // A byte has a column.
      const next = this.#follow(cursor.state, column, into);
      if (this.#isGivenUp) return false;
      if (next === FAILED) return true;
      cursor.state = next;
      cursor.at++;
    }
    let { state } = cursor;
    if (hasFinal) {
      state = this.#follow(state, classCount + 1, into);
      if (this.#isGivenUp) return false;
      if (state === FAILED) return true;
    }
    this.#follow(state, classCount, into);
    return !this.#isGivenUp;
  }

  #startState(): number {
    this.#isGivenUp = false;
    this.isGrown = false;
    this.isAny = false;
    if (this.#isNoisier) this.#flush();
    if (this.#start !== UNKNOWN) return this.#start;
    this.#threads.begin();
    return (this.#start = this.#states.intern(this.#threads, this.#program.kindAtStart, 0));
  }

  #follow(state: number, column: number, into: Uint32Array): number {
    const known = this.#states.table[state + column]!; // A state has a row.
    const next = known === UNKNOWN ? this.#makeTransition(state, column) : known;
    return next <= LABELLED ? this.#tell(next, into) : next;
  }

  /** Adds the label of the target to `into`, and answers its state. */
  #tell(target: number, into: Uint32Array): number {
    const state = LABELLED - target;
    const label = this.#labels[this.#states.labelOf(state)]!; // A label is given only once it exists.
    const { bits } = label;
    let isNew = false;
    this.isAny = true;
    for (let word = 0; word < bits.length; word++) {
      if ((bits[word]! & ~into[word]!) !== 0) isNew = true; // As many words as there are patterns.
      into[word]! |= bits[word]!;
    }
    if (!isNew && ++label.repeats === REPEATS_MAX) this.#makeNoisy(bits);
    return state;
  }

  #makeTransition(state: number, column: number): number {
    const states = this.#states;
    const threads = this.#threads;
    if (this.#credit.isUsedUp) {
      this.#isGivenUp = true;
      return FAILED;
    }
    this.isGrown = true;
    const { work } = threads;
    threads.step(states.members, states.startOf(state), states.endOf(state), states.kindOf(state), column);
    this.#credit.pay(threads.work - work);
    const { done } = this.#labels[states.labelOf(state)]!; // Its label exists.
    if (done !== 0) threads.dropPatterns(done, this.#bitOf);
    const flushes = states.flushes;
    const kind = this.#program.kindOf[column]!; // One for each column.
    if (states.isFullFor(threads.count)) this.#flush();
    let target = FAILED;
    const isEnd = column === this.#program.classCount;
    if (threads.matched.length > 0) {
      const bits = bitsOf(threads.matched);
      const doneNow = this.#doneWith(threads.matched, done);
      if (doneNow !== done) threads.dropPatterns(doneNow & ~done, this.#bitOf);
      target = LABELLED - states.intern(threads, kind, this.#labelFor(bits, doneNow));
    } else if (!isEnd && (threads.count > 0 || threads.canBeginLater)) {
      target = states.intern(threads, kind, this.#labelForDone(done));
    }
    // After a flush the row of `state` belongs to another state.
    if (flushes === states.flushes) states.table[state + column] = target;
    return target;
  }

  #flush(): void {
    this.#states.flush();
    this.#start = UNKNOWN;
    this.#labels.length = 1;
    this.#labelOf.clear();
    this.#labelOfDone.clear();
    this.#isNoisier = false;
  }

  /** `done`, and the noisy ones of those that matched. */
  #doneWith(matched: readonly number[], done: number): number {
    let all = done;
    for (const pattern of matched) all |= this.#bitOf[pattern]!; // One for each pattern.
    return all;
  }

  /** It counts from the next run on: the states of this one are without. */
  #makeNoisy(bits: Uint32Array): void {
    for (let pattern = 0; pattern < this.#bitOf.length && this.#noisyCount < NOISY_MAX; pattern++) {
      const isMeant = ((bits[pattern >>> 5] ?? 0) & (1 << (pattern & 31))) !== 0;
      if (!isMeant || this.#bitOf[pattern] !== 0) continue;
      this.#bitOf[pattern] = 1 << this.#noisyCount++;
      this.#isNoisier = true;
    }
  }

  #labelForDone(done: number): number {
    if (done === 0) return 0;
    const known = this.#labelOfDone.get(done);
    if (known !== undefined) return known;
    const label = this.#labels.push({ bits: NO_BITS, done, repeats: 0 }) - 1;
    this.#labelOfDone.set(done, label);
    return label;
  }

  #labelFor(bits: Uint32Array, done: number): number {
    const key = `${done}:${bits.join()}`;
    const known = this.#labelOf.get(key);
    if (known !== undefined) return known;
    const label = this.#labels.push({ bits, done, repeats: 0 }) - 1;
    this.#labelOf.set(key, label);
    return label;
  }
}

interface Label {
  /** The patterns that matched when the state is reached. */
  readonly bits: Uint32Array;
  /** The noisy patterns that have matched, now or before: the state has none of their threads. */
  readonly done: number;
  /** How often it told nothing new. */
  repeats: number;
}

const NO_BITS = new Uint32Array(0);
const NOTHING: Label = { bits: NO_BITS, done: 0, repeats: 0 };

function bitsOf(patterns: readonly number[]): Uint32Array {
  const bits = new Uint32Array(1 + (Math.max(...patterns) >>> 5));
  for (const pattern of patterns) bits[pattern >>> 5]! |= 1 << (pattern & 31); // Words for all of them.
  return bits;
}
