/** What is looked at when somebody asks for metrics: servers, and the process. */
import { LOAD_UNKNOWN, MAINTENANCE, DRAIN, UP, WEIGHT_UNIT } from '../../balance/server-table.ts';
import type { ServerRow, ServerTable } from '../../balance/server-table.ts';
import { residentBytes } from '../../base/memory.ts';
import type { Sample } from './family.ts';
import { FAMILIES } from './families.ts';

/** A server with its row, as `kind`, pool and name. */
export interface ServerAtRow {
  readonly labels: readonly [kind: 'pool' | 'decoy', pool: string, server: string];
  readonly row: ServerRow;
  readonly isBackup: boolean;
}

/** LOAD of a server that is wholly busy. */
export const LOAD_WHOLE = 10_000;

export function collectServers(
  table: ServerTable,
  servers: readonly ServerAtRow[],
  slowStart: { readonly shareOf: (row: ServerRow) => number | undefined },
): readonly Sample[] {
  return servers.flatMap(({ labels, row }) => {
    const mode = modeOf(table, row);
    const load = table.load(row);
    return [
      { family: FAMILIES.serverUp, labels, value: table.state(row) === UP ? 1 : 0 },
      ...MODES.map((name) => ({
        family: FAMILIES.serverMode,
        labels: [...labels, name],
        value: name === mode ? 1 : 0,
      })),
      { family: FAMILIES.serverWeight, labels, value: table.weight(row) / WEIGHT_UNIT },
      { family: FAMILIES.serverSlowStart, labels, value: slowStart.shareOf(row) ?? 1 },
      { family: FAMILIES.serverInUse, labels, value: table.inUse(row) },
      { family: FAMILIES.serverWaiting, labels, value: table.waiting(row) },
      ...(load === LOAD_UNKNOWN ? [] : [{ family: FAMILIES.serverLoad, labels, value: load / LOAD_WHOLE }]),
    ];
  });
}

/** How many servers of each pool take new sessions, and how many exchanges are in its queue, which is at `rowOf`. */
export function collectPools(
  table: ServerTable,
  servers: readonly ServerAtRow[],
  rowOf: (kind: 'pool' | 'decoy', pool: string) => ServerRow,
): readonly Sample[] {
  const pools = Map.groupBy(servers, ({ labels: [kind, pool] }) => `${kind} ${pool}`);
  return [...pools.values()].flatMap((members) => {
    // No group is empty.
    const [kind, pool] = members[0]!.labels;
    const open = (['ordinary', 'backup'] as const).map((tier) => ({
      family: FAMILIES.serversOpen,
      labels: [kind, pool, tier],
      value: members.filter(({ row, isBackup }) => isBackup === (tier === 'backup') && table.isOpen(row))
        .length,
    }));
    return [
      ...open,
      { family: FAMILIES.poolWaiting, labels: [kind, pool], value: table.inUse(rowOf(kind, pool)) },
    ];
  });
}

const MODES = ['ready', 'drain', 'maintenance'] as const;

/** The mode that holds: the stricter one of operator and agent. */
export function modeOf(table: ServerTable, row: ServerRow): (typeof MODES)[number] {
  const modes = [table.mode(row), table.agentMode(row)];
  if (modes.includes(MAINTENANCE)) return 'maintenance';
  return modes.includes(DRAIN) ? 'drain' : 'ready';
}

/** The process and the program. */
export function collectProcess(version: string): readonly Sample[] {
  const { user, system } = process.cpuUsage();
  return [
    { family: FAMILIES.build, labels: [version, process.version], value: 1 },
    { family: FAMILIES.memory, labels: [], value: residentBytes() },
    { family: FAMILIES.cpu, labels: [], value: (user + system) / 1e6 },
    { family: FAMILIES.start, labels: [], value: Math.round(performance.timeOrigin) / 1000 },
  ];
}
