/**
 * The quick engine: says whether a pattern matches somewhere, not where. It builds the states of a deterministic
 * automaton as values ask for them, and keeps a bounded number: most bytes cost one look into a table, and the worst
 * byte costs one step of all threads, which is O(program size). So the time is linear in the value whatever happens.
 *
 * Promise: `matches` answers exactly what `findMatch(program, text) !== undefined` of the exact engine does; a test
 * compares the two on random patterns and values.
 *
 * A state is a set of threads (see thread-sets.ts) and the kind of the byte before it.
 */
import { TEXT_BYTES } from '../match/text-bytes.ts';
import { columnAt } from './pike.ts';
import type { Program } from './program.ts';
import { StateTable } from './state-table.ts';
import { copyCost, copyForRun, NEAR_BYTES, runTable } from './table-run.ts';
import type { Cursor } from './table-run.ts';
import { ThreadSets } from './thread-sets.ts';

const UNKNOWN = -1;
/** Targets of which all that follows is known. */
const MATCHED = -2;
const FAILED = -3;

/** Cells of one pattern's table, 4 bytes each: 256 KiB at the most, for patterns that are asked and need it. */
const CELLS_MAX = 65_536;

/**
 * Bytes that a state must have been worth when the table is full and thrown away. Making a state costs about ten times
 * a step of its threads: below this the rest of the value is run without states.
 */
export const BYTES_PER_STATE_MIN = 4;

export class LazyDfa {
  readonly #program: Program;
  readonly #threads: ThreadSets;
  readonly #states: StateTable;
  /** For each kind the state before the first byte. */
  readonly #starts: Int32Array;
  /** Where in the value the table was thrown away last. */
  #flushedAt = 0;
  #isGivenUp = false;
  /** Whether the last run made anything new. */
  isGrown = false;
  /** Bytes that the last run read, and what a copy of the value cost. */
  bytesRead = 0;
  readonly #cursor: Cursor = { at: 0, state: 0 };
  /** For each column the state behind such a byte in which no thread is alive; -1 where it was not made. */
  readonly #idle: Int32Array;

  constructor(program: Program, isAnchored = false) {
    this.#program = program;
    this.#threads = new ThreadSets(program, isAnchored);
    this.#states = new StateTable(program.columnCount, CELLS_MAX);
    this.#starts = new Int32Array(program.kindCount).fill(UNKNOWN);
    this.#idle = new Int32Array(program.columnCount).fill(UNKNOWN);
  }

  /** What it keeps. */
  get bytes(): number {
    return this.#states.bytes + this.#threads.bytes;
  }

  /** See ThreadSets: for tests, which count work and not time. */
  get work(): number {
    return this.#threads.work;
  }

