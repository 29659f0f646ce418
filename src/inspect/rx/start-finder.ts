/**
 * Where the leftmost match of a value begins, in one pass from the end to the beginning: a lazy automaton for the pattern
 * backwards (reverse.ts), which is asked at each place whether a match begins there.
 *
 * Promise: the answer is the start of what the exact engine finds. Of the engines that find groups, one tries every place in
 * turn and the other carries all threads with their groups along; both are slow where a match is a long way off.
 *
 *     value      ... x  y  z ...            MATCH stands behind an assertion that always holds, so that a match which
 *     read       <-------------             begins at `y` is told in the step over `x`: assertions at its beginning,
 *                                           such as \b, look at `x`
 */
import { copyForRun } from './table-run.ts';
import { TEXT_BYTES } from '../match/text-bytes.ts';
import { Credit } from './credit.ts';
import type { Program } from './program.ts';
import { StateTable } from './state-table.ts';
import { ThreadSets } from './thread-sets.ts';

const UNKNOWN = -1;
/** No thread is left and none can begin. */
const FAILED = -2;
/** The target of a byte before which a match begins is TOLD minus the state. */
const TOLD = -3;

/** Cells of the table, 4 bytes each: 256 KiB at the most. */
const CELLS_MAX = 65_536;

/**
 * As for the union (union-dfa.ts). Where it is used up, others look for the match: what patterns that need so many states have
 * alive backwards makes a run without states as slow as the exact engine.
 */
const CREDIT = { most: 200_000, perByte: 1 };

/** No match begins anywhere. */
export const NOWHERE = -1;
/** There is no more credit. */
export const GIVEN_UP = -2;

export class StartFinder {
  readonly #program: Program;
  readonly #threads: ThreadSets;
  readonly #states: StateTable;
  readonly #credit = new Credit(CREDIT);
  #start = UNKNOWN;
  /** Whether the last run made anything new. */
  isGrown = false;

  /** The program of compileBackward. */
  constructor(program: Program) {
    this.#program = program;
    this.#threads = new ThreadSets(program, false);
    this.#states = new StateTable(program.columnCount, CELLS_MAX);
  }

  /** What it keeps. */
  get bytes(): number {
    return this.#states.bytes + this.#threads.bytes;
  }

  /** See ThreadSets: for tests, which count work and not time. */
  get work(): number {
    return this.#threads.work;
  }

  /** The least place from `start` on where a match begins, NOWHERE or GIVEN_UP. */
  find(text: string, start: number): number {
    const { classOf, classCount } = this.#program;
    this.isGrown = false;
    this.#credit.earn(text.length - start);
    const isCopied = copyForRun(text);
    let state = this.#startState();
    let best = NOWHERE;
    for (let at = text.length - 1; at >= start; at--) {
      const byte = isCopied ? TEXT_BYTES[at]! : text.charCodeAt(at) & 0xff; // Copied as far as the text goes.
      const next = this.#follow(state, classOf[byte]!); // A byte has a column.
      if (next >= 0) state = next;
      else if (next === FAILED) return best;
      else if (next === UNKNOWN) return GIVEN_UP;
      else {
        best = at + 1;
        state = TOLD - next;
      }
    }
    const before = start === 0 ? classCount : classOf[text.charCodeAt(start - 1) & 0xff]!; // As above.
    const last = this.#follow(state, before);
    if (last === UNKNOWN) return GIVEN_UP;
    return last <= TOLD ? start : best;
  }

  #startState(): number {
    if (this.#start !== UNKNOWN) return this.#start;
    this.#threads.begin();
    return (this.#start = this.#states.intern(this.#threads, this.#program.kindAtStart, 0));
  }

  /** UNKNOWN where there is no credit for it. */
  #follow(state: number, column: number): number {
    const known = this.#states.table[state + column]!; // A state has a row.
    return known !== UNKNOWN || this.#credit.isUsedUp ? known : this.#makeTransition(state, column);
  }

  #makeTransition(state: number, column: number): number {
    const states = this.#states;
    const threads = this.#threads;
    const { work } = threads;
    this.isGrown = true;
    threads.step(states.members, states.startOf(state), states.endOf(state), states.kindOf(state), column);
    this.#credit.pay(threads.work - work);
    const { flushes } = states;
    if (states.isFullFor(threads.count)) {
      states.flush();
      this.#start = UNKNOWN;
    }
    let target = FAILED;
    const isTold = threads.matched.length > 0;
    if (isTold || threads.count > 0 || threads.canBeginLater) {
      const next = states.intern(threads, this.#program.kindOf[column]!, 0); // One for each column.
      target = isTold ? TOLD - next : next;
    }
    // After a flush the row of `state` belongs to another state.
    if (flushes === states.flushes) states.table[state + column] = target;
    return target;
  }
}
