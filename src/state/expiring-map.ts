/**
 * A bounded map whose entries end at a time of their own.
 *
 * Ended entries are never returned. They leave when they are asked for, when another entry is set, and in sweep: no
 * timer runs, and no more than `max` entries exist. When it is full, the entry that ends first makes room.
 *
 * A binary heap ordered by end, in which each entry knows its place, makes set and delete O(log n): whoever can cause
 * entries (an attacker with many addresses) must not be able to cause a search through all of them for each.
 */

interface Entry<V> {
  readonly key: string;
  value: V;
  endMs: number;
  /** Index in the heap. */
  place: number;
}

export class ExpiringMap<V> {
  #max: number;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #heap: Entry<V>[] = [];

  constructor(max: number) {
    this.#max = checkMax(max);
  }

  /** Entries held; some may have ended already. 0 means that no lookup can succeed. */
  get size(): number {
    return this.#heap.length;
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
      this.#settle(known.place);
      return undefined;
    }
    const dropped = this.#heap.length >= this.#max ? this.#removeFirst() : undefined;
    const entry: Entry<V> = { key, value, endMs, place: this.#heap.length };
    this.#entries.set(key, entry);
    this.#heap.push(entry);
    this.#settle(entry.place);
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
    for (let first = this.#heap[0]; first !== undefined && first.endMs <= nowMs; first = this.#heap[0]) {
      this.#remove(first);
    }
  }

  /** Changes the bound; the entries that end first leave when it became smaller. */
  resize(max: number): void {
    this.#max = checkMax(max);
    while (this.#heap.length > max) this.#removeFirst();
  }

  /** A copy of what has not ended, in no promised order. */
  values(nowMs: number): V[] {
    this.sweep(nowMs);
    return this.#heap.map((entry) => entry.value);
  }

  #removeFirst(): V | undefined {
    const first = this.#heap[0];
    if (first === undefined) return undefined;
    this.#remove(first);
    return first.value;
  }

  #remove(entry: Entry<V>): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, entry.place);
    this.#settle(last.place);
  }

  /** Moves the entry at `place` up or down until its parent ends no later and its children no earlier. */
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
    return this.#heap[place]?.endMs ?? Infinity;
  }

  #swap(left: number, right: number): void {
    // Both are places in the heap: #rise and #sink stop at its borders.
    const entry = this.#heap[left]!;
    this.#put(this.#heap[right]!, left);
    this.#put(entry, right);
  }

  #put(entry: Entry<V>, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function checkMax(max: number): number {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`Cannot bound a map: ${max} is no count`);
  return max;
}
