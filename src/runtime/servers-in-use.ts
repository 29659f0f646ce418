/** The servers of a configuration and their rows in the ServerTable. */
import { goesOnward, ORIGINAL_DESTINATION } from '../balance/destination-options.ts';
import { Limits } from '../balance/limits.ts';
import type { PoolOptions, ServerOptions } from '../balance/options.ts';
import { poolKey, ServerRows, serverKey } from '../balance/server-rows.ts';
import type { RowsByKey } from '../balance/server-rows.ts';
import type { ServerRow } from '../balance/server-table.ts';
import { ServerTable } from '../balance/server-table.ts';
import { Service } from '../balance/service.ts';
import { SlowStart } from '../balance/slow-start.ts';
import { Weights } from '../balance/weights.ts';
import { now } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { TIMERS } from './timers.ts';

/** What all threads know of the servers, and the row of each by the names that serverKeys gives. */
export interface ServersInUse {
  readonly table: ServerTable;
  readonly rows: RowsByKey;
}

/** The name of the one server of a decoy that has none of its own. */
export const BUILT_IN = 'built-in';

/** A server as the configuration names it. */
export interface ServerName {
  readonly kind: 'pool' | 'decoy';
  readonly pool: string;
  readonly server: string;
}

/** Every server of a configuration: those of the pools, and those of the decoys after them. */
export function serversOf(config: Config): readonly ServerName[] {
  const named = (kind: 'pool' | 'decoy', pools: Config['pools']): ServerName[] =>
    Object.entries(pools).flatMap(([pool, options]) =>
      (loneServer(kind, options) ?? Object.keys(options.servers)).map((server) => ({ kind, pool, server })),
    );
  return [...named('pool', config.pools), ...named('decoy', config.decoys)];
}

/** The server of a pool that names none, in a list; undefined where there are some. */
function loneServer(kind: 'pool' | 'decoy', pool: PoolOptions): readonly [string] | undefined {
  if (kind === 'pool') return goesOnward(pool) ? [ORIGINAL_DESTINATION] : undefined;
  return Object.keys(pool.servers).length === 0 ? [BUILT_IN] : undefined;
}

/** What the configuration says of a server; undefined for a built-in decoy. */
export function optionsOf(config: Config, { kind, pool, server }: ServerName): ServerOptions | undefined {
  return (kind === 'pool' ? config.pools : config.decoys)[pool]?.servers[server];
}

/** Every server and every pool of a configuration, by the name that its row has. */
export function serverKeys(config: Config): readonly string[] {
  return [
    ...serversOf(config).map(({ kind, pool, server }) => serverKey(kind, pool, server)),
    ...Object.keys(config.pools).map((name) => poolKey('pool', name)),
    ...Object.keys(config.decoys).map((name) => poolKey('decoy', name)),
  ];
}

/** What the supervisor has of the servers besides: only it decides on states, weights and limits, and gives out rows. */
export interface OwnedServers extends ServersInUse {
  readonly service: Service;
  readonly slowStart: SlowStart;
  readonly weights: Weights;
  readonly limits: Limits;
  readonly book: ServerRows;
}

/** A new table, with just enough rows for one configuration and one worker unless more is said. */
export function newServers(
  config: Config,
  room: { readonly rowsMax: number; readonly workersMax: number } = {
    rowsMax: serverKeys(config).length,
    workersMax: 1,
  },
): OwnedServers {
  const table = ServerTable.create(room.rowsMax, room.workersMax);
  const book = new ServerRows(table);
  const weights = new Weights(table);
  const limits = new Limits(table);
  const slowStart = new SlowStart({ timers: TIMERS, clock: now, ramped: [weights, limits] });
  const service = new Service(table, slowStart);
  const rows = book.assign(serverKeys(config));
  const servers = { table, book, rows, service, slowStart, weights, limits };
  configureServers(config, servers);
  return servers;
}

/** What the supervisor knew of a server that is gone: its row may become that of another. */
export function forgetServer({ service, weights, limits }: OwnedServers, row: ServerRow): void {
  for (const part of [service, weights, limits]) part.forget(row);
}

/** Gives every server the weight, the limit and the slow start that the configuration says, and every pool its queue. */
export function configureServers(config: Config, servers: OwnedServers): void {
  const { table, rows, weights, limits, slowStart } = servers;
  const pools = [
    ...Object.entries(config.pools).map(([name, pool]) => ({ kind: 'pool' as const, name, pool })),
    ...Object.entries(config.decoys).map(([name, pool]) => ({ kind: 'decoy' as const, name, pool })),
  ];
  for (const { kind, name, pool } of pools) {
    table.setInUseMax(rowOf(rows, poolKey(kind, name)), pool.queue);
    for (const [server, options] of Object.entries(pool.servers)) {
      const row = rowOf(rows, serverKey(kind, name, server));
      const lasts = options.slowStart ?? pool.slowStart;
      weights.setConfigured(row, options.weight);
      limits.setConfigured(row, options.maxConnections ?? pool.maxConnections);
      slowStart.configure(row, lasts === 'off' ? 0 : lasts);
    }
    for (const server of loneServer(kind, pool) ?? []) {
      const row = rowOf(rows, serverKey(kind, name, server));
      weights.setConfigured(row, 1);
      limits.setConfigured(row, pool.maxConnections);
    }
  }
}

/** The row of a server that must have one. */
export function rowOf(rows: RowsByKey, key: string): ServerRow {
  const row = rows.get(key);
  if (row === undefined) throw new Error(`Server "${key}" has no row`);
  return row;
}
