/**
 * The states that a lazy automaton has made: rows of transitions, and for each row the threads it stands for.
 *
 * A state's number is the offset of its row, so that a transition is one addition and one look. Members of all states
 * lie in one array. Everything is bounded and thrown away as a whole when full.
 */
import type { ThreadSets } from './thread-sets.ts';

const STATES_FIRST = 16;

const UNKNOWN = -1;

export class StateTable {
  /** Transitions: row × column; -1 where none was made yet. */
  table: Int32Array;
  members: Int32Array;
  /** How many states there are. */
  count = 0;
  flushes = 0;
  readonly #width: number;
  readonly #statesMax: number;
  readonly #membersMax: number;
  #memberCount = 0;
  /** For each state, where its members end, its kind and its label. */
  #ends: Int32Array = new Int32Array(STATES_FIRST);
  #kinds: Int32Array = new Int32Array(STATES_FIRST);
  #labels: Int32Array = new Int32Array(STATES_FIRST);
  #hashes: Int32Array = new Int32Array(STATES_FIRST);
  /** Open addressing: number of the state, from 1; 0 is free. Twice as many slots as states. */
  #slots: Int32Array = new Int32Array(2 * STATES_FIRST);

  /** `cellsMax` bounds the table, and the members of all states together; a cell has 4 bytes. */
  constructor(width: number, cellsMax: number) {
    this.#width = width;
    this.#statesMax = Math.max(2, Math.floor(cellsMax / width));
    this.#membersMax = cellsMax;
    this.table = new Int32Array(0);
    this.members = new Int32Array(64);
  }

  startOf(state: number): number {
    const index = state / this.#width;
    return index === 0 ? 0 : this.#ends[index - 1]!; // States are given only once they exist.
  }

  endOf(state: number): number {
    return this.#ends[state / this.#width]!; // As above.
  }

  kindOf(state: number): number {
    return this.#kinds[state / this.#width]!; // As above.
  }

  labelOf(state: number): number {
    return this.#labels[state / this.#width]!; // As above.
  }

  /** What the arrays take. */
  get bytes(): number {
    return 4 * (this.table.length + this.members.length + this.#slots.length + 4 * this.#kinds.length);
  }

  isFullFor(memberCount: number): boolean {
    if (this.count >= this.#statesMax) return true;
    // A single state may be larger than the bound: it is let in when there is no other.
    return this.count > 0 && this.#memberCount + memberCount > this.#membersMax;
  }

  flush(): void {
    this.flushes++;
    this.count = 0;
    this.#memberCount = 0;
    this.#slots.fill(0);
  }

  /** Gives back what the arrays take, after a flush. */
  shrink(): void {
    this.table = new Int32Array(0);
    this.members = new Int32Array(64);
  }

  /** The number of the state for the threads that the last step left; made if it is new. */
  intern(threads: ThreadSets, kind: number, label: number): number {
    let hash = Math.imul(kind + 1, 0x2545f491) ^ Math.imul(label + 1, 0x1b873593);
    for (let index = 0; index < threads.count; index++) hash = (hash + mixed(threads.members[index]!)) | 0; // Below count.
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (this.#hashes[found - 1] === hash && this.#isSame(found - 1, threads, kind, label)) {
        return (found - 1) * this.#width;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(threads, kind, label, hash, slot);
  }

  #isSame(index: number, threads: ThreadSets, kind: number, label: number): boolean {
    const start = index === 0 ? 0 : this.#ends[index - 1]!; // Below count.
    const end = this.#ends[index]!;
    if (end - start !== threads.count || this.#kinds[index] !== kind || this.#labels[index] !== label)
      return false;
    for (let at = start; at < end; at++) if (!threads.has(this.members[at]!)) return false; // Below memberCount.
    return true;
  }

  #add(threads: ThreadSets, kind: number, label: number, hash: number, slot: number): number {
    const index = this.count++;
    if (index >= this.#kinds.length) this.#growStates();
    const start = this.#memberCount;
    const end = start + threads.count;
    if (end > this.members.length) this.members = grown(this.members, end);
    for (let at = 0; at < threads.count; at++) this.members[start + at] = threads.members[at]!; // Below count.
    this.#memberCount = end;
    this.#ends[index] = end;
    this.#kinds[index] = kind;
    this.#labels[index] = label;
    this.#hashes[index] = hash;
    if (2 * this.count > this.#slots.length) this.#rehash();
    else this.#slots[slot] = this.count;
    const state = index * this.#width;
    const needed = state + this.#width;
    if (needed > this.table.length) this.table = grown(this.table, Math.max(needed, 4 * this.#width));
    this.table.fill(UNKNOWN, state, needed);
    return state;
  }

  #growStates(): void {
    const size = 2 * this.#kinds.length;
    this.#ends = grown(this.#ends, size);
    this.#kinds = grown(this.#kinds, size);
    this.#labels = grown(this.#labels, size);
    this.#hashes = grown(this.#hashes, size);
  }

  #rehash(): void {
    this.#slots = new Int32Array(4 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.count; index++) {
      const hash = this.#hashes[index]!; // Below count.
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

/** A copy with at least this length, and at least twice as long as before. */
function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}

/** Spreads the bits of an instruction's number; sums of these hash a set whatever its order. */
function mixed(counter: number): number {
  let hash = Math.imul(counter + 1, 0x9e3779b1 | 0);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b | 0);
  return hash ^ (hash >>> 13);
}
