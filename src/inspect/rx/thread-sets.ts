/**
 * One step of all threads at once, without captures: what the lazy automata are made of, and what they fall back on.
 *
 * A thread set is the list of instructions alive between two bytes, BYTE and ASSERT only. Assertions are decided when
 * the byte behind them is known. A search may begin anywhere: the threads that begin at a place are not members, they
 * are added to each step from a table, so that sets stay small however many alternatives a pattern begins with.
 */
import { ASSERT, BYTE, JUMP, MATCH, SPLIT } from './program.ts';
import type { Program } from './program.ts';

/** Instructions kept in lists of followers, 4 bytes each; beyond it they are followed anew each time. */
const FOLLOWERS_MAX = 50_000;

/** What threads that begin at a place become by one step, for every place: plain data, for the threads of all workers. */
export interface BegunTable {
  /** For kind × column where its list begins; the next entry is where it ends. */
  readonly starts: Int32Array;
  /** Members and MATCH instructions. */
  readonly counters: Int32Array;
}

export class ThreadSets {
  /** What the last step left: members 0 to `count`, in no order. */
  readonly members: Int32Array;
  count = 0;
  /** The patterns that matched in the last step, each perhaps more than once. */
  readonly matched: number[] = [];
  /** Members and followers looked at so far: what a value has cost beyond one look a byte. */
  work = 0;
  readonly program: Program;
  readonly #isAnchored: boolean;
  /** The generation in which an instruction became a member last: clearing is one addition. */
  readonly #mark: Uint32Array;
  #generation = 0;
  /** The same for instructions that were looked at while following. */
  readonly #seen: Uint32Array;
  #seenGeneration = 0;
  readonly #work: Int32Array;
  readonly #followers: (Int32Array | undefined)[] = [];
  #followerCount = 0;
  /** Members of all lists that are kept. */
  #listed = 0;
  /** For kind × column what threads that begin there become by one step. */
  readonly #begun: (Int32Array | undefined)[] = [];
  readonly #begunTable: BegunTable | undefined;
  #beside: ThreadSets | undefined;
  /** Assertions that hold behind no byte at all, such as `^`. */
  readonly #isDead: readonly boolean[];
  /** Whether a thread can begin behind the first byte of a value. */
  readonly canBeginLater: boolean;
  /** For each chain the best member of the step with this generation. */
  readonly #best: Int32Array;
  readonly #bestMark: Uint32Array;
  readonly #hasChains: boolean;

  /** `begun` is what begunTableOf makes of the program; without it, each list is made when it is needed first. */
  constructor(program: Program, isAnchored: boolean, begun?: BegunTable) {
    this.program = program;
    this.#begunTable = begun;
    this.#isAnchored = isAnchored;
    this.members = new Int32Array(program.size);
    this.#mark = new Uint32Array(program.size);
    this.#seen = new Uint32Array(program.size);
    // Each instruction is pushed at most twice before it is seen: by a SPLIT and by a JUMP.
    this.#work = new Int32Array(2 * program.size + 2);
    this.#isDead = program.truths.map((truth) => !holdsBehindSomeByte(program, truth));
    this.canBeginLater = !isAnchored && reachesLater(program);
    const chainCount = program.chain.reduce((most, chain) => Math.max(most, chain), 0);
    this.#hasChains = chainCount > 0;
    this.#best = new Int32Array(chainCount + 1);
    this.#bestMark = new Uint32Array(chainCount + 1);
  }

