/**
 * The exact linear engine: Pike's machine. It walks the value once and carries every thread that is still alive, each
 * at most once, in order of preference: the result is what a backtracking engine would find first, in time
 * O(value bytes × program size), whatever the value is.
 *
 * A thread is a BYTE instruction that takes the byte before which it stands: those that do not are never made. What a thread
 * becomes by a byte depends on that byte and on the next one, so that it is a list, found once and kept:
 *
 *     value      ... x y ...        thread `x` behind it: of all that can be reached without a byte only what takes `y`,
 *                      ^            preferred ways first, each with the slots that are saved on the way
 *
 * In values made to hurt the threads alive are a fifth of what could go on, and to follow them anew was most of the time.
 *
 * Differs from PCRE in one known way: in a repeat whose part can match nothing, such as `(a*)+`, the part is not tried
 * again without progress, so that where the match ends and what its groups hold can differ. Whether there is a match, and
 * where it begins, cannot.
 */
import { ASSERT, BYTE, JUMP, SAVE, SPLIT } from './program.ts';
import type { Program } from './program.ts';

/** Offsets of the match and its groups: 2k is the start of group k, 2k+1 its end; -1 where a group took no part. */
export type Slots = Int32Array;

/** Numbers of all lists that are kept, and of their places, 4 bytes each: 2 MiB. Beyond it all are thrown away. */
const NUMBERS_MAX = 524_288;

const UNKNOWN = -1;
/** Where the list without entries is. */
const EMPTY = 0;
/** Stands in a list for a match; all others are instructions. */
const MATCHED = -1;

/**
 * Finds the leftmost match that begins at `start` or behind it, of these the preferred one. Bytes before `start` are
 * seen by assertions. With `isAnchored` it must begin at `start`.
 */
export function findMatch(program: Program, text: string, start = 0, isAnchored = false): Slots | undefined {
  return new Pike(program).find(text, start, isAnchored);
}

export class Pike {
  readonly #program: Program;
  readonly #numbersMax: number;
  readonly #placeCount: number;
  /**
   * For each instruction the places of its lists, and behind them of what begins: both are made as they are needed. A place is
   * the kind of the byte before and the column of the one behind, as in tables of truths.
   */
  readonly #rows: (Int32Array | undefined)[];
  #rowCount = 0;
  /** Lists: how many entries, then for each a thread, or MATCHED, and the number of its saves. */
  #lists: Int32Array = new Int32Array(256);
  #listed = 1;
  /** Slots that are saved on a way; 0 is none. */
  readonly #saves: (readonly number[])[] = [[]];
  readonly #saveNumbers = new Map<string, number>([['', 0]]);
  /** Threads looked at so far: for tests, which count work and not time. */
  work = 0;
  /** Whether the last run made anything new. */
  isGrown = false;

  /** `numbersMax` is for tests. */
  constructor(program: Program, numbersMax: number = NUMBERS_MAX) {
    this.#program = program;
    this.#numbersMax = numbersMax;
    this.#placeCount = program.kindCount * program.columnCount;
    this.#rows = new Array<Int32Array | undefined>(program.size + 1).fill(undefined);
  }

