/**
 * What persistence needs beside the configuration, the same for all threads and after a reload: the tables of sessions, and
 * the secret that values of cookies are made with. Plain data and shared memory, so that it can be sent to a worker.
 */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { SessionTable } from '../state/session-table.ts';

export interface SessionsInUse {
  readonly secret: string;
  /** By pool: those of persistence by entries. */
  readonly tables: ReadonlyMap<string, SharedArrayBuffer>;
}

/** How a pool is called among the tables. */
export function sessionsKey(kind: 'pool' | 'decoy', pool: string): string {
  return `${kind} ${pool}`;
}

/**
 * Tables for a configuration. Those of `before` are kept, with their sessions, where the pool wants one of that size.
 * Without a secret of the installation, one for this run.
 */
export function newSessions(
  config: Config,
  secret: string = randomBytes(32).toString('hex'),
  before?: SessionsInUse,
): SessionsInUse {
  const tables = new Map<string, SharedArrayBuffer>();
  for (const [kind, pools] of [['pool', config.pools] as const, ['decoy', config.decoys] as const]) {
    for (const [name, { persistence }] of Object.entries(pools)) {
      if (persistence.by !== 'entry') continue;
      const { max } = persistence.entry;
      const key = sessionsKey(kind, name);
      const kept = before?.tables.get(key);
      const fits = kept?.byteLength === SessionTable.byteLength(max);
      tables.set(key, kept !== undefined && fits ? kept : SessionTable.create(max).shared);
    }
  }
  return { secret, tables };
}