  /** Whether a match begins at `start` or behind it (anchored: at `start`). Assertions see what stands before. None does beyond the end. */
  matches(text: string, start = 0): boolean {
    this.bytesRead = 0;
    const answer = this.#matches(text, start);
    this.bytesRead += Math.max(0, this.#cursor.at - start);
    return answer;
  }

  #matches(text: string, start: number): boolean {
    const { classOf, classCount, needsFinal } = this.#program;
    const length = text.length;
    this.#cursor.at = start;
    if (start > length) return false;
    const hasFinal = needsFinal && length > start && text.charCodeAt(length - 1) === 0x0a;
    const end = hasFinal ? length - 1 : length;
    const cursor = this.#cursor;
    cursor.state = this.#startAt(text, start);
    if (cursor.state === MATCHED) return true;
    let isCopied = start === 0 && this.#copies(text);
    let last = start === 0 ? end : Math.min(end, start + NEAR_BYTES);
    for (;;) {
      runTable(cursor, this.#states.table, classOf, text, last, isCopied);
      if (cursor.at === end) break;
      if (cursor.at === last) {
        isCopied = this.#copies(text);
        last = end;
        continue;
      }
      const column = classOf[text.charCodeAt(cursor.at) & 0xff]!; // A byte has a column.
      const state = this.#transition(cursor.state, column, cursor.at);
      if (state < 0) return state === MATCHED;
      cursor.state = state;
      cursor.at++;
      if (this.#isGivenUp) return this.#runThreads(text, state, cursor);
    }
    let { state } = cursor;
    if (hasFinal) {
      state = this.#transition(state, classCount + 1, end);
      if (state < 0) return state === MATCHED;
    }
    return this.#transition(state, classCount, length) === MATCHED;
  }

  /**
   * A place from `start` on before which no match begins: the last one at which no thread was alive before the match that ends
   * first. A value in which there is a match is looked through up to its end once more.
   */
  noneBefore(text: string, start: number): number {
    const { classOf } = this.#program;
    const end = text.length - 1; // The last byte may have a column of its own.
    let state = this.#startAt(text, start);
    let last = start;
    this.bytesRead = 0;
    if (state === MATCHED) return last;
    let isCopied = start === 0 && this.#copies(text);
    for (let at = start; at < end; at++) {
      if (at === start + NEAR_BYTES && !isCopied) isCopied = this.#copies(text);
      const column = classOf[isCopied ? TEXT_BYTES[at]! : text.charCodeAt(at) & 0xff]!; // All bytes; copied to the end.
      let next = this.#states.table[state + column]!; // A state has a row.
      if (next === UNKNOWN) next = this.#makeTransition(state, column, at);
      if (next < 0 || this.#isGivenUp) {
        this.bytesRead += at - start;
        return last;
      }
      state = next;
      if (state === this.#idle[column]) last = at + 1;
    }
    this.bytesRead += Math.max(0, end - start);
    return last;
  }

  #copies(text: string): boolean {
    const isCopied = copyForRun(text);
    if (isCopied) this.bytesRead += copyCost(text);
    return isCopied;
  }

  #startAt(text: string, start: number): number {
    const { kindAtStart, kindOf, classOf } = this.#program;
    this.#isGivenUp = false;
    this.isGrown = false;
    this.#flushedAt = start;
    const kind = start === 0 ? kindAtStart : kindOf[classOf[text.charCodeAt(start - 1) & 0xff]!]!; // All bytes.
    const known = this.#starts[kind]!; // One for each kind.
    if (known !== UNKNOWN) return known;
    this.#threads.begin();
    if (this.#threads.matched.length > 0) return (this.#starts[kind] = MATCHED);
    return (this.#starts[kind] = this.#intern(kind, start));
  }

  #transition(state: number, column: number, at: number): number {
    const known = this.#states.table[state + column]!; // A state has a row.
    return known !== UNKNOWN ? known : this.#makeTransition(state, column, at);
  }

  /** The state after one more byte of this column, or after the end of the value. */
  #makeTransition(state: number, column: number, at: number): number {
    const states = this.#states;
    const threads = this.#threads;
    this.isGrown = true;
    threads.step(states.members, states.startOf(state), states.endOf(state), states.kindOf(state), column);
    let target: number;
    const flushes = states.flushes;
    if (threads.matched.length > 0) target = MATCHED;
    else if (column === this.#program.classCount || (threads.count === 0 && !threads.canBeginLater))
      target = FAILED;
    else target = this.#intern(this.#program.kindOf[column]!, at); // One for each column.
    if (target >= 0 && threads.count === 0) this.#idle[column] = target;
    // After a flush the row of `state` belongs to another state.
    if (flushes === states.flushes) states.table[state + column] = target;
    return target;
  }

  #intern(kind: number, at: number): number {
    const states = this.#states;
    if (states.isFullFor(this.#threads.count)) {
      this.#isGivenUp = at - this.#flushedAt < BYTES_PER_STATE_MIN * states.count;
      this.#flushedAt = at;
      states.flush();
      this.#starts.fill(UNKNOWN);
      this.#idle.fill(UNKNOWN);
    }
    return states.intern(this.#threads, kind, 0);
  }

  /** The rest of a value that makes more states than it uses: no slower for any value, but never quick. */
  #runThreads(text: string, state: number, cursor: Cursor): boolean {
    const threads = this.#threads;
    const program = this.#program;
    const states = this.#states;
    let kind = states.kindOf(state);
    const alive = new Int32Array(program.size);
    let count = states.endOf(state) - states.startOf(state);
    alive.set(states.members.subarray(states.startOf(state), states.endOf(state)));
    for (let { at } = cursor; ; at++) {
      cursor.at = at;
      const column = columnAt(program, text, at);
      threads.step(alive, 0, count, kind, column);
      if (threads.matched.length > 0) return true;
      count = threads.count;
      if (at >= text.length || (count === 0 && !threads.canBeginLater)) return false;
      for (let index = 0; index < count; index++) alive[index] = threads.members[index]!; // Below count.
      kind = program.kindOf[column]!; // One for each column.
    }
  }
}
