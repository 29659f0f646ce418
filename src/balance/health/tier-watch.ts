/**
 * Says when the backups of a pool take over, and when its ordinary servers are back: whoever runs on backups should know.
 * Looks at what the table says, as workers do, so that also an operator who drains the last ordinary server is told.
 */
import type { ServerRow, ServerTable } from '../server-table.ts';
import type { HealthLog } from './host.ts';
import { poolIdOf } from './server-health.ts';
import type { WatchedServer } from './server-health.ts';

type Serving = 'ordinary' | 'backups' | 'nobody';

interface WatchedPool {
  readonly pool: string;
  readonly ordinary: ServerRow[];
  readonly backups: ServerRow[];
}

export class TierWatch {
  readonly #table: ServerTable;
  readonly #log: HealthLog;
  /** Those that have backups and others, by kind and name; bounded by the rows of the table. */
  #pools: ReadonlyMap<string, WatchedPool> = new Map();
  /** What was said last; nothing while the ordinary servers serve. */
  readonly #said = new Map<string, Serving>();

  constructor({ table, log }: { readonly table: ServerTable; readonly log: HealthLog }) {
    this.#table = table;
    this.#log = log;
  }

  /** From now on these are the servers. */
  update(servers: readonly WatchedServer[]): void {
    const pools = new Map<string, WatchedPool>();
    for (const { key, pool, name, row, isBackup } of servers) {
      const id = poolIdOf({ key, name });
      const found = pools.get(id) ?? { pool, ordinary: [], backups: [] };
      (isBackup ? found.backups : found.ordinary).push(row);
      pools.set(id, found);
    }
    for (const [id, { ordinary, backups }] of pools)
      if (ordinary.length === 0 || backups.length === 0) pools.delete(id);
    this.#pools = pools;
    for (const id of this.#said.keys()) if (!pools.has(id)) this.#said.delete(id);
  }

  look(): void {
    for (const [id, { pool, ordinary, backups }] of this.#pools) {
      const serving = this.#isOpen(ordinary) ? 'ordinary' : this.#isOpen(backups) ? 'backups' : 'nobody';
      if (serving === (this.#said.get(id) ?? 'ordinary')) continue;
      this.#said.set(id, serving);
      if (serving === 'backups')
        this.#log.warn(`Backups serve "${pool}": no other server of it takes requests`, { pool });
      else if (serving === 'ordinary')
        this.#log.info(`Servers of "${pool}" that are no backups serve it again`, { pool });
    }
  }

  #isOpen(rows: readonly ServerRow[]): boolean {
    return rows.some((row) => this.#table.isOpen(row));
  }
}
