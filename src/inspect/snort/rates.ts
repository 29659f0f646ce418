/**
 * Counters behind `detection_filter`, `threshold`, `event_filter`, `rate_filter`: how often within how long, by whom.
 *
 * The number of counters is bounded; beyond it the one that was begun first is given up. An attacker who can come from
 * that many addresses makes a rule count anew, which can only make it alert again (threshold) or later (filter).
 */
import { destinationOf, sourceOf } from './flow.ts';
import type { FlowView } from './flow.ts';
import type { RateFilter, Threshold, Track } from './rule.ts';

/** Counters of one table: about 100 bytes each. */
export const RATE_COUNTERS_MAX = 65_536;

export interface RateLimit {
  readonly rate: RateFilter;
  /** How long the new action holds; 0 for as long as the rate does. */
  readonly timeoutSeconds: number;
}

interface Counter {
  startMs: number;
  count: number;
}

/** One table per worker; `nowMs` comes from the flow. */
export class RateTable {
  readonly #counters = new Map<string, Counter>();
  readonly #max: number;

  constructor(max: number = RATE_COUNTERS_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#counters.size;
  }

  /** `detection_filter`: true from the match on that follows the first `count` within the window. */
  passesFilter(id: string, filter: RateFilter, flow: FlowView): boolean {
    const counter = this.#counterFor(
      `filter ${id} ${trackKey(filter.track, flow)}`,
      filter.seconds,
      flow.nowMs,
    );
    counter.count++;
    return counter.count > filter.count;
  }

  /** Whether this match alerts. */
  alerts(id: string, threshold: Threshold, flow: FlowView): boolean {
    const key = `alert ${id} ${trackKey(threshold.track, flow)}`;
    const counter = this.#counterFor(key, threshold.seconds, flow.nowMs);
    counter.count++;
    switch (threshold.type) {
      case 'limit':
        return counter.count <= threshold.count;
      case 'threshold':
        if (counter.count < threshold.count) return false;
        this.#counters.delete(key);
        return true;
      case 'both':
        return counter.count === threshold.count;
      case 'backoff':
        // At count, count × 10, count × 100 and so on.
        return isPowerOfTen(counter.count / threshold.count);
    }
  }

  /** `rate_filter`: true once more than `count` were seen within the window, and then for as long as it says. */
  isAbove(id: string, filter: RateLimit, flow: FlowView): boolean {
    const { rate, timeoutSeconds } = filter;
    const key = `rate ${id} ${trackKey(rate.track, flow)}`;
    const until = this.#counters.get(`until ${key}`);
    if (until !== undefined && flow.nowMs < until.startMs) return true;
    const counter = this.#counterFor(key, rate.seconds, flow.nowMs);
    counter.count++;
    if (counter.count <= rate.count) return false;
    if (timeoutSeconds > 0) {
      this.#counterFor(`until ${key}`, Infinity, flow.nowMs).startMs = flow.nowMs + 1000 * timeoutSeconds;
    }
    return true;
  }

  #counterFor(key: string, seconds: number, nowMs: number): Counter {
    const known = this.#counters.get(key);
    if (known !== undefined) {
      if (nowMs - known.startMs >= 1000 * seconds) {
        known.startMs = nowMs;
        known.count = 0;
      }
      return known;
    }
    if (this.#counters.size >= this.#max) {
      const [oldest] = this.#counters.keys();
      if (oldest !== undefined) this.#counters.delete(oldest);
    }
    const counter = { startMs: nowMs, count: 0 };
    this.#counters.set(key, counter);
    return counter;
  }
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
