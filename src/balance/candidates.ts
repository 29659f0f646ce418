/**
 * The servers that an algorithm chooses among, as numbers: each server is an index, in the order of the configuration.
 *
 * What the supervisor decides (who is open, effective weights, limits) is copied out of the ServerTable when its epoch
 * has changed, and only then: one load for each request otherwise. What changes with every request (what a server has in
 * hand) is read where it is asked for. An algorithm that keeps something made of weights compares `version`, which grows
 * only when something has changed for these servers.
 */
import type { ServerRow, ServerTable } from './server-table.ts';

export class Candidates {
  readonly table: ServerTable;
  /** Of all servers, open or not. */
  readonly count: number;
  /** By index: the effective weight in parts of WEIGHT_UNIT; 0 for a server that takes no new session. */
  readonly weights: Int32Array;
  /** The indexes of those that take new sessions, ascending: the first `openCount`. */
  readonly open: Int32Array;
  openCount = 0;
  /** The sum of all weights. */
  weightTotal = 0;
  /** Grows with each change. */
  version = 0;

  readonly #rows: Int32Array;
  readonly #limits: Int32Array;
  /** No epoch is this one, so that the first look reads everything. */
  #epoch = NaN;

  constructor(table: ServerTable, rows: readonly ServerRow[]) {
    this.table = table;
    this.count = rows.length;
    this.#rows = Int32Array.from(rows);
    this.#limits = new Int32Array(rows.length);
    this.weights = new Int32Array(rows.length);
    this.open = new Int32Array(rows.length);
  }

  /** Looks whether something has changed. */
  refresh(): void {
    // Before the columns: what changes while they are read changes the epoch again.
    const { epoch } = this.table;
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    if (this.#copy()) this.version++;
  }

  /** True when the server may have one more at once. Others wait: whoever comes now would overtake them. */
  hasRoom(index: number): boolean {
    const limit = this.#limits[index]!; // index < count; the same below.
    if (limit === 0) return true;
    const row = this.#rows[index]!;
    return this.table.inUse(row) < limit && this.table.waiting(row) === 0;
  }

  /** What the server has in hand and what waits for it, over all workers. */
  inFlight(index: number): number {
    const row = this.#rows[index]!;
    return this.table.inUse(row) + this.table.waiting(row);
  }

  /** ServerTable.responseUs. */
  responseUs(index: number): number {
    return this.table.responseUs(this.#rows[index]!);
  }

  /** ServerTable.load. */
  load(index: number): number {
    return this.table.load(this.#rows[index]!);
  }

  /** True when sessions that are bound to the server may go there. */
  isKept(index: number): boolean {
    return this.table.isKept(this.#rows[index]!);
  }

  #copy(): boolean {
    let hasChanged = this.version === 0;
    this.openCount = 0;
    this.weightTotal = 0;
    for (let index = 0; index < this.count; index++) {
      const row = this.#rows[index]!;
      this.#limits[index] = this.table.inUseMax(row);
      const weight = this.table.isOpen(row) ? Math.max(0, this.table.weight(row)) : 0;
      if (this.weights[index] !== weight) hasChanged = true;
      this.weights[index] = weight;
      if (weight === 0) continue;
      this.open[this.openCount++] = index;
      this.weightTotal += weight;
    }
    return hasChanged;
  }
}
