/**
 * Pike's machine as it is written in books: every thread follows what takes no byte anew. For comparisons with the machine of
 * the product (src/inspect/rx/pike.ts), which must find the same in each slot.
 */
import { ASSERT, BYTE, JUMP, MATCH, SAVE, SPLIT } from '../../src/inspect/rx/program.ts';
import { columnAt } from '../../src/inspect/rx/pike.ts';
import type { Program } from '../../src/inspect/rx/program.ts';

type Slots = Int32Array;

/**
 * Finds the leftmost match that begins at `start` or behind it, of these the preferred one. Bytes before `start` are
 * seen by assertions. With `isAnchored` it must begin at `start`.
 */
export function findPlainly(
  program: Program,
  text: string,
  start: number,
  isAnchored: boolean,
): Slots | undefined {
  return new Machine(program, text).run(start, isAnchored);
}

class Machine {
  readonly #program: Program;
  readonly #text: string;
  readonly #slotCount: number;
  /** Threads at one offset, most preferred first; only BYTE and MATCH instructions are kept, the rest is followed. */
  #current: Int32Array;
  #next: Int32Array;
  #nextCount = 0;
  /** The slots of the thread at each instruction. */
  #slots: Int32Array;
  #nextSlots: Int32Array;
  /** The generation in which an instruction was visited last: clearing is one addition. */
  readonly #visited: Uint32Array;
  #generation = 0;
  readonly #scratch: Int32Array;
  /** Work left: an instruction, or with a negative number the restoring of a slot, then its value on #values. */
  readonly #work: number[] = [];
  readonly #values: number[] = [];
  /** Index into the tables of truths for the place that is being looked at. */
  #place = 0;

  constructor(program: Program, text: string) {
    this.#program = program;
    this.#text = text;
    this.#slotCount = program.slotCount;
    this.#current = new Int32Array(program.size);
    this.#next = new Int32Array(program.size);
    this.#slots = new Int32Array(program.size * program.slotCount);
    this.#nextSlots = new Int32Array(program.size * program.slotCount);
    this.#visited = new Uint32Array(program.size);
    this.#scratch = new Int32Array(program.slotCount).fill(-1);
  }

  run(start: number, isAnchored: boolean): Slots | undefined {
    const length = this.#text.length;
    let best: Slots | undefined;
    this.#generation++;
    this.#lookAt(start);
    for (let at = start; ; at++) {
      // Once there is a match, one that starts further right cannot win: no more threads begin.
      if (best === undefined && (!isAnchored || at === start)) {
        this.#scratch.fill(-1);
        this.#add(0, at);
      }
      const count = this.#nextCount;
      if (count === 0 && (best !== undefined || isAnchored)) return best;
      this.#swap();
      if (at < length) this.#lookAt(at + 1);
      best = this.#step(at, count) ?? best;
      if (at >= length) return best;
    }
  }

  #swap(): void {
    [this.#current, this.#next] = [this.#next, this.#current];
    [this.#slots, this.#nextSlots] = [this.#nextSlots, this.#slots];
    this.#nextCount = 0;
    this.#generation++;
  }

  /** Advances each thread over the byte at `at`. A thread that matches cuts off all that are less preferred. */
  #step(at: number, count: number): Slots | undefined {
    const { op, a, sets, classOf } = this.#program;
    const width = this.#slotCount;
    const byteClass = at < this.#text.length ? classOf[this.#text.charCodeAt(at) & 0xff]! : -1; // All 256 bytes.
    for (let index = 0; index < count; index++) {
      const counter = this.#current[index]!; // Below count.
      const base = counter * width;
      if (op[counter] === MATCH) return this.#slots.slice(base, base + width);
      if (byteClass === -1 || sets[a[counter]!]![byteClass] !== 1) continue; // BYTE's operand is a set.
      for (let slot = 0; slot < width; slot++) this.#scratch[slot] = this.#slots[base + slot]!; // Within both.
      this.#add(counter + 1, at + 1);
    }
    return undefined;
  }

  /** Where the tables of truths are to be read for the place before the byte at `at`. */
  #lookAt(at: number): void {
    const program = this.#program;
    if (!program.hasAssertions) return;
    const text = this.#text;
    const kind =
      at === 0 ? program.kindAtStart : program.kindOf[program.classOf[text.charCodeAt(at - 1) & 0xff]!]!; // All bytes.
    this.#place = kind * program.columnCount + columnAt(program, text, at);
  }

  /** Follows everything that takes no byte from `start`, preferred ways first, with the slots in #scratch. */
  #add(start: number, at: number): void {
    const work = this.#work;
    work.push(start);
    for (let counter = work.pop(); counter !== undefined; counter = work.pop()) {
      if (counter < 0) {
        this.#scratch[-counter - 1] = this.#values.pop() ?? -1;
        continue;
      }
      if (this.#visited[counter] === this.#generation) continue;
      this.#visited[counter] = this.#generation;
      this.#follow(counter, at);
    }
  }

  #follow(counter: number, at: number): void {
    const program = this.#program;
    const a = program.a[counter]!; // Every instruction has operands.
    switch (program.op[counter]!) {
      case JUMP:
        this.#work.push(a);
        return;
      case SPLIT:
        this.#work.push(program.b[counter]!, a); // As above; the preferred one is taken first.
        return;
      case SAVE:
        this.#values.push(this.#scratch[a]!); // SAVE's operand is below slotCount.
        this.#work.push(-a - 1, counter + 1);
        this.#scratch[a] = at;
        return;
      case ASSERT:
        if (program.truths[a]![this.#place] === 1) this.#work.push(counter + 1); // ASSERT's operand is a table.
        return;
      case BYTE:
      case MATCH:
      default: {
        this.#next[this.#nextCount++] = counter;
        const base = counter * this.#slotCount;
        for (let slot = 0; slot < this.#slotCount; slot++)
          this.#nextSlots[base + slot] = this.#scratch[slot]!; // Within both.
      }
    }
  }
}
