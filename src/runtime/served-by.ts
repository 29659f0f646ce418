/** Which pool serves in the place of one that has no server left, for people who look: exchanges decide for themselves. */
import { serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import { rowOf, serversOf } from './servers-in-use.ts';
import type { ServersInUse } from './servers-in-use.ts';

/**
 * By the name of the pool, of one kind: the first pool on the way of its fallbacks that has an open server. Pools that serve
 * themselves, and those for which nobody does, are not there.
 */
export function servedBy(
  config: Config,
  kind: 'pool' | 'decoy',
  { table, rows }: ServersInUse,
): ReadonlyMap<string, string> {
  const open = new Set(
    serversOf(config)
      .filter((server) => server.kind === kind)
      .filter(({ pool, server }) => table.isOpen(rowOf(rows, serverKey(kind, pool, server))))
      .map(({ pool }) => pool),
  );
  const pools = kind === 'pool' ? config.pools : config.decoys;
  const found = new Map<string, string>();
  for (const [name, { fallback }] of Object.entries(pools)) {
    if (open.has(name)) continue;
    let other = fallback;
    // The checks have seen to it that there is no ring.
    while (other !== undefined && !open.has(other)) other = pools[other]?.fallback;
    if (other !== undefined) found.set(name, other);
  }
  return found;
}
