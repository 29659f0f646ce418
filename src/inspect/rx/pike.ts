/**
 * The exact engine: Pike's machine. It walks the value once and carries every thread that is still alive, each at most
 * once, in order of preference: the result is what a backtracking engine would find first, in time
 * O(value bytes × program size), whatever the value is.
 *
 * Differs from PCRE in one known way: in a repeat whose part can match nothing, such as `(|a)*`, the part is not tried
 * again without progress, so that the extent of the match or of a group can differ. Whether there is a match cannot.
 */
import { assertionHolds } from './assertion.ts';
import { ASSERT, BYTE, JUMP, MATCH, SAVE, SPLIT } from './program.ts';
import type { Program } from './program.ts';

/** Offsets of the match and its groups: 2k is the start of group k, 2k+1 its end; -1 where a group took no part. */
export type Slots = Int32Array;

/** Finds the leftmost match, of these the preferred one. */
export function findMatch(program: Program, text: string): Slots | undefined {
  let current = new Threads(program);
  let next = new Threads(program);
  let best: Slots | undefined;
  const fresh = new Int32Array(program.slotCount).fill(-1);
  for (let at = 0; ; at++) {
    const after = at < text.length ? text.charCodeAt(at) : -1;
    const before = at > 0 ? text.charCodeAt(at - 1) : -1;
    // Once there is a match, one that starts further right cannot win.
    if (best === undefined) current.add(program, 0, fresh, at, before, after);
    if (current.count === 0 && best !== undefined) return best;
    best = step(program, current, next, text, at) ?? best;
    if (after === -1) return best;
    [current, next] = [next, current];
    next.clear();
  }
}

/**
 * Advances each thread over the byte at `at`. A thread that matches cuts off all that are less preferred.
 */
function step(
  program: Program,
  current: Threads,
  next: Threads,
  text: string,
  at: number,
): Slots | undefined {
  const byte = at < text.length ? text.charCodeAt(at) : -1;
  const after = at + 1 < text.length ? text.charCodeAt(at + 1) : -1;
  const byteClass = byte === -1 ? -1 : program.classOf[byte & 0xff]!; // Classes cover all 256 bytes.
  for (let index = 0; index < current.count; index++) {
    const counter = current.order[index]!; // Below count.
    if (program.op[counter] === MATCH) return current.slotsOf(counter).slice();
    if (byteClass === -1 || program.sets[program.a[counter]!]![byteClass] !== 1) continue; // BYTE's operand is a set.
    next.add(program, counter + 1, current.slotsOf(counter), at + 1, byte, after);
  }
  return undefined;
}

/** The threads at one offset, most preferred first. Only BYTE and MATCH instructions are kept; the rest is followed. */
class Threads {
  readonly order: Int32Array;
  count = 0;
  readonly #slots: Int32Array;
  readonly #slotCount: number;
  /** The generation in which an instruction was visited last: clearing is one addition. */
  readonly #visited: Uint32Array;
  #generation = 1;
  /** Work left: an instruction, or with a negative number the restoring of a slot, then its value on #values. */
  readonly #work: number[] = [];
  readonly #values: number[] = [];

  constructor(program: Program) {
    this.order = new Int32Array(program.size);
    this.#slotCount = program.slotCount;
    this.#slots = new Int32Array(program.size * program.slotCount);
    this.#visited = new Uint32Array(program.size);
  }

  clear(): void {
    this.count = 0;
    this.#generation++;
  }

  slotsOf(counter: number): Int32Array {
    return this.#slots.subarray(counter * this.#slotCount, (counter + 1) * this.#slotCount);
  }

  /** Follows everything that takes no byte from `start`, preferred ways first. `slots` is left as it was. */
  add(program: Program, start: number, slots: Int32Array, at: number, before: number, after: number): void {
    const scratch = slots.slice();
    const work = this.#work;
    work.push(start);
    for (let counter = work.pop(); counter !== undefined; counter = work.pop()) {
      if (counter < 0) {
        scratch[-counter - 1] = this.#values.pop() ?? -1;
        continue;
      }
      if (this.#visited[counter] === this.#generation) continue;
      this.#visited[counter] = this.#generation;
      this.#follow(program, counter, scratch, at, before, after);
    }
  }

  #follow(
    program: Program,
    counter: number,
    scratch: Int32Array,
    at: number,
    before: number,
    after: number,
  ): void {
    const a = program.a[counter]!; // Every instruction has operands.
    switch (program.op[counter]!) {
      case JUMP:
        this.#work.push(a);
        return;
      case SPLIT:
        this.#work.push(program.b[counter]!, a); // As above; the preferred one is taken first.
        return;
      case SAVE:
        this.#values.push(scratch[a]!); // SAVE's operand is below slotCount.
        this.#work.push(-a - 1, counter + 1);
        scratch[a] = at;
        return;
      case ASSERT:
        if (assertionHolds(a, before, after)) this.#work.push(counter + 1);
        return;
      case BYTE:
      case MATCH:
      default:
        this.order[this.count++] = counter;
        this.#slots.set(scratch, counter * this.#slotCount);
    }
  }
}
