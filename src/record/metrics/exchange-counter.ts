/**
 * Counts exchanges in the memory of one worker. The supervisor reads that memory whenever it likes, so that what a
 * worker has counted is there even after it died.
 *
 * Hot: runs on every exchange. Its names are found in maps by strings that the configuration made once, and nothing is
 * allocated. Only this thread writes these cells: adding needs no atomic operation. A reader may see an exchange half
 * counted, never a wrong number. Bench: bench/metrics.ts.
 */
import type { ExchangeRecord } from '../../proxy/exchange-record.ts';
import { BUCKETS } from './family.ts';
import {
  classOf,
  CLASSES,
  codeIndex,
  endIndex,
  isOriginFault,
  LISTENER,
  POOL,
  SERVER,
  VERDICTS,
  WAY,
} from './layout.ts';
import type { Place } from './place-book.ts';
import { OTHER } from './place-book.ts';

const BOUNDS_S = Float64Array.from(BUCKETS);
const SUM = BOUNDS_S.length + 1;

/** A place and those below it by name: a listener and its routes, a pool and its servers. */
interface Node {
  readonly at: number;
  readonly below: Map<string, number>;
  readonly other: number;
}

export class ExchangeCounter {
  readonly #cells: Float64Array;
  #listeners: ReadonlyMap<string, Node> = new Map();
  #pools: ReadonlyMap<string, Node> = new Map();
  #decoys: ReadonlyMap<string, Node> = new Map();
  #otherListener: Node = NOWHERE;
  #otherPool: Node = NOWHERE;

  constructor(block: SharedArrayBuffer, places: readonly Place[]) {
    this.#cells = new Float64Array(block);
    this.use(places);
  }

  /** Counts by these places from now on: a configuration was loaded. */
  use(places: readonly Place[]): void {
    const otherWay = atOf(places, 'way', OTHER);
    const otherServer = atOf(places, 'server', OTHER);
    this.#listeners = nodes(places, 'listener', 'way', otherWay, []);
    this.#pools = nodes(places, 'pool', 'server', otherServer, ['pool']);
    this.#decoys = nodes(places, 'pool', 'server', otherServer, ['decoy']);
    this.#otherListener = { at: atOf(places, 'listener', OTHER), below: new Map(), other: otherWay };
    this.#otherPool = { at: atOf(places, 'pool', OTHER), below: new Map(), other: otherServer };
  }

  /** Counts an exchange that has ended. Never throws. */
  record(record: ExchangeRecord): void {
    const { verdict, status, end } = record;
    const listener = this.#listeners.get(record.listener) ?? this.#otherListener;
    const way = listener.below.get(record.route) ?? listener.other;
    this.#countWay(record, way, VERDICTS.indexOf(verdict) * CLASSES.length + classOf(status));
    const code = codeIndex(status);
    if (code !== -1) this.#add(listener.at + LISTENER.responses.at + code, 1);
    this.#add(listener.at + LISTENER.ends.at + endIndex(end), 1);
    const { pool, poolMeant } = record;
    if (pool === '') return;
    const pools = verdict === 'deceive' ? this.#decoys : this.#pools;
    this.#countPool(record, pools.get(pool) ?? this.#otherPool);
    if (poolMeant !== '') this.#add((pools.get(poolMeant) ?? this.#otherPool).at + POOL.fallbacks.at, 1);
  }

  #countWay(record: ExchangeRecord, way: number, outcome: number): void {
    this.#add(way + WAY.exchanges.at + outcome, 1);
    this.#add(way + WAY.received.at, record.bytesIn);
    this.#add(way + WAY.sent.at, record.bytesOut);
    const hits = record.hits.length;
    if (hits > 0) this.#add(way + WAY.hits.at, hits);
    this.#observe(way + WAY.duration.at, record.times.totalMs);
  }

  #countPool(record: ExchangeRecord, node: Node): void {
    const { attempts, server, times } = record;
    if (attempts > 1) this.#add(node.at + POOL.retries.at, attempts - 1);
    if (record.sourceBecause.code !== '') this.#add(node.at + POOL.sourceFallbacks.at, 1);
    this.#observe(node.at + POOL.queued.at, times.queueMs);
    if (server === '') return;
    const at = node.below.get(server) ?? node.other;
    this.#add(at + SERVER.exchanges.at + classOf(record.status), 1);
    if (isOriginFault(record.end)) this.#add(at + SERVER.failures.at, 1);
    if (record.isOriginReused) this.#add(at + SERVER.reused.at, 1);
    else this.#observe(at + SERVER.connect.at, times.connectMs);
    this.#observe(at + SERVER.firstByte.at, times.firstByteMs);
  }

  #add(at: number, amount: number): void {
    this.#cells[at]! += amount; // Places lie within the block: the book has given them out.
  }

  /** Counts a time; -1 is one that never was. */
  #observe(at: number, ms: number): void {
    if (!(ms >= 0)) return;
    const seconds = ms / 1000;
    let bucket = 0;
    while (bucket < BOUNDS_S.length && seconds > BOUNDS_S[bucket]!) bucket++; // bucket is below the length.
    this.#add(at + bucket, 1);
    this.#add(at + SUM, seconds);
  }
}

const NOWHERE: Node = { at: 0, below: new Map(), other: 0 };

/** The places of one kind whose labels begin with `start`, by their next label, with those of `below` under them. */
function nodes(
  places: readonly Place[],
  kind: Place['kind'],
  below: Place['kind'],
  other: number,
  start: readonly string[],
): ReadonlyMap<string, Node> {
  const isOurs = (place: Place): boolean => start.every((label, index) => place.labels[index] === label);
  const found = new Map<string, Node>();
  for (const place of places) {
    const name = place.labels[start.length];
    if (place.kind !== kind || name === undefined || !isOurs(place)) continue;
    found.set(name, { at: place.at, below: new Map(), other });
  }
  for (const place of places) {
    const [name = '', last = ''] = place.labels.slice(start.length);
    if (place.kind === below && isOurs(place)) found.get(name)?.below.set(last, place.at);
  }
  return found;
}

function atOf(places: readonly Place[], kind: Place['kind'], name: string): number {
  const place = places.find((one) => one.kind === kind && one.labels[0] === name);
  if (place === undefined) throw new Error(`There is no place "${name}" for a ${kind}`);
  return place.at;
}
