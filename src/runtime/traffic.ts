/** What the workers have counted and what servers have in hand, as `GET /v1/traffic` shows it. */
import type { ListenerTraffic, ServerTraffic, TrafficView, WorkerTraffic } from '../admin/traffic-view.ts';
import { serverKey } from '../balance/server-rows.ts';
import { LOAD_UNKNOWN, UP, WEIGHT_UNIT } from '../balance/server-table.ts';
import { wallNow } from '../base/clock.ts';
import { residentBytes } from '../base/memory.ts';
import type { Config } from '../config/config.ts';
import type { ListenerOptions } from '../proxy/options.ts';
import { BUCKETS } from '../record/metrics/family.ts';
import { LOAD_WHOLE, modeOf } from '../record/metrics/gauges.ts';
import {
  CLASSES,
  HISTOGRAM_CELLS,
  LISTENER,
  SERVER,
  VERDICTS,
  WAY,
  WORKER,
} from '../record/metrics/layout.ts';
import type { PlaceBook } from '../record/metrics/place-book.ts';
import { servedBy } from './served-by.ts';
import type { OwnedServers, ServerName } from './servers-in-use.ts';
import { optionsOf, rowOf, serversOf } from './servers-in-use.ts';

export interface TrafficParts {
  readonly config: Config;
  readonly book: PlaceBook;
  /** Blocks of the book that are in use. */
  readonly workers: number;
  readonly servers: Pick<OwnedServers, 'table' | 'rows' | 'slowStart'>;
}

export function trafficView(parts: TrafficParts): TrafficView {
  const { config, book } = parts;
  const { user, system } = process.cpuUsage();
  return {
    atMs: wallNow(),
    workers: Array.from({ length: parts.workers }, (_, worker) => workerTraffic(book, worker)),
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: residentBytes(),
    bounds: BUCKETS,
    listeners: Object.entries(config.listeners).map(([name, options]) =>
      listenerTraffic(book, name, options),
    ),
    servers: allServers(parts),
  };
}

function allServers(parts: TrafficParts): readonly ServerTraffic[] {
  const { config, servers } = parts;
  const instead = { pool: servedBy(config, 'pool', servers), decoy: servedBy(config, 'decoy', servers) };
  return serversOf(config).map((server) =>
    trafficOf(parts, server, instead[server.kind].get(server.pool) ?? null),
  );
}

function workerTraffic(book: PlaceBook, worker: number): WorkerTraffic {
  return {
    busy: book.ofWorker(worker, WORKER.loopBusy.at),
    delaySeconds: book.ofWorker(worker, WORKER.loopDelay.at),
    heapBytes: book.ofWorker(worker, WORKER.heap.at),
  };
}

function listenerTraffic(
  book: PlaceBook,
  name: string,
  { protocol, routes }: Pick<ListenerOptions, 'protocol' | 'routes'>,
): ListenerTraffic {
  const ways = ['', ...routes].flatMap((route) => book.find({ kind: 'way', labels: [name, route] }) ?? []);
  const sum = (at: number): number => ways.reduce((total, way) => total + book.sum(way.at + at), 0);
  const place = book.find({ kind: 'listener', labels: [name] });
  const exchanges = { continue: 0, reply: 0, deceive: 0, drop: 0 };
  const classes = CLASSES.map(() => 0);
  for (const [verdict, verdictName] of VERDICTS.entries()) {
    for (const index of CLASSES.keys()) {
      const count = sum(WAY.exchanges.at + verdict * CLASSES.length + index);
      exchanges[verdictName] += count;
      classes[index] = (classes[index] ?? 0) + count;
    }
  }
  return {
    name,
    protocol,
    connections: place === undefined ? 0 : book.sum(place.at + LISTENER.connections.at),
    exchanges,
    classes,
    bytesIn: sum(WAY.received.at),
    bytesOut: sum(WAY.sent.at),
    times: Array.from({ length: HISTOGRAM_CELLS - 1 }, (_, index) => sum(WAY.duration.at + index)),
  };
}

/** One server as it is at the moment. */
export function serverTraffic(parts: TrafficParts, name: ServerName): ServerTraffic {
  const instead = servedBy(parts.config, name.kind, parts.servers);
  return trafficOf(parts, name, instead.get(name.pool) ?? null);
}

function trafficOf(
  { book, config, servers }: TrafficParts,
  name: ServerName,
  servedInstead: string | null,
): ServerTraffic {
  const { kind, pool, server } = name;
  const { table, rows, slowStart } = servers;
  const row = rowOf(rows, serverKey(kind, pool, server));
  const place = book.find({ kind: 'server', labels: [kind, pool, server] });
  const cell = (at: number): number => (place === undefined ? 0 : book.sum(place.at + at));
  const sum = (at: number, count: number): number =>
    Array.from({ length: count }, (_, index) => cell(at + index)).reduce((total, value) => total + value, 0);
  const load = table.load(row);
  return {
    pool,
    isDecoy: kind === 'decoy',
    name: server,
    isBackup: optionsOf(config, name)?.backup === true,
    servedBy: servedInstead,
    state: table.state(row) === UP ? 'up' : 'down',
    mode: modeOf(table, row),
    weight: table.weight(row) / WEIGHT_UNIT,
    slowStart: slowStart.shareOf(row) ?? null,
    inUse: table.inUse(row),
    waiting: table.waiting(row),
    load: load === LOAD_UNKNOWN ? null : load / LOAD_WHOLE,
    exchanges: sum(SERVER.exchanges.at, CLASSES.length),
    failures: cell(SERVER.failures.at),
    firstByteSeconds: cell(SERVER.firstByte.at + HISTOGRAM_CELLS - 1),
    firstBytes: sum(SERVER.firstByte.at, HISTOGRAM_CELLS - 1),
  };
}
