/** What `sallyport status` shows: a configuration, and what all workers have open for it. */
import type { StatusView } from '../admin/views.ts';
import { goesOnward, ORIGINAL_DESTINATION } from '../balance/destination-options.ts';
import type { HealthView } from '../balance/health/view.ts';
import { serverKey } from '../balance/server-rows.ts';
import { WEIGHT_UNIT } from '../balance/server-table.ts';
import type { Config } from '../config/config.ts';
import type { Attackers } from '../decoy/attackers.ts';
import { formatEndpoint, parseAddress } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { formatNamedEndpoint, isNamed } from '../net/named-endpoint.ts';
import type { NamedEndpoint } from '../net/named-endpoint.ts';
import type { ServerAddress } from '../proxy/server.ts';
import type { PlaceBook } from '../record/metrics/place-book.ts';
import type { Bound, WorkerStatus } from './messages.ts';
import { verdictCounts } from './metrics.ts';
import { servedBy } from './served-by.ts';
import { BUILT_IN, optionsOf, rowOf } from './servers-in-use.ts';
import type { OwnedServers } from './servers-in-use.ts';

export interface StatusParts {
  readonly version: string;
  /** The configuration file. */
  readonly path: string;
  readonly startedAtMs: number;
  readonly config: Config;
  readonly bound: readonly Bound[];
  readonly decoys: ReadonlyMap<string, ServerAddress>;
  /** Of the workers that answered. */
  readonly workers: readonly WorkerStatus[];
  readonly workersMax: number;
  /** Workers that have died since the start. */
  readonly died: number;
  readonly book: PlaceBook;
  readonly attackers: Pick<Attackers, 'size' | 'dropped' | 'memory'>;
  readonly servers: Pick<OwnedServers, 'table' | 'rows' | 'slowStart'>;
  /** By the key of a server. */
  readonly healthOf: (key: string) => HealthView | undefined;
  readonly linesDropped: number;
}

export function statusView(parts: StatusParts): StatusView {
  const { config, attackers, workers } = parts;
  const connections = sumBy(
    workers.flatMap(({ listeners }) => listeners),
    ({ name }) => name,
    (one) => one.connections,
  );
  return {
    version: parts.version,
    pid: process.pid,
    startedAtMs: parts.startedAtMs,
    configuration: parts.path,
    workers: { count: parts.workersMax, answering: workers.length, died: parts.died },
    listeners: Object.entries(config.listeners).map(([name, { protocol }]) => ({
      name,
      protocol,
      addresses: parts.bound
        .filter(({ listener }) => listener === name)
        .map(({ host, port }) => hostPort(host, port)),
      connections: connections.get(name) ?? 0,
    })),
    pools: poolViews(parts),
    exchanges: verdictCounts(parts.book),
    attackers: {
      count: attackers.size,
      max: Math.min(config.attackers.max, attackers.memory.capacity),
      dropped: attackers.dropped,
    },
    accessLog: { dropped: parts.linesDropped },
  };
}

function poolViews({ config, decoys, workers, servers: inUse, healthOf }: StatusParts): StatusView['pools'] {
  const { table, rows, slowStart } = inUse;
  const servers = workers.flatMap((worker) => worker.servers);
  const busy = sumBy(
    servers,
    ({ key }) => key,
    (one) => one.busy,
  );
  const idle = sumBy(
    servers,
    ({ key }) => key,
    (one) => one.idle,
  );
  const view = (
    kind: 'pool' | 'decoy',
    pool: string,
    name: string,
    address: string,
    weight: number,
  ): StatusView['pools'][number]['servers'][number] => {
    const key = serverKey(kind, pool, name);
    const row = rowOf(rows, key);
    return {
      name,
      address,
      isBackup: optionsOf(config, { kind, pool, server: name })?.backup === true,
      weight,
      effectiveWeight: table.weight(row) / WEIGHT_UNIT,
      slowStart: slowStart.shareOf(row) ?? null,
      busy: busy.get(key) ?? 0,
      idle: idle.get(key) ?? 0,
      health: healthOf(key) ?? null,
    };
  };
  const all = [
    ...Object.entries(config.pools).map(([name, pool]) => ({ kind: 'pool' as const, name, pool })),
    ...Object.entries(config.decoys).map(([name, pool]) => ({ kind: 'decoy' as const, name, pool })),
  ];
  const instead = { pool: servedBy(config, 'pool', inUse), decoy: servedBy(config, 'decoy', inUse) };
  return all.map(({ kind, name, pool }) => {
    const builtIn = kind === 'decoy' ? decoys.get(name) : undefined;
    return {
      name,
      isDecoy: kind === 'decoy',
      fallback: pool.fallback ?? null,
      servedBy: instead[kind].get(name) ?? null,
      servers:
        builtIn === undefined
          ? goesOnward(pool)
            ? [view(kind, name, ORIGINAL_DESTINATION, 'where the client wanted to go', 1)]
            : Object.entries(pool.servers).map(([server, { address, weight }]) =>
                view(kind, name, server, whereIs(address, healthOf(serverKey(kind, name, server))), weight),
              )
          : [view(kind, name, BUILT_IN, addressText(builtIn), 1)],
    };
  });
}

function sumBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  valueOf: (item: Item) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0) + valueOf(item));
  return sums;
}

/** A name stands behind the address that it has now. */
function whereIs(address: Endpoint | NamedEndpoint, health: HealthView | undefined): string {
  if (!isNamed(address)) return formatEndpoint(address);
  return `${health?.address ?? 'no address'} (${formatNamedEndpoint(address)})`;
}

function addressText(address: ServerAddress): string {
  return 'path' in address ? `unix:${address.path}` : hostPort(address.host, address.port);
}

/** As an operator writes it. */
export function hostPort(host: string, port: number): string {
  const address = parseAddress(host);
  return address === undefined ? `${host}:${port}` : formatEndpoint({ address, port });
}
