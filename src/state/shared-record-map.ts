/**
 * A RecordMap in memory that threads share: several SharedExpiringMaps, so that threads which change different entries
 * seldom wait for one another. Which of them has an entry is decided by its key, in a way that nobody outside knows.
 */
import { keyOf } from './record-map.ts';
import type { RecordMap } from './record-map.ts';
import { SharedExpiringMap } from './shared-expiring-map.ts';
import type { Change, NextEntry } from './shared-expiring-map.ts';
import type { MapShape } from './shared-records.ts';

/** Leaves 8 bits of a hash to choose among parts, and 24 for the places within one: 8 million entries. */
const PART_SHIFT = 24;

/** The same map for another thread: plain data. */
export interface SharedRecordMemory {
  readonly parts: readonly SharedArrayBuffer[];
  /** Of each part. */
  readonly shape: MapShape;
}

export class SharedRecordMap implements RecordMap {
  /** For other threads: `new SharedRecordMap(memory, holder)` there is the same map. */
  readonly memory: SharedRecordMemory;
  readonly valueBytesMax: number;
  readonly #parts: readonly SharedExpiringMap[];
  readonly #first: SharedExpiringMap;

  /** An empty map of so many parts, each of which has room for `shape`. Memory is taken as entries come. */
  static create(parts: number, shape: MapShape): SharedRecordMap {
    const made = Array.from({ length: parts }, () => SharedExpiringMap.create(shape).shared);
    return new SharedRecordMap({ parts: made, shape }, 1);
  }

  /** `holder`: the number of this thread, from 1 on; the one that created the map is 1. */
  constructor(memory: SharedRecordMemory, holder: number) {
    const { shape } = memory;
    this.memory = memory;
    this.valueBytesMax = Math.max(shape.valueBytes, shape.extents?.bytes ?? 0);
    this.#parts = memory.parts.map((shared) => new SharedExpiringMap(shared, shape, holder));
    const [first] = this.#parts;
    if (first === undefined) throw new RangeError('A map needs at least one part');
    this.#first = first;
  }

  get size(): number {
    return this.#sum((part) => part.size);
  }

  get dropped(): number {
    return this.#sum((part) => part.dropped);
  }

  get refused(): number {
    return this.#sum((part) => part.refused);
  }

  get(name: string, nowMs: number): Uint8Array | undefined {
    const key = keyOf(name);
    const entry = this.#partOf(key).get(key);
    return entry === undefined || entry.endMs <= nowMs ? undefined : entry.value;
  }

  update(
    name: string,
    nowMs: number,
    change: (present: Uint8Array | undefined) => NextEntry | undefined,
  ): Change {
    const key = keyOf(name);
    return this.#partOf(key).update(key, nowMs, (entry) => change(entry?.value));
  }

  delete(name: string, nowMs: number): void {
    const key = keyOf(name);
    this.#partOf(key).delete(key, nowMs);
  }

  refuse(): void {
    this.#first.refuse();
  }

  /** Puts right and gives back what a thread held that has died. It must not run any more. */
  releaseHolder(holder: number): void {
    for (const part of this.#parts) part.releaseHolder(holder);
  }

  #partOf(key: string): SharedExpiringMap {
    // Other bits than those that choose the place within the first part, whose entries would crowd there otherwise.
    return this.#parts[(this.#first.hashOf(key) >>> PART_SHIFT) % this.#parts.length]!; // Below the length.
  }

  #sum(count: (part: SharedExpiringMap) => number): number {
    return this.#parts.reduce((sum, part) => sum + count(part), 0);
  }
}
