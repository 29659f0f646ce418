/**
 * What ExpiringMap is, in memory that threads share: short texts to a few bytes each, every entry with an end of its own.
 *
 * Whoever changes something holds the lock. Readers do without: a record says when it is not whole (shared-records.ts),
 * and the epoch is odd while the index is moved about. A reader that meets either, or sees it change while it looked,
 * looks again with the lock. So a key that is there is always found, and what is found is whole.
 *
 * A thread may die anywhere in here. The records are the truth: `releaseHolder` makes index, heap and counts anew from
 * those that are whole. All that can be lost is what the dead thread was just writing.
 *
 * Hot: `get` of a key that is not there, which is one load while the map is empty, and a hash and mostly one more load
 * when it is not. The hash has a random seed, so that nobody can choose keys that end up in one place.
 */
import { randomInt } from 'node:crypto';
import { rise, settle } from './end-order.ts';
import type { EndOrder } from './end-order.ts';
import { SharedLock } from './shared-lock.ts';
import {
  BOUND,
  COUNT,
  DROPPED,
  EPOCH,
  KEY_CHARS_MAX,
  LOCK,
  REFUSED,
  SEED,
  SharedRecords,
} from './shared-records.ts';
import type { MapShape, SharedEntry } from './shared-records.ts';

/** Ended entries that one `set` clears away at most: more than it adds, and still little work under the lock. */
const SWEEP_MAX = 16;

/** `busy`: the lock was not to be had, because a thread has died with it, and nothing was done. */
export type Change = 'done' | 'busy';

/** What is to be under a key from now on. */
export interface NextEntry {
  readonly value: Uint8Array;
  readonly endMs: number;
}

export class SharedExpiringMap {
  /** For other threads: `new SharedExpiringMap(shared, shape, holder)` there is the same map. */
  readonly shared: SharedArrayBuffer;
  readonly shape: MapShape;
  readonly #cells: Int32Array;
  readonly #records: SharedRecords;
  readonly #lock: SharedLock;
  readonly #order: EndOrder<number>;

  /** An empty map. Memory is taken as entries come. */
  static create(shape: MapShape): SharedExpiringMap {
    checkCount(shape.capacity);
    const map = new SharedExpiringMap(new SharedArrayBuffer(SharedRecords.byteLength(shape)), shape, 1);
    map.#cells[SEED] = randomInt(2 ** 31);
    map.#cells[BOUND] = shape.capacity;
    for (let record = 0; record < shape.capacity; record++) map.#cells[map.#records.heap + record] = record;
    return map;
  }

  /** `holder`: the number of this thread, from 1 on; the one that created the map is 1. */
  constructor(shared: SharedArrayBuffer, shape: MapShape, holder: number) {
    this.shared = shared;
    this.shape = shape;
    this.#records = new SharedRecords(shared, shape);
    this.#cells = this.#records.cells;
    this.#lock = new SharedLock(this.#cells, LOCK, holder);
    this.#order = new RecordOrder(this.#records);
  }

