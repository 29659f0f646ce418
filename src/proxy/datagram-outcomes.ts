/** What becomes of a datagram at a `udp` listener; each is counted (record/metrics). */
export const DATAGRAM_OUTCOMES = [
  /** Passed on, either way. */
  'to-server',
  'to-client',
  /** Of a peer that is not trusted. */
  'peer-untrusted',
  /** Without the header that is due, or with a wrong one. */
  'proxy-header-bad',
  /** Longer than `udp.datagramBytes`. */
  'too-long',
  /** It would have begun a flow, and there are too many in this second, or at once, or no server for it. */
  'flow-refused',
  /** The system did not take it. */
  'not-taken',
] as const;

export type DatagramOutcome = (typeof DATAGRAM_OUTCOMES)[number];

/** Counts since it was asked last. */
export class DatagramCounts {
  #counts = new Map<DatagramOutcome, number>();

  add(outcome: DatagramOutcome): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  /** What has come together; counting begins anew. */
  take(): ReadonlyMap<DatagramOutcome, number> {
    const counts = this.#counts;
    if (counts.size > 0) this.#counts = new Map();
    return counts;
  }
}