  /** Makes the set of threads that begin at the start of an anchored search; none when threads may begin anywhere. */
  begin(): void {
    this.#clear();
    if (this.#isAnchored) this.#addAll(this.#follow(0));
  }

  /** What the lists and the program take, roughly. */
  get bytes(): number {
    return 4 * this.#listed + 40 * this.program.size;
  }

  /** Whether a member was left by the last step. */
  has(counter: number): boolean {
    return this.#mark[counter] === this.#generation;
  }

  /**
   * Advances the threads `from[start]` to `from[end]` over the byte of `column`. `kind` is that of the byte before. The
   * column of the end leaves no threads, but may match.
   */
  step(from: Int32Array, start: number, end: number, kind: number, column: number): void {
    const { op, a, sets, truths, columnCount } = this.program;
    this.#clear();
    this.work += end - start;
    this.#seenGeneration++;
    for (let index = start; index < end; index++) {
      const counter = from[index]!; // Within the list, and below the programs's size.
      const operand = a[counter]!;
      if (op[counter] === BYTE) {
        if (sets[operand]![column] === 1) this.#addAll(this.#follow(counter + 1));
      } else if (truths[operand]![kind * columnCount + column] === 1) {
        this.#decide(counter + 1, kind, column);
      }
    }
    if (!this.#isAnchored) this.#addAll(this.#begunAt(kind, column));
    if (this.#hasChains) this.#dropDominated();
  }

  /** Drops the members, and the matches, whose patterns are in `done`. `bitOf` has a bit, or none, for each pattern. */
  dropPatterns(done: number, bitOf: Int32Array): void {
    const { members, program } = this;
    let kept = 0;
    for (let index = 0; index < this.count; index++) {
      const counter = members[index]!; // Below count.
      if ((bitOf[program.patternOf[counter]!]! & done) === 0)
        members[kept++] = counter; // Every instruction has one.
      else this.#mark[counter] = 0;
    }
    this.count = kept;
    for (let index = this.matched.length - 1; index >= 0; index--) {
      if ((bitOf[this.matched[index]!]! & done) !== 0) this.matched.splice(index, 1); // As above.
    }
  }

  #clear(): void {
    this.#generation++;
    this.count = 0;
    this.matched.length = 0;
  }

  #addAll(list: Int32Array): void {
    const op = this.program.op;
    const mark = this.#mark;
    const generation = this.#generation;
    this.work += list.length;
    for (let index = 0; index < list.length; index++) {
      const counter = list[index]!; // Within the list.
      if (mark[counter] === generation) continue;
      if (op[counter] === MATCH) this.matched.push(this.program.a[counter]!);
      else {
        mark[counter] = generation;
        this.members[this.count++] = counter;
      }
    }
  }

  /** What is reached from `start` without taking a byte: BYTE, ASSERT and MATCH. Assertions are left undecided. */
  #follow(start: number): Int32Array {
    const known = this.#followers[start];
    if (known !== undefined) return known;
    const list = Int32Array.from(this.#reach(start));
    if (this.#followerCount + list.length <= FOLLOWERS_MAX) {
      this.#followerCount += list.length;
      this.#listed += list.length;
      this.#followers[start] = list;
    }
    return list;
  }

  #reach(start: number): number[] {
    const { op, a, b } = this.program;
    const found: number[] = [];
    // Its own generation: #decide may be under way.
    const seen = new Set<number>();
    const work = [start];
    for (let counter = work.pop(); counter !== undefined; counter = work.pop()) {
      if (seen.has(counter)) continue;
      seen.add(counter);
      const kind = op[counter];
      const operand = a[counter]!; // Every instruction has operands.
      if (kind === JUMP) work.push(operand);
      else if (kind === SPLIT) work.push(b[counter]!, operand);
      else if (kind === BYTE || kind === MATCH) found.push(counter);
      else if (kind !== ASSERT) work.push(counter + 1);
      else if (start === 0 || this.#isDead[operand] !== true) found.push(counter);
    }
    return found;
  }

  /** Follows from `start` with assertions decided, and takes the step of every BYTE that is reached. */
  #decide(start: number, kind: number, column: number): void {
    const { op, a, b, sets, truths, columnCount } = this.program;
    const work = this.#work;
    let top = 0;
    work[top++] = start;
    while (top > 0) {
      const counter = work[--top]!; // Pushed before.
      if (this.#seen[counter] === this.#seenGeneration) continue;
      this.#seen[counter] = this.#seenGeneration;
      const operand = a[counter]!; // Every instruction has operands.
      switch (op[counter]!) {
        case JUMP:
          work[top++] = operand;
          break;
        case SPLIT:
          work[top++] = b[counter]!;
          work[top++] = operand;
          break;
        case BYTE:
          if (sets[operand]![column] === 1) this.#addAll(this.#follow(counter + 1));
          break;
        case ASSERT:
          if (truths[operand]![kind * columnCount + column] === 1) work[top++] = counter + 1;
          break;
        case MATCH:
          this.matched.push(operand);
          break;
        default:
          work[top++] = counter + 1;
      }
    }
  }

  /** Members and MATCH instructions that threads beginning here become by a step over the column. */
  #begunAt(kind: number, column: number): Int32Array {
    const place = kind * this.program.columnCount + column;
    const known = this.#begun[place];
    if (known !== undefined) return known;
    const list =
      this.#begunTable === undefined ? this.#beginAt(kind, column) : listAt(this.#begunTable, place);
    this.#begun[place] = list;
    return list;
  }

