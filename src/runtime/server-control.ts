/** What an operator does to a server while Sallyport runs. */
import type { ServerChange, ServerControl, ServerPath } from '../admin/call.ts';
import type { ServerTraffic } from '../admin/traffic-view.ts';
import { poolKey, serverKey } from '../balance/server-rows.ts';
import { DRAIN, MAINTENANCE, READY } from '../balance/server-table.ts';
import type { ServerRow } from '../balance/server-table.ts';
import type { ProgramLog } from '../record/program-log.ts';
import { rowOf as poolRow } from './servers-in-use.ts';
import type { OwnedServers } from './servers-in-use.ts';
import type { TrafficParts } from './traffic.ts';
import { serverTraffic } from './traffic.ts';

const MODES = { ready: READY, drain: DRAIN, maintenance: MAINTENANCE } as const;

/** `parts` gives what holds at the moment: a reload changes it. */
export function serverControl(
  parts: () => TrafficParts & { readonly servers: OwnedServers },
  log: ProgramLog,
): ServerControl {
  const rowOf = ({ kind, pool, server }: ServerPath): ServerRow | undefined =>
    parts().servers.rows.get(serverKey(kind, pool, server));
  const view = (path: ServerPath): ServerTraffic | undefined =>
    rowOf(path) === undefined ? undefined : serverTraffic(parts(), path);
  return {
    view,
    change: (path, change) => {
      const row = rowOf(path);
      if (row === undefined) return undefined;
      const { kind, pool, server } = path;
      const { servers } = parts();
      apply(servers, row, change);
      // Whoever waits for a place in the queue of the pool looks again.
      if (change.mode !== undefined) servers.table.wake(poolRow(servers.rows, poolKey(kind, pool)));
      log.info('An operator changed a server', { [kind]: pool, server, ...said(change) });
      return view(path);
    },
  };
}

function apply({ service, weights }: OwnedServers, row: ServerRow, { mode, weight }: ServerChange): void {
  if (weight !== undefined) weights.setOperator(row, weight ?? undefined);
  if (mode !== undefined) service.setMode(row, MODES[mode]);
}

function said({ mode, weight }: ServerChange): Record<string, string | number> {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(weight === undefined ? {} : { weight: weight ?? 'as configured' }),
  };
}
