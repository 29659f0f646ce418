/**
 * What ExpiringMap is, in memory that threads share: short texts to a few bytes each, every entry with an end of its own.
 *
 *     header   lock, epoch, count, bound, drops, seed of the hash                        8 × Int32
 *     index    where a key is: record + 1, or 0; linear probing, at most half full       Int32 each
 *     heap     records in use, that which ends first at the front; behind them the free  Int32 each
 *     records  sequence, hash, lengths, place in the heap, visits, end, last visit, key, value
 *
 * Whoever changes something holds the lock. Readers do without: a record has a sequence number that is odd while it is
 * written, and the epoch is odd while the index is moved about. A reader that meets either, or sees it change while it
 * looked, looks again with the lock. So a key that is there is always found, and what is found is whole.
 *
 * A thread may die anywhere in here. The records are the truth: `releaseHolder` makes index, heap and counts anew from
 * those that are whole. All that can be lost is what the dead thread was just writing.
 *
 * Hot: `get` of a key that is not there, which is one load while the map is empty, and a hash and mostly one more load
 * when it is not. The hash has a random seed, so that nobody can choose keys that end up in one place.
 */
import { randomInt } from 'node:crypto';
import { SharedLock } from './shared-lock.ts';

/** Characters of a key; keys are ASCII. */
export const KEY_CHARS_MAX = 56;

const HEADER_BYTES = 32;
const LOCK = 0;
const EPOCH = 1;
const COUNT = 2;
const BOUND = 3;
const DROPPED = 4;
const SEED = 5;

/** In a record: cells of 4 bytes, then two of 8, then the key, then the value. */
const SEQUENCE = 0;
const HASH = 1;
const LENGTHS = 2;
const PLACE = 3;
const VISITS = 4;
const END_BYTES = 24;
const SEEN_BYTES = 32;
const KEY_BYTES = 40;
const VALUE_BYTES = KEY_BYTES + KEY_CHARS_MAX;

/** LENGTHS of a record that is free: no key has no characters. */
const UNUSED = 0;

/** Ended entries that one `set` clears away at most: more than it adds, and still little work under the lock. */
const SWEEP_MAX = 16;

/** What is remembered of a key, as it was when it was looked at. */
export interface SharedEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly endMs: number;
  /** Calls of `visit`, and when it was last visited or touched; 0 for never. */
  readonly visits: number;
  readonly seenMs: number;
}

/** `busy`: the lock was not to be had, because a thread has died with it, and nothing was done. */
export type Change = 'done' | 'busy';

export class SharedExpiringMap {
  /** For other threads: `new SharedExpiringMap(shared, capacity, valueBytesMax, holder)` there is the same map. */
  readonly shared: SharedArrayBuffer;
  readonly capacity: number;
  readonly valueBytesMax: number;
  readonly #cells: Int32Array;
  readonly #numbers: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #lock: SharedLock;
  /** Indices into #cells. */
  readonly #index: number;
  readonly #heap: number;
  readonly #records: number;
  readonly #mask: number;
  readonly #recordCells: number;

  /** An empty map for at most `capacity` entries. Memory is taken as entries come. */
  static create(capacity: number, valueBytesMax: number): SharedExpiringMap {
    checkCount(capacity);
    const bytes = layoutOf(capacity, valueBytesMax).byteLength;
    const map = new SharedExpiringMap(new SharedArrayBuffer(bytes), capacity, valueBytesMax, 1);
    map.#cells[SEED] = randomInt(2 ** 31);
    map.#cells[BOUND] = capacity;
    for (let record = 0; record < capacity; record++) map.#cells[map.#heap + record] = record;
    return map;
  }

