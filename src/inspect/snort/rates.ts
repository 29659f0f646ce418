/**
 * Counters behind `detection_filter`, `threshold`, `event_filter`, `rate_filter`: how often within how long, by whom.
 *
 * Each is one entry of a RecordMap, which may be one for several threads: none of them loses what another one counts. Their
 * number is bounded; beyond it the one whose time ends first is given up. An attacker who can come from that many addresses
 * makes a rule count anew, which can only make it alert again (threshold) or later (filter).
 */
import { LocalRecordMap } from '../../state/record-map.ts';
import type { RecordMap } from '../../state/record-map.ts';
import { destinationOf, sourceOf } from './flow.ts';
import type { FlowView } from './flow.ts';
import type { RateFilter, Threshold, Track } from './rule.ts';

/** Counters of all rules together. */
export const RATE_COUNTERS_MAX = 65_536;
/** Bytes of one: its end, in milliseconds since 1970, and its count. */
export const RATE_COUNTER_BYTES: number = 2 * Float64Array.BYTES_PER_ELEMENT;

export interface RateLimit {
  readonly rate: RateFilter;
  /** How long the new action holds; 0 for as long as the rate does. */
  readonly timeoutSeconds: number;
}

interface Counter {
  readonly endMs: number;
  readonly count: number;
}

export class RateTable {
  readonly #records: RecordMap;
  readonly #scope: string;

  /** For this thread alone when nothing else is said. `scope` keeps the counters of different rule sets apart. */
  constructor(
    records: RecordMap = new LocalRecordMap(RATE_COUNTERS_MAX, RATE_COUNTER_BYTES),
    scope: string = '',
  ) {
    this.#records = records;
    this.#scope = scope;
  }

  get size(): number {
    return this.#records.size;
  }

  /** `detection_filter`: true from the match on that follows the first `count` within the window. */
  passesFilter(id: string, filter: RateFilter, flow: FlowView): boolean {
    return (
      this.#count(`filter ${id} ${trackKey(filter.track, flow)}`, filter.seconds, flow.nowMs) > filter.count
    );
  }

  /** Whether this match alerts. */
  alerts(id: string, threshold: Threshold, flow: FlowView): boolean {
    const key = `alert ${id} ${trackKey(threshold.track, flow)}`;
    const last = threshold.type === 'threshold' ? threshold.count : Infinity;
    const count = this.#count(key, threshold.seconds, flow.nowMs, last);
    switch (threshold.type) {
      case 'limit':
        return count <= threshold.count;
      case 'threshold':
        return count >= threshold.count;
      case 'both':
        return count === threshold.count;
      case 'backoff':
        // At count, count × 10, count × 100 and so on.
        return isPowerOfTen(count / threshold.count);
    }
  }

  /** `rate_filter`: true once more than `count` were seen within the window, and then for as long as it says. */
  isAbove(id: string, filter: RateLimit, flow: FlowView): boolean {
    const { rate, timeoutSeconds } = filter;
    const { nowMs } = flow;
    const key = `rate ${id} ${trackKey(rate.track, flow)}`;
    const held = `${this.#scope}/until ${key}`;
    if (timeoutSeconds > 0 && this.#records.get(held, nowMs) !== undefined) return true;
    if (this.#count(key, rate.seconds, nowMs) <= rate.count) return false;
    if (timeoutSeconds > 0) this.#hold(held, nowMs + 1000 * timeoutSeconds, nowMs);
    return true;
  }

  /** Counts one more, and answers how many there are since the window began. After `last` the next one begins. */
  #count(key: string, seconds: number, nowMs: number, last: number = Infinity): number {
    const name = `${this.#scope}/${key}`;
    let count = 1;
    const change = this.#records.update(name, nowMs, (present) => {
      const known = readCounter(present);
      const endMs = known?.endMs ?? nowMs + 1000 * seconds;
      count = (known?.count ?? 0) + 1;
      return { value: writeCounter({ endMs, count }), endMs: count >= last ? nowMs : endMs };
    });
    if (change === 'done') return count;
    // This exchange goes on as if it had been counted.
    this.#records.refuse();
    return (readCounter(this.#records.get(name, nowMs))?.count ?? 0) + 1;
  }

  #hold(name: string, endMs: number, nowMs: number): void {
    const value = writeCounter({ endMs, count: 0 });
    if (this.#records.update(name, nowMs, () => ({ value, endMs })) === 'busy') this.#records.refuse();
  }
}

function readCounter(bytes: Uint8Array | undefined): Counter | undefined {
  if (bytes === undefined) return undefined;
  const [endMs = 0, count = 0] = new Float64Array(bytes.buffer, bytes.byteOffset, 2);
  return { endMs, count };
}

function writeCounter({ endMs, count }: Counter): Uint8Array {
  return new Uint8Array(Float64Array.of(endMs, count).buffer);
}

function isPowerOfTen(quotient: number): boolean {
  let rest = quotient;
  while (rest >= 10 && rest % 10 === 0) rest /= 10;
  return rest === 1;
}

function trackKey(track: Track, flow: FlowView): string {
  switch (track) {
    case 'by_src':
      return sourceOf(flow).address;
    case 'by_dst':
      return destinationOf(flow).address;
    case 'by_both':
      return `${sourceOf(flow).address} ${destinationOf(flow).address}`;
    case 'by_rule':
      return '';
    case 'by_flow': {
      const { client, server } = flow;
      return `${client.address} ${client.port} ${server.address} ${server.port}`;
    }
  }
}
