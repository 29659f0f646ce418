/**
 * Which server has which row of the ServerTable. Kept by the supervisor alone; workers are told the rows by name.
 *
 * A server that is in the next configuration too keeps its row, and with it its state and its counts. The row of one
 * that is gone is free once no worker uses the configuration that had it.
 */
import type { ServerRow, ServerTable } from './server-table.ts';

/** Rows by the names that serverKey makes. */
export type RowsByKey = ReadonlyMap<string, ServerRow>;

/** How a server is called among all servers. `kind` keeps a pool and a decoy of one name apart. */
export function serverKey(kind: 'pool' | 'decoy', pool: string, server: string): string {
  return `${kind} ${pool}/${server}`;
}

/** How a pool is called among them. Its row counts who waits for any of its servers, and wakes them. */
export function poolKey(kind: 'pool' | 'decoy', pool: string): string {
  return `${kind} ${pool}`;
}

export class ServerRows {
  readonly #table: ServerTable;
  readonly #rows = new Map<string, ServerRow>();
  readonly #free: ServerRow[];

  constructor(table: ServerTable) {
    this.#table = table;
    this.#free = Array.from({ length: table.rowsMax }, (_, row) => table.rowsMax - 1 - row);
  }

  /** The row of a server, if it has one. */
  find(key: string): ServerRow | undefined {
    return this.#rows.get(key);
  }

  /** Rows for all of `keys`: those that they have, and new ones as `reset` leaves them. Throws when there are too few. */
  assign(keys: Iterable<string>): RowsByKey {
    const assigned = new Map<string, ServerRow>();
    for (const key of keys) assigned.set(key, this.#rows.get(key) ?? this.#add(key));
    return assigned;
  }

  /** Frees the rows of all servers but `keys`: no worker may use them any more. Answers which rows those were. */
  keepOnly(keys: ReadonlySet<string>): readonly ServerRow[] {
    const freed: ServerRow[] = [];
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      this.#rows.delete(key);
      this.#free.push(row);
      freed.push(row);
    }
    return freed;
  }

  #add(key: string): ServerRow {
    const row = this.#free.pop();
    if (row === undefined) throw new Error(`Cannot have more than ${this.#table.rowsMax} servers`);
    this.#table.reset(row);
    this.#rows.set(key, row);
    return row;
  }
}