  /** Entries held; some may have ended already. 0 means that no lookup can succeed. */
  get size(): number {
    return Atomics.load(this.#cells, COUNT);
  }

  /** Entries that made room for others before their end. */
  get dropped(): number {
    return Atomics.load(this.#cells, DROPPED);
  }

  /** How often `refuse` was called. */
  get refused(): number {
    return Atomics.load(this.#cells, REFUSED);
  }

  /** Counts something that its owner could not keep here. */
  refuse(): void {
    Atomics.add(this.#cells, REFUSED, 1);
  }

  /** What is under `key`, ended or not: whoever asks looks at its end, and "no" needs no clock. */
  get(key: string): SharedEntry | undefined {
    const cells = this.#cells;
    if (Atomics.load(cells, COUNT) === 0) return undefined;
    const hash = this.hashOf(key);
    const epoch = Atomics.load(cells, EPOCH);
    const record = this.#find(key, hash);
    if (record === -1) {
      const isSettled = (epoch & 1) === 0 && Atomics.load(cells, EPOCH) === epoch;
      return isSettled ? undefined : this.#getLocked(key, hash);
    }
    return this.#records.read(record, key) ?? this.#getLocked(key, hash);
  }

  /** Counts a visit to `key` at `nowMs`. Two at once may leave either time. */
  visit(key: string, nowMs: number): void {
    const record = this.#find(key, this.hashOf(key));
    if (record !== -1) this.#records.visit(record, nowMs);
  }

  /** Notes that `key` was seen at `nowMs`, which is no visit. */
  touch(key: string, nowMs: number): void {
    const record = this.#find(key, this.hashOf(key));
    if (record !== -1) this.#records.touch(record, nowMs);
  }

  /**
   * Sets what `change` makes of the present entry, which is undefined when there is none or when it has ended; undefined
   * leaves everything as it is. Nobody else changes it in between. When the map is full, the entry that ends first makes
   * room; so does, for an extent, that of those which have one.
   */
  update(
    key: string,
    nowMs: number,
    change: (present: SharedEntry | undefined) => NextEntry | undefined,
  ): Change {
    if (key.length === 0 || key.length > KEY_CHARS_MAX) throw new RangeError('A key is too long, or empty');
    return this.#locked(() => {
      this.#sweep(nowMs);
      const hash = this.hashOf(key);
      const record = this.#find(key, hash);
      const entry = record === -1 ? undefined : this.#records.read(record, key);
      const isAlive = entry !== undefined && entry.endMs > nowMs;
      const next = change(isAlive ? entry : undefined);
      if (next === undefined) return;
      if (next.value.length > this.#records.valueBytesMax) throw new RangeError('A value is too long');
      if (record !== -1 && !isAlive) this.#records.clearVisits(record);
      this.#set(record, hash, { key, ...next });
    });
  }

  /** Takes an entry away that has not ended; false when there is none. */
  delete(key: string, nowMs: number): boolean {
    let isThere = false;
    this.#locked(() => {
      const record = this.#find(key, this.hashOf(key));
      if (record === -1) return;
      isThere = this.#records.endOf(record) > nowMs;
      this.#remove(record);
    });
    return isThere;
  }

  /** Changes the bound, up to the capacity; the entries that end first leave when it became smaller. */
  resize(max: number): void {
    checkCount(max);
    this.#locked(() => {
      this.#cells[BOUND] = Math.min(max, this.shape.capacity);
      while (this.size > this.#cells[BOUND]) this.#remove(this.#order.itemAt(0));
    });
  }

  /** What has not ended, in no promised order. What changes meanwhile may be missing. */
  entries(nowMs: number): SharedEntry[] {
    const found: SharedEntry[] = [];
    let left = this.size;
    for (let record = 0; record < this.shape.capacity && left > 0; record++) {
      if (!this.#records.isUsed(record)) continue;
      left--;
      const entry = this.#records.read(record);
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

  /** Keys that nobody outside can choose to be alike. */
  hashOf(key: string): number {
    let hash = this.#cells[SEED]!; // Set when the map was made.
    for (let index = 0; index < key.length; index++) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x5bd1e995);
      hash = (hash << 13) | (hash >>> 19);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
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
      if (record !== -1) entry = this.#records.read(record, key);
    });
    return entry;
  }

  /** The record of `key`, or -1. Without the lock, -1 may also mean that the index was being changed. */
  #find(key: string, hash: number): number {
    const records = this.#records;
    for (let step = 0; step <= records.mask; step++) {
      const at = records.index + ((hash + step) & records.mask);
      const record = Atomics.load(this.#cells, at) - 1;
      if (record === -1) return -1;
      if (records.hashOf(record) === hash && records.hasKey(record, key)) return record;
    }
    return -1;
  }

  /** `known`: the record that the key has, or -1. */
  #set(known: number, hash: number, entry: NextEntry & { readonly key: string }): void {
    const records = this.#records;
    const before = known === -1 ? -1 : records.extentOf(known);
    const isLong = records.needsExtent(entry.value);
    const extent = !isLong ? -1 : before !== -1 ? before : this.#takeExtent(known);
    const record = known === -1 ? this.#add() : known;
    records.write(record, hash, entry, extent);
    if (before !== extent) records.setOwner(before, -1);
    records.setOwner(extent, record);
    if (known === -1) {
      this.#insert(record, hash);
      Atomics.store(this.#cells, COUNT, records.placeOf(record) + 1);
    }
    settle(this.#order, records.placeOf(record));
  }

  /** A record that was free, for a new entry: with the place behind all others. */
  #add(): number {
    if (this.size >= this.#cells[BOUND]!) this.#drop(this.#order.itemAt(0)); // Always set, and at least 1.
    const place = this.size;
    const record = this.#order.itemAt(place); // Behind those in use are the free ones, and there is room.
    this.#records.clearVisits(record);
    this.#records.setPlace(record, place);
    return record;
  }

  #takeExtent(known: number): number {
    const free = this.#records.freeExtent();
    if (free !== -1) return free;
    const victim = this.#records.firstWithExtent();
    if (victim === known) throw new Error('A record without an extent has one');
    const extent = this.#records.extentOf(victim);
    this.#drop(victim);
    return extent;
  }