  /** What it keeps, with the program. */
  get bytes(): number {
    return 4 * (this.#lists.length + this.#rowCount * this.#placeCount) + 48 * this.#program.size;
  }

  /** As findMatch. */
  find(text: string, start: number, isAnchored: boolean): Slots | undefined {
    this.isGrown = false;
    const beginning = new Int32Array(this.#program.slotCount).fill(-1);
    let current = new Threads(this.#program);
    let next = new Threads(this.#program);
    let best: Slots | undefined;
    for (let at = start; ; at++) {
      // `current` has taken the byte before `at`. Once there is a match, one further right cannot win: no more threads begin.
      const mayBegin = best === undefined && (!isAnchored || at === start);
      if (mayBegin && !isAnchored && current.count === 0) at = this.#nextBeginning(text, at);
      const place = this.#placeAt(text, at);
      next.clear();
      const found =
        this.#stepAll(current, next, place, at) ??
        (mayBegin ? this.#step(this.#program.size, beginning, 0, next, place, at) : undefined);
      best = found ?? best;
      if (at >= text.length || (next.count === 0 && (best !== undefined || isAnchored))) return best;
      [current, next] = [next, current];
    }
  }

  /** Every thread in turn. One that matches cuts off all that are less preferred. */
  #stepAll(current: Threads, next: Threads, place: number, at: number): Slots | undefined {
    const width = this.#program.slotCount;
    this.work += current.count;
    for (let index = 0; index < current.count; index++) {
      const counter = current.counters[index]!; // Below count.
      const found = this.#step(counter, current.slots, counter * width, next, place, at);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * Adds to `next` what the thread, whose slots stand from `base` on, becomes before the byte at `at`; the slots of a match, if
   * it becomes one.
   */
  #step(
    counter: number,
    slots: Int32Array,
    base: number,
    next: Threads,
    place: number,
    at: number,
  ): Slots | undefined {
    const start = this.#listOf(counter, place);
    const lists = this.#lists;
    const end = start + 2 * lists[start]!; // Its count stands before a list.
    for (let entry = start; entry < end; entry += 2) {
      const target = lists[entry + 1]!; // Within the list, as below.
      const saves = this.#saves[lists[entry + 2]!]!; // Numbered when the list was made.
      if (target === MATCHED) {
        const found = slots.slice(base, base + next.width);
        save(found, 0, saves, at);
        return found;
      }
      if (!next.add(target, slots, base)) continue;
      if (saves.length > 0) save(next.slots, target * next.width, saves, at);
    }
    return undefined;
  }

  /** From `at` on the first place where a thread may begin: before it none does, and nothing matches. */
  #nextBeginning(text: string, at: number): number {
    const { size, classOf, kindOf, columnCount, kindAtStart } = this.#program;
    const row = this.#rows[size];
    // The last byte and the end have columns of their own.
    const last = text.length - 1;
    if (row === undefined || at >= last) return at;
    let kind = at === 0 ? kindAtStart : kindOf[classOf[text.charCodeAt(at - 1) & 0xff]!]!; // All bytes, here and below.
    for (; at < last; at++) {
      const column = classOf[text.charCodeAt(at) & 0xff]!;
      if (row[kind * columnCount + column] !== EMPTY) break; // A row has all places.
      kind = kindOf[column]!;
    }
    return at;
  }

  /** Index into the tables of truths for the place before the byte at `at`. */
  #placeAt(text: string, at: number): number {
    const program = this.#program;
    const kind =
      at === 0 ? program.kindAtStart : program.kindOf[program.classOf[text.charCodeAt(at - 1) & 0xff]!]!; // All bytes.
    return kind * program.columnCount + columnAt(program, text, at);
  }

  /** Where the list of a thread that has taken its byte is, or of those that begin. */
  #listOf(counter: number, place: number): number {
    const row = this.#rows[counter];
    const known = row === undefined ? UNKNOWN : row[place]!; // A row has all places.
    return known === UNKNOWN ? this.#makeList(counter, place) : known;
  }

  #makeList(counter: number, place: number): number {
    const { size } = this.#program;
    const entries = this.#reach(counter === size ? 0 : counter + 1, place);
    this.isGrown = true;
    const numbers = this.#listed + entries.length + (this.#rowCount + 1) * this.#placeCount;
    if (numbers > this.#numbersMax) this.#forget();
    return (this.#rowOf(counter)[place] = entries.length === 0 ? EMPTY : this.#keep(entries));
  }

  #rowOf(counter: number): Int32Array {
    const known = this.#rows[counter];
    if (known !== undefined) return known;
    this.#rowCount++;
    return (this.#rows[counter] = new Int32Array(this.#placeCount).fill(UNKNOWN));
  }

  #keep(entries: readonly number[]): number {
    const at = this.#listed;
    this.#listed += entries.length + 1;
    if (this.#listed > this.#lists.length) {
      const larger = new Int32Array(Math.max(2 * this.#lists.length, this.#listed));
      larger.set(this.#lists);
      this.#lists = larger;
    }
    this.#lists[at] = entries.length / 2;
    this.#lists.set(entries, at + 1);
    return at;
  }

  #forget(): void {
    this.#rows.fill(undefined);
    this.#rowCount = 0;
    this.#listed = 1;
  }

  /** What is reached from `start` without a byte at this place and takes the next one, preferred ways first. */
  #reach(start: number, place: number): readonly number[] {
    const { op, a, b, sets, truths, columnCount } = this.#program;
    const column = place % columnCount;
    const found: number[] = [];
    const seen = new Set<number>();
    const saved: number[] = [];
    // An instruction, or with a negative number: take back the last save.
    const work = [start];
    for (let counter = work.pop(); counter !== undefined; counter = work.pop()) {
      if (counter < 0) {
        saved.pop();
        continue;
      }
      if (seen.has(counter)) continue;
      seen.add(counter);
      const operand = a[counter]!; // Every instruction has operands.
      switch (op[counter]!) {
        case JUMP:
          work.push(operand);
          break;
        case SPLIT:
          work.push(b[counter]!, operand); // The preferred one is taken first.
          break;
        case SAVE:
          saved.push(operand);
          work.push(-1, counter + 1);
          break;
        case ASSERT:
          if (truths[operand]![place] === 1) work.push(counter + 1); // ASSERT's operand is a table.
          break;
        case BYTE:
          if (sets[operand]![column] === 1) found.push(counter, this.#numberOf(saved)); // BYTE's operand is a set.
          break;
        default:
          found.push(MATCHED, this.#numberOf(saved));
          return found;
      }
    }
    return found;
  }

  #numberOf(saved: readonly number[]): number {
    const key = saved.join();
    const known = this.#saveNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.#saves.push([...saved]) - 1;
    this.#saveNumbers.set(key, number);
    return number;
  }
}

/** Threads before one byte, most preferred first, each at most once. */
class Threads {
  readonly counters: Int32Array;
  /** For each instruction the slots of its thread. */
  readonly slots: Int32Array;
  readonly width: number;
  count = 0;
  readonly #chain: Int32Array;
  readonly #rank: Int32Array;
  /** The generation in which an instruction was added last: clearing is one addition. */
  readonly #mark: Uint32Array;
  #generation = 1;
  /** For each chain the greatest rank that was added, behind the generation of it. */
  readonly #best: Uint32Array;

  constructor({ size, slotCount, chain, rank }: Program) {
    this.width = slotCount;
    this.counters = new Int32Array(size);
    this.slots = new Int32Array(size * slotCount);
    this.#mark = new Uint32Array(size);
    this.#chain = chain;
    this.#rank = rank;
    this.#best = new Uint32Array(2 * (1 + chain.reduce((most, of) => Math.max(most, of), 0)));
  }

  clear(): void {
    this.count = 0;
    this.#generation++;
  }

  /**
   * With slots that stand from `base` on. False for a thread that cannot win: it was added before, or one that is preferred can
   * match whatever it can (Program.chain).
   */
  add(counter: number, slots: Int32Array, base: number): boolean {
    if (this.#mark[counter] === this.#generation) return false;
    const chain = this.#chain[counter]!; // One for each instruction.
    if (chain !== 0 && !this.#leads(chain, this.#rank[counter]!)) return false; // As above.
    this.#mark[counter] = this.#generation;
    this.counters[this.count++] = counter;
    const to = counter * this.width;
    for (let slot = 0; slot < this.width; slot++) this.slots[to + slot] = slots[base + slot]!; // Within both.
    return true;
  }

  #leads(chain: number, rank: number): boolean {
    const at = 2 * chain;
    if (this.#best[at] === this.#generation && this.#best[at + 1]! > rank) return false; // Two for each chain.
    this.#best[at] = this.#generation;
    this.#best[at + 1] = rank;
    return true;
  }
}

/** Writes `at` into those of the slots from `base` on. */
function save(slots: Slots, base: number, saves: readonly number[], at: number): void {
  for (const slot of saves) slots[base + slot] = at;
}

/** The column of tables for what stands at `at`: a byte, the end, or a line feed that is the last byte. */
export function columnAt(program: Program, text: string, at: number): number {
  if (at >= text.length) return program.classCount;
  const byte = text.charCodeAt(at);
  if (program.needsFinal && byte === 0x0a && at === text.length - 1) return program.classCount + 1;
  return program.classOf[byte & 0xff]!; // Classes cover all 256 bytes.
}
