/**
 * Which server a session belongs to, in memory that threads share: for each key a number, until a time.
 *
 *     header   two seeds of the hash, entries that made room before their end                4 × Int32
 *     buckets  8 entries each: low half of the hash, high half and check, value, end         8 × 4 × Int32
 *
 * Keys are not kept, but 64 bits of a hash of theirs: an entry is 16 bytes whatever its key. A key has one bucket; when
 * that is full, the entry that ends first makes room, so the table never grows and nothing searches more than 8 entries.
 *
 * There is no lock, because every request of a session may write. Two threads can write one entry at once, or one read it
 * while another writes it. So the high half is kept xor-ed with value and end: of an entry that is of two writers the
 * check is wrong, and it is none. What is lost then is one session, which begins anew. A thread that dies loses nothing.
 */
import { randomInt } from 'node:crypto';

const HEADER = 4;
const SEED_LOW = 0;
const SEED_HIGH = 1;
const DROPPED = 2;

const BUCKET = 8;
const ENTRY = 4;
const LOW = 0;
const HIGH = 1;
const VALUE = 2;
const END = 3;

export class SessionTable {
  /** For other threads: `new SessionTable(shared)` there is the same table. */
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #mask: number;

  /** Bytes of a table with room for at least `max` entries: a power of two. */
  static byteLength(max: number): number {
    const entries = Math.max(BUCKET, 2 ** Math.ceil(Math.log2(max)));
    return (HEADER + entries * ENTRY) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** An empty table. */
  static create(max: number): SessionTable {
    const shared = new SharedArrayBuffer(SessionTable.byteLength(max));
    const cells = new Int32Array(shared);
    // Nobody outside can choose keys that meet in one bucket.
    cells[SEED_LOW] = randomInt(2 ** 32) | 0;
    cells[SEED_HIGH] = randomInt(2 ** 32) | 0;
    return new SessionTable(shared);
  }

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#cells = new Int32Array(shared);
    this.#mask = (this.#cells.length - HEADER) / (BUCKET * ENTRY) - 1;
  }

  /** What to hash keys with, for the two halves. */
  get seedLow(): number {
    return this.#cells[SEED_LOW]!; // A header is there.
  }

  get seedHigh(): number {
    return this.#cells[SEED_HIGH]!;
  }

  /** Entries that made room for others before their end. */
  get dropped(): number {
    return Atomics.load(this.#cells, DROPPED);
  }

  /** Entries that have not ended. Looks at all of them. */
  count(nowS: number): number {
    let count = 0;
    for (let at = HEADER; at < this.#cells.length; at += ENTRY) {
      if (Atomics.load(this.#cells, at + END) >>> 0 > nowS) count++;
    }
    return count;
  }

  /** Where the entry of a key is, or -1. `value` and `end` say what it holds, as long as nobody else writes it. */
  find(low: number, high: number, nowS: number): number {
    const first = this.#bucket(low);
    for (let at = first; at < first + BUCKET * ENTRY; at += ENTRY) {
      if (Atomics.load(this.#cells, at + LOW) !== (low | 0)) continue;
      const value = Atomics.load(this.#cells, at + VALUE);
      const end = Atomics.load(this.#cells, at + END);
      const isWhole = Atomics.load(this.#cells, at + HIGH) === checked(high, value, end);
      if (isWhole && end >>> 0 > nowS) return at;
    }
    return -1;
  }

  value(at: number): number {
    return Atomics.load(this.#cells, at + VALUE) >>> 0;
  }

  /** Seconds since 1970. */
  end(at: number): number {
    return Atomics.load(this.#cells, at + END) >>> 0;
  }

  /** Sets or replaces the entry of a key. `value` is a number below 2^32, `endS` seconds since 1970. */
  set(low: number, high: number, value: number, endS: number, nowS: number): void {
    const at = this.#place(low, high, nowS);
    Atomics.store(this.#cells, at + LOW, low | 0);
    Atomics.store(this.#cells, at + VALUE, value | 0);
    Atomics.store(this.#cells, at + END, endS | 0);
    Atomics.store(this.#cells, at + HIGH, checked(high, value | 0, endS | 0));
  }

  /** The key's entry, or one that is free, or has ended, or ends first. */
  #place(low: number, high: number, nowS: number): number {
    const known = this.find(low, high, nowS);
    if (known !== -1) return known;
    const first = this.#bucket(low);
    let best = first;
    for (let at = first + ENTRY; at < first + BUCKET * ENTRY; at += ENTRY)
      if (this.end(at) < this.end(best)) best = at;
    if (this.end(best) > nowS) Atomics.add(this.#cells, DROPPED, 1);
    return best;
  }

  #bucket(low: number): number {
    return HEADER + (low & this.#mask) * BUCKET * ENTRY;
  }
}

function checked(high: number, value: number, end: number): number {
  return high ^ Math.imul(value, 0x9e3779b1) ^ Math.imul(end, 0x85ebca6b);
}