  #drop(record: number): void {
    this.#remove(record);
    Atomics.add(this.#cells, DROPPED, 1);
  }

  #sweep(nowMs: number): void {
    for (let swept = 0; swept < SWEEP_MAX && this.size > 0; swept++) {
      const first = this.#order.itemAt(0);
      if (this.#records.endOf(first) > nowMs) return;
      this.#remove(first);
    }
  }

  #remove(record: number): void {
    const place = this.#records.placeOf(record);
    this.#erase(record);
    this.#records.clear(record);
    this.#records.setOwner(this.#records.extentOf(record), -1);
    const last = this.size - 1; // This record is in use, so there is a last one.
    this.#order.put(this.#order.itemAt(last), place);
    this.#order.put(record, last);
    Atomics.store(this.#cells, COUNT, last);
    if (place < last) settle(this.#order, place);
  }

  #insert(record: number, hash: number): void {
    const { index, mask } = this.#records;
    let at = hash & mask;
    while (this.#cells[index + at] !== 0) at = (at + 1) & mask;
    Atomics.store(this.#cells, index + at, record + 1);
  }

  /** Takes a record out of the index, and moves those behind it up that would not be found across the hole. */
  #erase(record: number): void {
    const cells = this.#cells;
    const { index, mask } = this.#records;
    let hole = this.#records.hashOf(record) & mask;
    while (cells[index + hole] !== record + 1) hole = (hole + 1) & mask;
    Atomics.add(cells, EPOCH, 1);
    for (let at = (hole + 1) & mask; cells[index + at] !== 0; at = (at + 1) & mask) {
      const entry = cells[index + at]!; // Not 0, as was just seen.
      const home = this.#records.hashOf(entry - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      Atomics.store(cells, index + hole, entry);
      hole = at;
    }
    Atomics.store(cells, index + hole, 0);
    Atomics.add(cells, EPOCH, 1);
  }

  /** Makes everything else anew from the records that are whole. */
  #rebuild(): void {
    const cells = this.#cells;
    const records = this.#records;
    const { capacity } = this.shape;
    const epoch = Atomics.load(cells, EPOCH) | 1;
    Atomics.store(cells, EPOCH, epoch);
    cells.fill(0, records.index, records.heap);
    records.disownAll();
    let count = 0;
    let free = capacity;
    Atomics.store(cells, COUNT, 0);
    for (let record = 0; record < capacity; record++) {
      if (!records.isWhole(record)) records.clear(record);
      if (!records.isUsed(record)) {
        cells[records.heap + --free] = record;
        continue;
      }
      this.#order.put(record, count++);
      Atomics.store(cells, COUNT, count);
      this.#insert(record, records.hashOf(record));
      records.setOwner(records.extentOf(record), record);
      rise(this.#order, count - 1);
    }
    Atomics.store(cells, EPOCH, epoch + 1);
  }
}

/** The heap: the first `count` places are in use. */
class RecordOrder implements EndOrder<number> {
  readonly #records: SharedRecords;

  constructor(records: SharedRecords) {
    this.#records = records;
  }

  get count(): number {
    return Atomics.load(this.#records.cells, COUNT);
  }

  itemAt(place: number): number {
    return this.#records.cells[this.#records.heap + place]!; // Asked for places of the heap only.
  }

  endOf(record: number): number {
    return this.#records.endOf(record);
  }

  put(record: number, place: number): void {
    this.#records.cells[this.#records.heap + place] = record;
    this.#records.setPlace(record, place);
  }
}

function checkCount(max: number): void {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`Cannot bound a map: ${max} is no count`);
}
