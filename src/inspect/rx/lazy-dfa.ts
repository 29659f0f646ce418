/**
 * The quick engine: says whether a pattern matches somewhere, not where. It builds the states of a deterministic
 * automaton as values ask for them, and keeps a bounded number: most bytes cost one look into a table, and the worst
 * byte costs one state, which is O(program size). So the time is linear in the value whatever happens.
 *
 * Promise: `matches` answers exactly what `findMatch(program, text) !== undefined` of the exact engine does; a test
 * compares the two on random patterns and values.
 *
 * A state is the set of instructions that are alive between two bytes, before any assertion there is decided: that
 * needs the byte that follows, so it is done when the transition for that byte is made. What it needs of the byte
 * before is part of the state.
 */
import { assertionHolds } from './assertion.ts';
import { isWordByte } from './byte-set.ts';
import { ASSERT, BYTE, JUMP, MATCH, SAVE, SPLIT } from './program.ts';
import type { Program } from './program.ts';

/** States kept for one pattern. A state costs 4 bytes a class, so that this is about 100 KiB at the most. */
const STATES_MAX = 600;

const UNKNOWN = -1;
/** States of which all that follows is known. They are below the first real state, and above UNKNOWN. */
const MATCHED = 0;
const FAILED = 1;
const FIRST_STATE = 2;

/** Bytes that stand for all bytes an assertion could tell apart before it: none, a word byte, a line feed, another. */
const BEFORE_KINDS = [-1, 0x61, 0x0a, 0x20] as const;

export class LazyDfa {
  readonly #program: Program;
  /** Transitions: state × (classCount + 1); the last column is the end of the value. */
  #table: Int32Array;
  readonly #width: number;
  #states: { readonly alive: readonly number[]; readonly before: number }[] = [];
  readonly #known = new Map<string, number>();
  readonly #visited: Uint32Array;
  #generation = 0;
  #flushes = 0;
  /** The state before the first byte; it lives as long as its row. */
  #start = UNKNOWN;

  constructor(program: Program) {
    this.#program = program;
    this.#width = program.classCount + 1;
    this.#table = new Int32Array(0);
    this.#visited = new Uint32Array(program.size);
  }

  matches(text: string): boolean {
    const classOf = this.#program.classOf;
    const width = this.#width;
    let state = this.#start === UNKNOWN ? (this.#start = this.#stateFor([0], 0)) : this.#start;
    for (let at = 0; state >= FIRST_STATE && at < text.length; at++) {
      const byteClass = classOf[text.charCodeAt(at) & 0xff]!; // Classes cover all 256 bytes.
      const known = this.#table[state * width + byteClass]!; // A state has a row, a class a column.
      state = known !== UNKNOWN ? known : this.#makeTransition(state, byteClass);
    }
    if (state < FIRST_STATE) return state === MATCHED;
    const end = width - 1;
    const known = this.#table[state * width + end]!; // As above.
    return (known !== UNKNOWN ? known : this.#makeTransition(state, end)) === MATCHED;
  }

  /** The state after one more byte of this class, or after the end of the value. */
  #makeTransition(state: number, column: number): number {
    const { alive, before } = this.#states[state - FIRST_STATE]!; // A state number is only given with its state.
    const isEnd = column === this.#width - 1;
    const byte = isEnd ? -1 : this.#program.byteOf[column]!; // One byte for each class.
    const flushes = this.#flushes;
    const target = this.#advance(alive, BEFORE_KINDS[before] ?? -1, byte, isEnd ? -1 : column);
    // After a flush the row of `state` belongs to another state.
    if (flushes === this.#flushes) this.#table[state * this.#width + column] = target;
    return target;
  }

  #advance(alive: readonly number[], before: number, byte: number, byteClass: number): number {
    const program = this.#program;
    const reached = this.#follow(alive, (assertion) => assertionHolds(assertion, before, byte));
    if (reached === undefined) return MATCHED;
    if (byteClass === -1) return FAILED;
    const next: number[] = [];
    for (const counter of reached) {
      // Only BYTE is left: followed assertions are gone, and a match was answered above.
      if (program.sets[program.a[counter]!]![byteClass] === 1) next.push(counter + 1);
    }
    // The search is not anchored: a match may start behind this byte as well.
    next.push(0);
    return this.#stateFor(next, beforeKindOf(byte));
  }

  /**
   * The instructions reached without taking a byte; `undefined` when MATCH is among them. Assertions are decided by
   * `holds`, or kept as they are when it answers nothing.
   */
  #follow(
    starts: readonly number[],
    holds: (assertion: number) => boolean | undefined,
  ): number[] | undefined {
    const program = this.#program;
    const reached: number[] = [];
    const work = starts.slice();
    this.#generation++;
    for (let counter = work.pop(); counter !== undefined; counter = work.pop()) {
      if (this.#visited[counter] === this.#generation) continue;
      this.#visited[counter] = this.#generation;
      const op = program.op[counter];
      const a = program.a[counter]!; // Every instruction has operands.
      if (op === MATCH) return undefined;
      else if (op === BYTE) reached.push(counter);
      else if (op === JUMP) work.push(a);
      else if (op === SPLIT)
        work.push(a, program.b[counter]!); // As above.
      else if (op === SAVE) work.push(counter + 1);
      else if (op === ASSERT) {
        const answer = holds(a);
        if (answer === undefined) reached.push(counter);
        else if (answer) work.push(counter + 1);
      }
    }
    return reached;
  }

  /** The number of the state for these instructions, made if it is new. */
  #stateFor(starts: readonly number[], before: number): number {
    // "start" cannot hold behind a byte: without it, a pattern that begins with ^ fails at once.
    const alive = this.#follow(starts, (assertion) => (assertion === 0 && before !== 0 ? false : undefined));
    if (alive === undefined) return MATCHED;
    if (alive.length === 0) return FAILED;
    alive.sort((left, right) => left - right);
    const kind = this.#program.hasAssertions ? before : 0;
    const key = `${kind}:${alive.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#states.length === STATES_MAX) this.#flush();
    const state = this.#states.push({ alive, before: kind }) - 1 + FIRST_STATE;
    this.#known.set(key, state);
    this.#addRow(state);
    return state;
  }

  #addRow(state: number): void {
    const needed = (state + 1) * this.#width;
    if (this.#table.length < needed) {
      const larger = new Int32Array(Math.max(needed, this.#table.length * 2)).fill(UNKNOWN);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(UNKNOWN, state * this.#width, needed);
  }

  #flush(): void {
    this.#flushes++;
    this.#states = [];
    this.#known.clear();
    this.#start = UNKNOWN;
  }
}

function beforeKindOf(byte: number): number {
  if (byte === -1) return 0;
  if (byte === 0x0a) return 2;
  return isWordByte(byte) ? 1 : 3;
}