  /** `holder`: the number of this thread, from 1 on; the one that created the map is 1. */
  constructor(shared: SharedArrayBuffer, capacity: number, valueBytesMax: number, holder: number) {
    const layout = layoutOf(capacity, valueBytesMax);
    this.shared = shared;
    this.capacity = capacity;
    this.valueBytesMax = valueBytesMax;
    this.#cells = new Int32Array(shared);
    this.#numbers = new Float64Array(shared);
    this.#bytes = new Uint8Array(shared);
    this.#lock = new SharedLock(this.#cells, LOCK, holder);
    this.#index = layout.index;
    this.#heap = layout.heap;
    this.#records = layout.records;
    this.#mask = layout.indexSize - 1;
    this.#recordCells = layout.recordCells;
  }

  /** Entries held; some may have ended already. 0 means that no lookup can succeed. */
  get size(): number {
    return Atomics.load(this.#cells, COUNT);
  }

  /** Entries that made room for others before their end. */
  get dropped(): number {
    return Atomics.load(this.#cells, DROPPED);
  }

  /** What is under `key`, ended or not: whoever asks looks at its end, and "no" needs no clock. */
  get(key: string): SharedEntry | undefined {
    const cells = this.#cells;
    if (Atomics.load(cells, COUNT) === 0) return undefined;
    const hash = this.#hashOf(key);
    const epoch = Atomics.load(cells, EPOCH);
    const record = this.#find(key, hash);
    if (record === -1) {
      const isSettled = (epoch & 1) === 0 && Atomics.load(cells, EPOCH) === epoch;
      return isSettled ? undefined : this.#getLocked(key, hash);
    }
    const entry = this.#read(record);
    return entry?.key === key ? entry : this.#getLocked(key, hash);
  }

  /** Counts a visit to `key` at `nowMs`. Two at once may leave either time. */
  visit(key: string, nowMs: number): void {
    const record = this.#find(key, this.#hashOf(key));
    if (record === -1) return;
    Atomics.add(this.#cells, this.#cellOf(record) + VISITS, 1);
    this.#numbers[this.#numberOf(record, SEEN_BYTES)] = nowMs;
  }

  /** Notes that `key` was seen at `nowMs`, which is no visit. */
  touch(key: string, nowMs: number): void {
    const record = this.#find(key, this.#hashOf(key));
    if (record !== -1) this.#numbers[this.#numberOf(record, SEEN_BYTES)] = nowMs;
  }

  /**
   * Sets what `change` makes of the present entry, which is undefined when there is none or when it has ended. Nobody
   * else changes it in between. When the map is full, the entry that ends first makes room.
   */
  update(
    key: string,
    nowMs: number,
    change: (present: SharedEntry | undefined) => { readonly value: Uint8Array; readonly endMs: number },
  ): Change {
    if (key.length === 0 || key.length > KEY_CHARS_MAX) throw new RangeError('A key is too long, or empty');
    return this.#locked(() => {
      this.#sweep(nowMs);
      const hash = this.#hashOf(key);
      let record = this.#find(key, hash);
      const entry = record === -1 ? undefined : this.#read(record);
      const { value, endMs } = change(entry !== undefined && entry.endMs > nowMs ? entry : undefined);
      if (value.length > this.valueBytesMax) throw new RangeError('A value is too long');
      if (record === -1) {
        this.#makeRoom();
        record = this.#add(key, hash, value, endMs);
      } else {
        if (entry !== undefined && entry.endMs <= nowMs) this.#clearVisits(record);
        this.#write(record, hash, key, value, endMs);
      }
      this.#settle(this.#cells[this.#cellOf(record) + PLACE]!); // Every record that is used has a place.
    });
  }

  /** Takes an entry away that has not ended; false when there is none. */
  delete(key: string, nowMs: number): boolean {
    let isThere = false;
    this.#locked(() => {
      const record = this.#find(key, this.#hashOf(key));
      if (record === -1) return;
      isThere = this.#endOf(record) > nowMs;
      this.#remove(record);
    });
    return isThere;
  }

  /** Changes the bound, up to the capacity; the entries that end first leave when it became smaller. */
  resize(max: number): void {
    checkCount(max);
    this.#locked(() => {
      this.#cells[BOUND] = Math.min(max, this.capacity);
      while (this.#cells[COUNT]! > this.#cells[BOUND]) this.#remove(this.#cells[this.#heap]!); // Both are always set.
    });
  }

  /** What has not ended, in no promised order. What changes meanwhile may be missing. */
  entries(nowMs: number): SharedEntry[] {
    const found: SharedEntry[] = [];
    let left = this.size;
    for (let record = 0; record < this.capacity && left > 0; record++) {
      if (this.#cells[this.#cellOf(record) + LENGTHS] === UNUSED) continue;
      left--;
      const entry = this.#read(record);
      if (entry !== undefined && entry.endMs > nowMs) found.push(entry);
    }
    return found;
  }

  /** Puts right and gives back what a thread held that has died. It must not run any more. */
  releaseHolder(holder: number): void {
    if (!this.#lock.isHeldBy(holder)) return;
    this.#rebuild();
    this.#lock.unlock();
  }

  /** Runs `work` with the lock. What throws within leaves the map as the work left it. */
  #locked(work: () => void): Change {
    if (!this.#lock.lock()) return 'busy';
    try {
      work();
    } finally {
      this.#lock.unlock();
    }
    return 'done';
  }

  #getLocked(key: string, hash: number): SharedEntry | undefined {
    let entry: SharedEntry | undefined;
    this.#locked(() => {
      const record = this.#find(key, hash);
      if (record !== -1) entry = this.#read(record);
    });
    return entry;
  }

  /** The record of `key`, or -1. Without the lock, -1 may also mean that the index was being changed. */
  #find(key: string, hash: number): number {
    const cells = this.#cells;
    const mask = this.#mask;
    for (let step = 0; step <= mask; step++) {
      const record = Atomics.load(cells, this.#index + ((hash + step) & mask)) - 1;
      if (record === -1) return -1;
      if (Atomics.load(cells, this.#cellOf(record) + HASH) === hash && this.#hasKey(record, key))
        return record;
    }
    return -1;
  }

  #hasKey(record: number, key: string): boolean {
    const start = this.#byteOf(record) + KEY_BYTES;
    if ((this.#cells[this.#cellOf(record) + LENGTHS]! & 0xffff) !== key.length) return false; // A cell is there.
    for (let index = 0; index < key.length; index++) {
      if (this.#bytes[start + index] !== key.charCodeAt(index)) return false;
    }
    return true;
  }

  /** A copy of a record; undefined when it is free or was written meanwhile. */
  #read(record: number): SharedEntry | undefined {
    const cell = this.#cellOf(record);
    const start = this.#byteOf(record);
    const before = Atomics.load(this.#cells, cell + SEQUENCE);
    const lengths = Atomics.load(this.#cells, cell + LENGTHS);
    const keyLength = Math.min(lengths & 0xffff, KEY_CHARS_MAX);
    let key = '';
    for (let index = 0; index < keyLength; index++)
      key += String.fromCharCode(this.#bytes[start + KEY_BYTES + index]!); // Within the record.
    const valueLength = Math.min(lengths >>> 16, this.valueBytesMax);
    const entry: SharedEntry = {
      key,
      value: this.#bytes.slice(start + VALUE_BYTES, start + VALUE_BYTES + valueLength),
      endMs: this.#endOf(record),
      visits: Atomics.load(this.#cells, cell + VISITS) >>> 0,
      seenMs: this.#numbers[this.#numberOf(record, SEEN_BYTES)]!, // Within the record.
    };
    const isWhole = (before & 1) === 0 && Atomics.load(this.#cells, cell + SEQUENCE) === before;
    return isWhole && lengths !== UNUSED ? entry : undefined;
  }

  #add(key: string, hash: number, value: Uint8Array, endMs: number): number {
    const cells = this.#cells;
    const place = cells[COUNT]!; // Always set.
    const record = cells[this.#heap + place]!; // Behind those in use are the free ones, and there is room.
    this.#clearVisits(record);
    this.#write(record, hash, key, value, endMs);
    cells[this.#cellOf(record) + PLACE] = place;
    this.#insert(record, hash);
    Atomics.store(cells, COUNT, place + 1);
    return record;
  }

  #write(record: number, hash: number, key: string, value: Uint8Array, endMs: number): void {
    const cell = this.#cellOf(record);
    const start = this.#byteOf(record);
    Atomics.add(this.#cells, cell + SEQUENCE, 1);
    Atomics.store(this.#cells, cell + HASH, hash);
    for (let index = 0; index < key.length; index++)
      this.#bytes[start + KEY_BYTES + index] = key.charCodeAt(index);
    this.#bytes.set(value, start + VALUE_BYTES);
    this.#numbers[this.#numberOf(record, END_BYTES)] = endMs;
    Atomics.store(this.#cells, cell + LENGTHS, key.length | (value.length << 16));
    Atomics.add(this.#cells, cell + SEQUENCE, 1);
  }

  #clearVisits(record: number): void {
    Atomics.store(this.#cells, this.#cellOf(record) + VISITS, 0);
    this.#numbers[this.#numberOf(record, SEEN_BYTES)] = 0;
  }

  #sweep(nowMs: number): void {
    for (let swept = 0; swept < SWEEP_MAX && this.#cells[COUNT]! > 0; swept++) {
      const first = this.#cells[this.#heap]!; // There is one.
      if (this.#endOf(first) > nowMs) return;
      this.#remove(first);
    }
  }

  #makeRoom(): void {
    if (this.#cells[COUNT]! < this.#cells[BOUND]!) return; // Both are always set.
    this.#remove(this.#cells[this.#heap]!); // The bound is at least 1, so there is a first one.
    Atomics.add(this.#cells, DROPPED, 1);
  }

  #remove(record: number): void {
    const cells = this.#cells;
    this.#erase(record);
    const cell = this.#cellOf(record);
    Atomics.add(cells, cell + SEQUENCE, 1);
    Atomics.store(cells, cell + LENGTHS, UNUSED);
    Atomics.add(cells, cell + SEQUENCE, 1);
    const last = cells[COUNT]! - 1; // This record is in use, so there is a last one.
    const place = cells[cell + PLACE]!; // It is in use.
    this.#put(cells[this.#heap + last]!, place); // The last of those in use.
    cells[this.#heap + last] = record;
    Atomics.store(cells, COUNT, last);
    if (place < last) this.#settle(place);
  }

  #insert(record: number, hash: number): void {
    let at = hash & this.#mask;
    while (this.#cells[this.#index + at] !== 0) at = (at + 1) & this.#mask;
    Atomics.store(this.#cells, this.#index + at, record + 1);
  }

  /** Takes a record out of the index, and moves those behind it up that would not be found across the hole. */
  #erase(record: number): void {
    const cells = this.#cells;
    const mask = this.#mask;
    let hole = cells[this.#cellOf(record) + HASH]! & mask; // It has a hash.
    while (cells[this.#index + hole] !== record + 1) hole = (hole + 1) & mask;
    Atomics.add(cells, EPOCH, 1);
    for (let at = (hole + 1) & mask; cells[this.#index + at] !== 0; at = (at + 1) & mask) {
      const entry = cells[this.#index + at]!; // Not 0, as was just seen.
      const home = cells[this.#cellOf(entry - 1) + HASH]! & mask; // It has a hash.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      Atomics.store(cells, this.#index + hole, entry);
      hole = at;
    }
    Atomics.store(cells, this.#index + hole, 0);
    Atomics.add(cells, EPOCH, 1);
  }

  /** Makes everything else anew from the records that are whole. */
  #rebuild(): void {
    const cells = this.#cells;
    const epoch = Atomics.load(cells, EPOCH) | 1;
    Atomics.store(cells, EPOCH, epoch);
    cells.fill(0, this.#index, this.#heap);
    let count = 0;
    let free = this.capacity;
    Atomics.store(cells, COUNT, 0);
    for (let record = 0; record < this.capacity; record++) {
      const cell = this.#cellOf(record);
      if ((cells[cell + SEQUENCE]! & 1) === 1) {
        cells[cell + LENGTHS] = UNUSED;
        Atomics.add(cells, cell + SEQUENCE, 1);
      }
      if (cells[cell + LENGTHS] === UNUSED) {
        cells[this.#heap + --free] = record;
        continue;
      }
      this.#put(record, count++);
      Atomics.store(cells, COUNT, count);
      this.#insert(record, cells[cell + HASH]!); // It is whole.
      this.#rise(count - 1);
    }
    Atomics.store(cells, COUNT, count);
    Atomics.store(cells, EPOCH, epoch + 1);
  }

  /** Moves the record at `place` of the heap up or down until its parent ends no later and its children no earlier. */
  #settle(place: number): void {
    this.#sink(this.#rise(place));
  }

  #rise(start: number): number {
    let place = start;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#endAt(above) <= this.#endAt(place)) return place;
      this.#swap(above, place);
      place = above;
    }
    return place;
  }

  #sink(start: number): void {
    let place = start;
    for (;;) {
      const left = 2 * place + 1;
      const least = this.#endAt(left + 1) < this.#endAt(left) ? left + 1 : left;
      if (this.#endAt(least) >= this.#endAt(place)) return;
      this.#swap(least, place);
      place = least;
    }
  }

  /** Infinity below the last row, so that nothing sinks out of the heap. */
  #endAt(place: number): number {
    return place < this.#cells[COUNT]! ? this.#endOf(this.#cells[this.#heap + place]!) : Infinity; // Below COUNT.
  }

  #swap(left: number, right: number): void {
    const record = this.#cells[this.#heap + left]!; // Both are places in the heap.
    this.#put(this.#cells[this.#heap + right]!, left);
    this.#put(record, right);
  }

  #put(record: number, place: number): void {
    this.#cells[this.#heap + place] = record;
    this.#cells[this.#cellOf(record) + PLACE] = place;
  }

  #endOf(record: number): number {
    return this.#numbers[this.#numberOf(record, END_BYTES)]!; // Within the record.
  }

  #cellOf(record: number): number {
    return this.#records + record * this.#recordCells;
  }

  #byteOf(record: number): number {
    return 4 * this.#cellOf(record);
  }

  #numberOf(record: number, bytes: number): number {
    return (this.#byteOf(record) + bytes) / 8;
  }

  #hashOf(key: string): number {
    let hash = this.#cells[SEED]!; // Set when the map was made.
    for (let index = 0; index < key.length; index++) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x5bd1e995);
      hash = (hash << 13) | (hash >>> 19);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }
}

interface Layout {
  readonly indexSize: number;
  /** In cells of 4 bytes. */
  readonly index: number;
  readonly heap: number;
  readonly records: number;
  readonly recordCells: number;
  readonly byteLength: number;
}

function layoutOf(capacity: number, valueBytesMax: number): Layout {
  const indexSize = 2 ** Math.ceil(Math.log2(2 * capacity + 1));
  const index = HEADER_BYTES / 4;
  const heap = index + indexSize;
  // Numbers of 8 bytes begin at a multiple of 8.
  const records = heap + capacity + ((heap + capacity) & 1);
  const recordCells = 2 * Math.ceil((VALUE_BYTES + valueBytesMax) / 8);
  return { indexSize, index, heap, records, recordCells, byteLength: 4 * (records + capacity * recordCells) };
}

function checkCount(max: number): void {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`Cannot bound a map: ${max} is no count`);
}
