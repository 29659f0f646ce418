/** What a metric is, by Prometheus' conventions: base units (seconds, bytes), counters that end in `_total`. */

export interface Family {
  /** Without what its type adds: `_total`, `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The unit that the name ends in. */
  readonly unit?: 'seconds' | 'bytes';
  readonly labels: readonly string[];
  /** One sentence for `# HELP` and the reference. */
  readonly help: string;
}

/** One number, or one distribution, of a family. */
export interface Sample {
  readonly family: Family;
  /** In the order of the family's labels. */
  readonly labels: readonly string[];
  readonly value: number | Distribution;
}

/** What a histogram has counted. */
export interface Distribution {
  /** By the bounds of BUCKETS, not added up, and one more for what is above them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Upper bounds of the buckets of times, in seconds: from what a cache next door takes to what nobody waits for. */
export const BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
