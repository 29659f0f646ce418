/** What has happened between two looks at the counts, as rates. */
import type { ListenerTraffic, ServerTraffic, TrafficView } from '../../admin/traffic-view.ts';

export interface ListenerRates {
  readonly name: string;
  readonly protocol: string;
  readonly connections: number;
  /** Exchanges a second, and of those the ones by verdict and by class (none, 1xx to 5xx). */
  readonly requests: number;
  readonly deceived: number;
  readonly refused: number;
  readonly dropped: number;
  readonly classes: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Seconds; undefined when nothing has ended. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

export interface ServerRates extends ServerTraffic {
  readonly requests: number;
  readonly failed: number;
  /** Mean time to the first byte, in seconds. */
  readonly mean: number | undefined;
}

export interface Rates {
  readonly atMs: number;
  /** Of one core. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly workers: TrafficView['workers'];
  readonly listeners: readonly ListenerRates[];
  /** All listeners together. */
  readonly total: ListenerRates;
  readonly servers: readonly ServerRates[];
}

/** Nothing is shown as negative: a program that was started anew counts from 0. */
export function ratesBetween(before: TrafficView, now: TrafficView): Rates {
  const elapsed = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const rate = (from: number, to: number): number => Math.max(0, to >= from ? to - from : to) / elapsed;
  const listenersBefore = new Map(before.listeners.map((one) => [one.name, one]));
  const serversBefore = new Map(before.servers.map((one) => [serverKey(one), one]));
  const changes = now.listeners.map((one) => change(listenersBefore.get(one.name), one));
  return {
    atMs: now.atMs,
    cpu: rate(before.cpuSeconds, now.cpuSeconds),
    memoryBytes: now.memoryBytes,
    workers: now.workers,
    listeners: changes.map((one) => listenerRates(one, elapsed, now.bounds)),
    total: listenerRates(changes.reduce(together, NOTHING), elapsed, now.bounds),
    servers: now.servers.map((one) => {
      const then = serversBefore.get(serverKey(one));
      const answered = since(then?.firstBytes, one.firstBytes);
      return {
        ...one,
        requests: rate(then?.exchanges ?? 0, one.exchanges),
        failed: rate(then?.failures ?? 0, one.failures),
        mean: answered === 0 ? undefined : since(then?.firstByteSeconds, one.firstByteSeconds) / answered,
      };
    }),
  };
}

/** The value below which `share` of what was counted lies, from the counts of buckets; undefined for none at all. */
export function quantile(
  share: number,
  counts: readonly number[],
  bounds: readonly number[],
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = share * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= wanted) {
      const start = bounds[index - 1] ?? 0;
      const end = bounds[index];
      // Of what is above the last bound nothing more is known.
      return end === undefined ? start : start + ((wanted - below) / count) * (end - start);
    }
    below += count;
  }
  return bounds.at(-1);
}

function serverKey({ isDecoy, pool, name }: ServerTraffic): string {
  return `${isDecoy ? 'decoy' : 'pool'} ${pool}/${name}`;
}

function since(before: number | undefined, now: number): number {
  return before === undefined || before > now ? now : now - before;
}

/** The same shape, with what has come since. */
function change(before: ListenerTraffic | undefined, now: ListenerTraffic): ListenerTraffic {
  const { exchanges } = now;
  return {
    ...now,
    exchanges: {
      continue: since(before?.exchanges.continue, exchanges.continue),
      reply: since(before?.exchanges.reply, exchanges.reply),
      deceive: since(before?.exchanges.deceive, exchanges.deceive),
      drop: since(before?.exchanges.drop, exchanges.drop),
    },
    classes: now.classes.map((count, index) => since(before?.classes[index], count)),
    bytesIn: since(before?.bytesIn, now.bytesIn),
    bytesOut: since(before?.bytesOut, now.bytesOut),
    times: now.times.map((count, index) => since(before?.times[index], count)),
  };
}

const NOTHING: ListenerTraffic = {
  name: '',
  protocol: 'http',
  connections: 0,
  exchanges: { continue: 0, reply: 0, deceive: 0, drop: 0 },
  classes: [],
  bytesIn: 0,
  bytesOut: 0,
  times: [],
};

function together(one: ListenerTraffic, other: ListenerTraffic): ListenerTraffic {
  const add = (left: readonly number[], right: readonly number[]): number[] =>
    right.map((count, index) => count + (left[index] ?? 0));
  return {
    ...NOTHING,
    connections: one.connections + other.connections,
    exchanges: {
      continue: one.exchanges.continue + other.exchanges.continue,
      reply: one.exchanges.reply + other.exchanges.reply,
      deceive: one.exchanges.deceive + other.exchanges.deceive,
      drop: one.exchanges.drop + other.exchanges.drop,
    },
    classes: add(one.classes, other.classes),
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
    times: add(one.times, other.times),
  };
}

function listenerRates(one: ListenerTraffic, elapsed: number, bounds: readonly number[]): ListenerRates {
  const { exchanges } = one;
  return {
    name: one.name,
    protocol: one.protocol,
    connections: one.connections,
    requests: (exchanges.continue + exchanges.reply + exchanges.deceive + exchanges.drop) / elapsed,
    deceived: exchanges.deceive / elapsed,
    refused: exchanges.reply / elapsed,
    dropped: exchanges.drop / elapsed,
    classes: one.classes.map((count) => count / elapsed),
    bytesIn: one.bytesIn / elapsed,
    bytesOut: one.bytesOut / elapsed,
    p50: quantile(0.5, one.times, bounds),
    p95: quantile(0.95, one.times, bounds),
  };
}
