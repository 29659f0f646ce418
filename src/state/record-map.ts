/**
 * Bytes by a name, each with an end of its own: what rules remember of clients. One contract, in the memory of one thread
 * here, or in memory that all threads share (shared-record-map.ts).
 *
 * Names may be any text of the network. Entries and their bytes are bounded: when there is no room, the entry that ends
 * first makes some.
 */
import { hash } from 'node:crypto';
import { ExpiringMap } from './expiring-map.ts';
import { ownCopy } from './own-copy.ts';
import type { Change, NextEntry } from './shared-expiring-map.ts';
import { KEY_CHARS_MAX } from './shared-records.ts';

export interface RecordMap {
  /** Bytes of one entry. */
  readonly valueBytesMax: number;
  /** Entries held; some may have ended already. */
  readonly size: number;
  /** Entries that made room for others before their end. */
  readonly dropped: number;
  /** What could not be kept, as its owner said. */
  readonly refused: number;
  /** A copy of what is under `name`, unless its end is at or before `nowMs`. */
  get(name: string, nowMs: number): Uint8Array | undefined;
  /**
   * Sets what `change` makes of what is there; undefined leaves it as it is. Nobody else changes it in between. `busy`: a
   * thread has died while it changed something, and nothing was done.
   */
  update(
    name: string,
    nowMs: number,
    change: (present: Uint8Array | undefined) => NextEntry | undefined,
  ): Change;
  delete(name: string, nowMs: number): void;
  /** Counts something that could not be kept. */
  refuse(): void;
}

/**
 * A key for a name: itself, or a digest if it is too long or not ASCII. No name gives the key of another: those that are
 * kept as they are begin with a mark that digests do not have, and who finds two names of one digest has broken SHA-256.
 */
export function keyOf(name: string): string {
  if (name.length < KEY_CHARS_MAX && /^[\0-\x7f]*$/.test(name)) return `=${name}`;
  return `#${hash('sha256', name, 'base64')}`;
}

interface LocalRecord {
  readonly value: Uint8Array;
}

/** In the memory of this thread. */
export class LocalRecordMap implements RecordMap {
  readonly valueBytesMax: number;
  readonly #records: ExpiringMap<LocalRecord>;
  #dropped = 0;
  #refused = 0;

  constructor(max: number, valueBytesMax: number) {
    this.#records = new ExpiringMap(max);
    this.valueBytesMax = valueBytesMax;
  }

  get size(): number {
    return this.#records.size;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get refused(): number {
    return this.#refused;
  }

  get(name: string, nowMs: number): Uint8Array | undefined {
    return this.#records.size === 0 ? undefined : this.#records.get(keyOf(name), nowMs)?.value;
  }

  update(
    name: string,
    nowMs: number,
    change: (present: Uint8Array | undefined) => NextEntry | undefined,
  ): Change {
    const key = keyOf(name);
    const next = change(this.#records.get(key, nowMs)?.value);
    if (next === undefined) return 'done';
    if (next.value.length > this.valueBytesMax) throw new RangeError('A value is too long');
    const kept = ownCopy(key, KEY_CHARS_MAX);
    if (this.#records.set(kept, { value: next.value }, next.endMs, nowMs) !== undefined) this.#dropped++;
    return 'done';
  }

  delete(name: string): void {
    this.#records.delete(keyOf(name));
  }

  refuse(): void {
    this.#refused++;
  }
}
