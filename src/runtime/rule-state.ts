/**
 * What rules remember of clients, for all workers: collections of SecLang, counters and bits of Snort. In memory that they
 * share, by the name of the rule set, so that it outlives workers, and reloads that change the rules.
 */
import { HOST_BITS_MAX } from '../inspect/snort/host-bits.ts';
import { recordedMemory } from '../inspect/snort/memory.ts';
import type { SnortMemory } from '../inspect/snort/memory.ts';
import { RATE_COUNTER_BYTES, RATE_COUNTERS_MAX } from '../inspect/snort/rates.ts';
import { COLLECTION_BYTES_MAX, COLLECTIONS_MAX, Collections } from '../state/collections.ts';
import type { RecordMap } from '../state/record-map.ts';
import { SharedRecordMap } from '../state/shared-record-map.ts';
import type { SharedRecordMemory } from '../state/shared-record-map.ts';

/** Workers that change entries of different parts do not wait for one another. */
const PARTS = 16;
/** Bytes of a collection before it needs one of the larger places: a handful of counters. */
const SMALL_BYTES = 384;
/** Larger places, over all parts: 16 MiB. */
const LARGE_MAX = 2048;

/** The same for another thread: plain data. */
export interface SharedRuleState {
  readonly collections: SharedRecordMemory;
  readonly counters: SharedRecordMemory;
  readonly bits: SharedRecordMemory;
}

/** What is kept of one kind. */
export interface StateCounts {
  readonly kind: keyof SharedRuleState;
  readonly entries: number;
  readonly dropped: number;
  readonly refused: number;
}

export class RuleState {
  /** For other threads: `new RuleState(shared, holder)` there is the same. */
  readonly shared: SharedRuleState;
  readonly #collections: SharedRecordMap;
  readonly #counters: SharedRecordMap;
  readonly #bits: SharedRecordMap;

  /** Nothing remembered. Memory is taken as there is something. */
  static create(): RuleState {
    const collections = SharedRecordMap.create(PARTS, {
      capacity: COLLECTIONS_MAX / PARTS,
      valueBytes: SMALL_BYTES,
      extents: { count: LARGE_MAX / PARTS, bytes: COLLECTION_BYTES_MAX },
    });
    const counters = SharedRecordMap.create(PARTS, {
      capacity: RATE_COUNTERS_MAX / PARTS,
      valueBytes: RATE_COUNTER_BYTES,
    });
    const bits = SharedRecordMap.create(PARTS, { capacity: HOST_BITS_MAX / PARTS, valueBytes: 0 });
    return new RuleState(
      { collections: collections.memory, counters: counters.memory, bits: bits.memory },
      1,
    );
  }

  /** `holder`: the number of this thread, from 1 on; the one that created it is 1. */
  constructor(shared: SharedRuleState, holder: number) {
    this.shared = shared;
    this.#collections = new SharedRecordMap(shared.collections, holder);
    this.#counters = new SharedRecordMap(shared.counters, holder);
    this.#bits = new SharedRecordMap(shared.bits, holder);
  }

  /** Those of the rule set of this name. */
  collectionsOf(set: string): Collections {
    return new Collections(this.#collections, set);
  }

  /** The same for rules of Snort. */
  snortOf(set: string): SnortMemory {
    return recordedMemory({ counters: this.#counters, bits: this.#bits }, set);
  }

  /** How much is kept, and what was lost of it. */
  counts(): readonly StateCounts[] {
    const of = (kind: StateCounts['kind'], { size, dropped, refused }: RecordMap): StateCounts => ({
      kind,
      entries: size,
      dropped,
      refused,
    });
    return [of('collections', this.#collections), of('counters', this.#counters), of('bits', this.#bits)];
  }

  /** A worker has died: what it held is put right and given back. */
  releaseHolder(holder: number): void {
    for (const records of [this.#collections, this.#counters, this.#bits]) records.releaseHolder(holder);
  }
}
