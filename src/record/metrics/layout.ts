/**
 * Where in the memory of a worker each thing is counted.
 *
 *     block of a worker   Float64 cells, written by that worker alone
 *       worker            gauges of the worker itself, at 0
 *       other             for each kind of place, one for the names that found no room
 *       places            one for each name, in any order
 *
 * A place is what belongs to one name: a listener, a listener with a route, a pool, a server. Its cells follow each other
 * as the table of its kind says, so that the worker counts at `place + field + index` and never looks up a series.
 */
import { DATAGRAM_OUTCOMES } from '../../proxy/datagram-outcomes.ts';
import { FAILURES } from '../../proxy/failure.ts';
import type { Family } from './family.ts';
import { BUCKETS } from './family.ts';
import { FAMILIES } from './families.ts';

/** One family within a place. */
export interface Field {
  readonly family: Family;
  /** Its first cell, from the beginning of the place. */
  readonly at: number;
  /** What follows the labels of the place, for each cell; one empty list for a single number. */
  readonly series: readonly (readonly string[])[];
  /** Series that have counted nothing are not shown: there are too many that never will. */
  readonly isSparse: boolean;
}

/** What a place counts, by name. */
export type Fields<Name extends string> = Readonly<Record<Name, Field>>;

export const VERDICTS = ['continue', 'reply', 'deceive', 'drop'] as const;
/** By the hundreds of a status; 0 is none. */
export const CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

const CODE_MIN = 100;
const CODE_MAX = 599;
/** Ends that are no failures of an exchange: of connections that never got so far, and the good one. */
const OTHER_ENDS = ['done', 'proxy-header-bad', 'proxy-header-missing', 'peer-untrusted', 'other'];
const ENDS: readonly string[] = [...OTHER_ENDS, ...Object.keys(FAILURES)];
const END_INDEX: ReadonlyMap<string, number> = new Map(ENDS.map((end, index) => [end, index]));
const OTHER_END = ENDS.indexOf('other');

/** The counts of the buckets, what is above them, and the sum. */
export const HISTOGRAM_CELLS: number = BUCKETS.length + 2;

/** Which failures are faults of the server, by the code. */
const ORIGIN_FAULTS: ReadonlySet<string> = new Set(
  Object.entries(FAILURES).flatMap(([code, { fault }]) => (fault === 'origin' ? [code] : [])),
);

/** Cells of an exchange by its verdict and class: `verdict * CLASSES.length + class`. */
const EXCHANGES = VERDICTS.flatMap((verdict) => CLASSES.map((name) => [verdict, name]));
const CODES = Array.from({ length: CODE_MAX - CODE_MIN + 1 }, (_, index) => [String(CODE_MIN + index)]);

export const WAY: Fields<'exchanges' | 'received' | 'sent' | 'hits' | 'duration'> = {
  exchanges: field(FAMILIES.exchanges, 0, EXCHANGES, true),
  received: field(FAMILIES.received, 24),
  sent: field(FAMILIES.sent, 25),
  hits: field(FAMILIES.hits, 26),
  duration: field(FAMILIES.duration, 27),
};

export const LISTENER: Fields<'connections' | 'responses' | 'ends' | 'datagrams'> = {
  connections: field(FAMILIES.connections, 0),
  responses: field(FAMILIES.responses, 1, CODES, true),
  ends: field(
    FAMILIES.ends,
    1 + CODES.length,
    ENDS.map((end) => [end]),
    true,
  ),
  datagrams: field(
    FAMILIES.datagrams,
    1 + CODES.length + ENDS.length,
    DATAGRAM_OUTCOMES.map((outcome) => [outcome]),
    true,
  ),
};

export const POOL: Fields<'retries' | 'queued' | 'sourceFallbacks' | 'fallbacks'> = {
  retries: field(FAMILIES.retries, 0),
  queued: field(FAMILIES.queued, 1),
  sourceFallbacks: field(FAMILIES.sourceFallbacks, 1 + HISTOGRAM_CELLS),
  fallbacks: field(FAMILIES.fallbacks, 2 + HISTOGRAM_CELLS),
};

export const SERVER: Fields<'exchanges' | 'failures' | 'reused' | 'connect' | 'firstByte'> = {
  exchanges: field(
    FAMILIES.serverExchanges,
    0,
    CLASSES.map((name) => [name]),
    true,
  ),
  failures: field(FAMILIES.serverFailures, 6),
  reused: field(FAMILIES.serverReused, 7),
  connect: field(FAMILIES.connect, 8),
  firstByte: field(FAMILIES.firstByte, 8 + HISTOGRAM_CELLS),
};

/** Gauges of a worker, which are shown for each by itself; its number is the first label. */
export const WORKER: Fields<'open' | 'refused' | 'held' | 'heap' | 'loopDelay' | 'loopBusy'> = {
  open: field(FAMILIES.open, 0, [['exchanges'], ['tunnels'], ['clients'], ['origins']]),
  refused: field(FAMILIES.refused, 4),
  held: field(FAMILIES.held, 5),
  heap: field(FAMILIES.heap, 6),
  loopDelay: field(FAMILIES.loopDelay, 7),
  loopBusy: field(FAMILIES.loopBusy, 8),
};

/** The kinds of place. */
export type PlaceKind = 'way' | 'listener' | 'pool' | 'server';
export const PLACE_KINDS: readonly PlaceKind[] = ['way', 'listener', 'pool', 'server'];
export const PLACES: Readonly<Record<PlaceKind, Fields<string>>> = {
  way: WAY,
  listener: LISTENER,
  pool: POOL,
  server: SERVER,
};

/** Cells that a place takes. */
export function cellsOf(fields: Readonly<Record<string, Field>>): number {
  return Math.max(
    ...Object.values(fields).map(({ at, family, series }) => at + cellsOfField(family, series)),
  );
}

function cellsOfField(family: Family, series: Field['series']): number {
  return family.type === 'histogram' ? HISTOGRAM_CELLS : series.length;
}

function field(family: Family, at: number, series: Field['series'] = [[]], isSparse = false): Field {
  return { family, at, series, isSparse };
}

/** The class of a status, as an index into CLASSES. */
export function classOf(status: number): number {
  return status >= CODE_MIN && status <= CODE_MAX ? Math.floor(status / 100) : 0;
}

/** The cell of a status within LISTENER.responses, or -1. */
export function codeIndex(status: number): number {
  return status >= CODE_MIN && status <= CODE_MAX ? status - CODE_MIN : -1;
}

/** The cell of an end within LISTENER.ends. */
export function endIndex(end: string): number {
  return END_INDEX.get(end) ?? OTHER_END;
}

export function isOriginFault(end: string): boolean {
  return ORIGIN_FAULTS.has(end);
}
