/**
 * A lazy automaton for several patterns at once, which says for each of them whether it matches.
 *
 * As lazy-dfa.ts, but a match does not end the run: a state carries a label, the patterns that have matched when it is
 * reached. Targets with a label are written as negative numbers, so that bytes without news cost one comparison.
 */
import { BYTES_PER_STATE_MIN } from './lazy-dfa.ts';
import { columnAt } from './pike.ts';
import type { Program } from './program.ts';
import { StateTable } from './state-table.ts';
import { ThreadSets } from './thread-sets.ts';

const UNKNOWN = -1;
/** No thread is left and none can begin. */
const FAILED = -2;
/** A target with a label is LABELLED minus the state. */
const LABELLED = -3;

/** Cells of the table, 4 bytes each: 1 MiB at the most. */
const CELLS_MAX = 262_144;

export class UnionDfa {
  readonly #program: Program;
  readonly #threads: ThreadSets;
  readonly #states: StateTable;
  /** Sets of patterns that matched at the same place, as bits; 0 is none. */
  readonly #labels: Uint32Array[];
  readonly #labelOf = new Map<string, number>();
  #start = UNKNOWN;
  #flushedAt = 0;
  #isGivenUp = false;

  /** The program of compileUnion. */
  constructor(program: Program) {
    this.#program = program;
    this.#threads = new ThreadSets(program, false);
    this.#states = new StateTable(program.columnCount, CELLS_MAX);
    this.#labels = [new Uint32Array(0)];
  }

  /**
   * Sets the bit of each pattern that matches. False when it gave up because the value makes more states than it uses:
   * then `into` is not complete.
   */
  matches(text: string, into: Uint32Array): boolean {
    const { classOf, needsFinal, classCount } = this.#program;
    const length = text.length;
    const hasFinal = needsFinal && text.charCodeAt(length - 1) === 0x0a;
    const end = hasFinal ? length - 1 : length;
    let state = this.#startState();
    let table = this.#states.table;
    for (let at = 0; at < end; at++) {
      let next = table[state + classOf[text.charCodeAt(at) & 0xff]!]!; // A state has a row, a byte a column.
      if (next < 0) {
        if (next === UNKNOWN) {
          next = this.#makeTransition(state, columnAt(this.#program, text, at), at);
          if (this.#isGivenUp) return false;
          table = this.#states.table;
        }
        if (next === FAILED) return true;
        if (next < 0) next = this.#tell(next, into);
      }
      state = next;
    }
    if (hasFinal) {
      state = this.#follow(state, classCount + 1, end, into);
      if (this.#isGivenUp) return false;
      if (state === FAILED) return true;
    }
    this.#follow(state, classCount, length, into);
    return !this.#isGivenUp;
  }

  #startState(): number {
    this.#isGivenUp = false;
    this.#flushedAt = 0;
    if (this.#start !== UNKNOWN) return this.#start;
    this.#threads.begin();
    return (this.#start = this.#states.intern(this.#threads, this.#program.kindAtStart, 0));
  }

  #follow(state: number, column: number, at: number, into: Uint32Array): number {
    const known = this.#states.table[state + column]!; // A state has a row.
    const next = known === UNKNOWN ? this.#makeTransition(state, column, at) : known;
    return next <= LABELLED ? this.#tell(next, into) : next;
  }

  /** Adds the label of the target to `into`, and answers its state. */
  #tell(target: number, into: Uint32Array): number {
    const state = LABELLED - target;
    const bits = this.#labels[this.#states.labelOf(state)]!; // A label is given only once it exists.
    for (let word = 0; word < bits.length; word++) into[word]! |= bits[word]!; // As many words as there are patterns.
    return state;
  }

  #makeTransition(state: number, column: number, at: number): number {
    const states = this.#states;
    const threads = this.#threads;
    threads.step(states.members, states.startOf(state), states.endOf(state), states.kindOf(state), column);
    const flushes = states.flushes;
    const kind = this.#program.kindOf[column]!; // One for each column.
    this.#makeRoom(at);
    let target = FAILED;
    const isEnd = column === this.#program.classCount;
    if (threads.matched.length > 0) {
      target = LABELLED - states.intern(threads, kind, this.#labelFor(threads.matched));
    } else if (!isEnd && (threads.count > 0 || threads.canBeginLater)) {
      target = states.intern(threads, kind, 0);
    }
    // After a flush the row of `state` belongs to another state.
    if (flushes === states.flushes) states.table[state + column] = target;
    return target;
  }

  #makeRoom(at: number): void {
    const states = this.#states;
    if (!states.isFullFor(this.#threads.count)) return;
    this.#isGivenUp = at - this.#flushedAt < BYTES_PER_STATE_MIN * states.count;
    this.#flushedAt = at;
    states.flush();
    this.#start = UNKNOWN;
    this.#labels.length = 1;
    this.#labelOf.clear();
  }

  #labelFor(matched: readonly number[]): number {
    const bits = new Uint32Array(1 + (Math.max(...matched) >>> 5));
    for (const pattern of matched) bits[pattern >>> 5]! |= 1 << (pattern & 31); // Words for all of them.
    const key = bits.join();
    const known = this.#labelOf.get(key);
    if (known !== undefined) return known;
    const label = this.#labels.push(bits) - 1;
    this.#labelOf.set(key, label);
    return label;
  }
}
