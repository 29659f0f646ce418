/** The servers of a configuration and their rows in the ServerTable. */
import { ServerRows, serverKey } from '../balance/server-rows.ts';
import type { RowsByKey } from '../balance/server-rows.ts';
import { ServerTable } from '../balance/server-table.ts';
import type { Config } from '../config/config.ts';

/** What all threads know of the servers, and the row of each by the names that serverKeys gives. */
export interface ServersInUse {
  readonly table: ServerTable;
  readonly rows: RowsByKey;
}

/** The name of the one server of a decoy that has none of its own. */
export const BUILT_IN = 'built-in';

/** Every server of a configuration, by the name that its row has. */
export function serverKeys(config: Config): readonly string[] {
  const ofPools = Object.entries(config.pools).flatMap(([pool, { servers }]) =>
    Object.keys(servers).map((server) => serverKey('pool', pool, server)),
  );
  const ofDecoys = Object.entries(config.decoys).flatMap(([decoy, { servers }]) => {
    const names = Object.keys(servers);
    return (names.length > 0 ? names : [BUILT_IN]).map((server) => serverKey('decoy', decoy, server));
  });
  return [...ofPools, ...ofDecoys];
}

/** A table of its own for one configuration and one worker. */
export function newServers(config: Config): ServersInUse {
  const keys = serverKeys(config);
  const table = ServerTable.create(keys.length, 1);
  return { table, rows: new ServerRows(table).assign(keys) };
}