  #beginAt(kind: number, column: number): Int32Array {
    // Computed beside the step that is under way.
    const beside = (this.#beside ??= new ThreadSets(this.program, true));
    beside.#clear();
    beside.#seenGeneration++;
    beside.#decide(0, kind, column);
    const matches = this.#matchInstructions(beside.matched);
    const list = new Int32Array(beside.count + matches.length);
    list.set(beside.members.subarray(0, beside.count));
    list.set(matches, beside.count);
    this.#listed += list.length;
    return list;
  }

  /** The lists of all places. */
  get begun(): BegunTable {
    const { kindCount, columnCount } = this.program;
    const lists: Int32Array[] = [];
    for (let kind = 0; kind < kindCount; kind++) {
      for (let column = 0; column < columnCount; column++) lists.push(this.#begunAt(kind, column));
    }
    const starts = new Int32Array(lists.length + 1);
    for (const [place, list] of lists.entries()) starts[place + 1] = starts[place]! + list.length; // One entry more.
    const counters = new Int32Array(starts.at(-1) ?? 0);
    for (const [place, list] of lists.entries()) counters.set(list, starts[place]);
    return { starts, counters };
  }

  #matchInstructions(patterns: readonly number[]): number[] {
    const { op, a, size } = this.program;
    const found: number[] = [];
    if (patterns.length === 0) return found;
    const wanted = new Set(patterns);
    for (let counter = 0; counter < size; counter++) {
      if (op[counter] === MATCH && wanted.has(a[counter]!)) found.push(counter); // Every instruction has operands.
    }
    return found;
  }

  /** See Program.chain. */
  #dropDominated(): void {
    const { chain, rank } = this.program;
    const best = this.#best;
    const members = this.members;
    let inChains = 0;
    for (let index = 0; index < this.count; index++) {
      const counter = members[index]!; // Below count.
      const of = chain[counter]!; // One for each instruction.
      if (of === 0) continue;
      inChains++;
      if (this.#bestMark[of] === this.#generation && rank[counter]! <= rank[best[of]!]!) continue;
      this.#bestMark[of] = this.#generation;
      best[of] = counter;
    }
    if (inChains < 2) return;
    let kept = 0;
    for (let index = 0; index < this.count; index++) {
      const counter = members[index]!; // As above.
      const of = chain[counter]!;
      if (of === 0 || best[of] === counter) members[kept++] = counter;
      else this.#mark[counter] = 0;
    }
    this.count = kept;
  }
}

/** For a search that may begin anywhere. */
export function begunTableOf(program: Program): BegunTable {
  return new ThreadSets(program, false).begun;
}

function listAt({ starts, counters }: BegunTable, place: number): Int32Array {
  return counters.subarray(starts[place], starts[place + 1]);
}

/** Whether any byte or match can be reached from the beginning at a place behind the first byte of a value. */
function reachesLater(program: Program): boolean {
  const { truths, columnCount, kindOf, classCount, hasAssertions, op, a, b } = program;
  if (!hasAssertions) return true;
  const kinds = new Set(kindOf.subarray(0, classCount));
  for (const kind of kinds) {
    for (let column = 0; column < columnCount; column++) {
      const seen = new Set<number>();
      const work = [0];
      for (let counter = work.pop(); counter !== undefined; counter = work.pop()) {
        if (seen.has(counter)) continue;
        seen.add(counter);
        const operand = a[counter]!; // Every instruction has operands.
        const kindOfOp = op[counter];
        if (kindOfOp === BYTE || kindOfOp === MATCH) return true;
        if (kindOfOp === JUMP) work.push(operand);
        else if (kindOfOp === SPLIT) work.push(b[counter]!, operand);
        else if (kindOfOp !== ASSERT || truths[operand]![kind * columnCount + column] === 1)
          work.push(counter + 1);
      }
    }
  }
  return false;
}

function holdsBehindSomeByte(program: Program, truth: Uint8Array): boolean {
  for (const kind of new Set(program.kindOf.subarray(0, program.classCount))) {
    const row = truth.subarray(kind * program.columnCount, (kind + 1) * program.columnCount);
    if (row.includes(1)) return true;
  }
  return false;
}
