/**
 * A bounded map whose entries end at a time of their own.
 *
 * Ended entries are never returned. They leave when they are asked for, when another entry is set, and in sweep: no
 * timer runs, and no more than `max` entries exist. When it is full, the entry that ends first makes room.
 */
import { settle } from './end-order.ts';
import type { EndOrder } from './end-order.ts';

interface Entry<V> {
  readonly key: string;
  value: V;
  endMs: number;
  /** Index in the order. */
  place: number;
}

export class ExpiringMap<V> {
  #max: number;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #order = new Entries<V>();

  constructor(max: number) {
    this.#max = checkMax(max);
  }

  /** Entries held; some may have ended already. 0 means that no lookup can succeed. */
  get size(): number {
    return this.#order.count;
  }

  /** Whether there is an entry, ended or not: the answer "no" needs no clock. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value under `key`, unless its end is at or before `nowMs`. */
  get(key: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.endMs > nowMs) return entry.value;
    this.#remove(entry);
    return undefined;
  }

  /** Sets or replaces. Returns the value that had to make room, if the map was full of entries that had not ended. */
  set(key: string, value: V, endMs: number, nowMs: number): V | undefined {
    this.sweep(nowMs);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.value = value;
      known.endMs = endMs;
      settle(this.#order, known.place);
      return undefined;
    }
    const dropped = this.size >= this.#max ? this.#removeFirst() : undefined;
    const entry: Entry<V> = { key, value, endMs, place: this.size };
    this.#entries.set(key, entry);
    this.#order.put(entry, entry.place);
    settle(this.#order, entry.place);
    return dropped;
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** Removes what has ended. */
  sweep(nowMs: number): void {
    for (let { first } = this.#order; first !== undefined && first.endMs <= nowMs; { first } = this.#order) {
      this.#remove(first);
    }
  }

  /** Changes the bound; the entries that end first leave when it became smaller. */
  resize(max: number): void {
    this.#max = checkMax(max);
    while (this.size > max) this.#removeFirst();
  }

  /** A copy of what has not ended, in no promised order. */
  values(nowMs: number): V[] {
    this.sweep(nowMs);
    return this.#order.all.map((entry) => entry.value);
  }

  #removeFirst(): V | undefined {
    const { first } = this.#order;
    if (first === undefined) return undefined;
    this.#remove(first);
    return first.value;
  }

  #remove(entry: Entry<V>): void {
    this.#entries.delete(entry.key);
    const last = this.#order.all.pop();
    if (last === undefined || last === entry) return;
    this.#order.put(last, entry.place);
    settle(this.#order, last.place);
  }
}

class Entries<V> implements EndOrder<Entry<V>> {
  readonly all: Entry<V>[] = [];

  get count(): number {
    return this.all.length;
  }

  get first(): Entry<V> | undefined {
    return this.all[0];
  }

  itemAt(place: number): Entry<V> {
    return this.all[place]!; // Asked for places below `count` only.
  }

  endOf(entry: Entry<V>): number {
    return entry.endMs;
  }

  put(entry: Entry<V>, place: number): void {
    this.all[place] = entry;
    entry.place = place;
  }
}

function checkMax(max: number): number {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`Cannot bound a map: ${max} is no count`);
  return max;
}
