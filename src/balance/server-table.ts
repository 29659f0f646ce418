/**
 * What all threads know of each server: whether it may be used, by which weight, and what it has in hand.
 *
 * One row a server in memory that all threads share. The supervisor decides (health, modes, weights, limits) and writes
 * those columns; workers count what is in use and waits, and note failures and times. A reader may see a row halfway
 * through a change: every column is good alone, and no decision depends on two of them agreeing.
 *
 *     header   epoch                                                      4 × Int32
 *     rows     one cache line a server                                   16 × Int32 each
 *     mirrors  for each worker, what of each row's IN_USE and WAITING is its own: given back when it dies
 *     addresses  where servers that are named listen now: server-addresses.ts
 *
 * `epoch` grows whenever a column of the supervisor's changes, so that a worker which keeps something computed from
 * them needs one load to know that it still holds.
 */

import { ADDRESS_CELLS, ServerAddresses } from './server-addresses.ts';

/** A server as the rows know it: an index. Rows of servers that are gone are used again. */
export type ServerRow = number;

/** What checks say. */
export const UP = 0;
export const DOWN = 1;

/** What an operator or an agent says. `drain`: no new sessions; `maintenance`: nothing at all. */
export const READY = 0;
export const DRAIN = 1;
export const MAINTENANCE = 2;

/** Effective weights are the configured ones times this, so that slow start and agents can take fractions of one. */
export const WEIGHT_UNIT = 256;

/** LOAD of a server of which nothing is known. */
export const LOAD_UNKNOWN = -1;
/** LOAD of one that can do no more. */
export const LOAD_MAX = 10_000;

const HEADER = 4;
const EPOCH = 0;

const ROW = 16;
const STATE = 0;
const MODE = 1;
const AGENT_MODE = 2;
const WEIGHT = 3;
const IN_USE_MAX = 4;
const LOAD = 5;
const IN_USE = 6;
const WAITING = 7;
const WAKE = 8;
const ERRORS = 9;
const RESPONSE_US = 10;

const MIRROR = 2;

/** A sixteenth of each new time enters the average: it follows a change within some thirty exchanges. */
const AVERAGE_SHIFT = 4;

export class ServerTable {
  /** For other threads: `new ServerTable(shared, rowsMax, worker)` there is the same table. */
  readonly shared: SharedArrayBuffer;
  readonly rowsMax: number;
  readonly addresses: ServerAddresses;
  readonly #cells: Int32Array;
  readonly #worker: number;

  /** Bytes of a table for so many servers and workers. */
  static byteLength(rowsMax: number, workersMax: number): number {
    const cells = HEADER + rowsMax * (ROW + MIRROR * workersMax + ADDRESS_CELLS);
    return cells * Int32Array.BYTES_PER_ELEMENT;
  }

  /** A new table in which every row is up, ready, of no weight and without a limit. */
  static create(rowsMax: number, workersMax: number): ServerTable {
    return new ServerTable(new SharedArrayBuffer(ServerTable.byteLength(rowsMax, workersMax)), rowsMax, 0);
  }

  /** `worker` counts from 0 and says whose mirror this thread writes. */
  constructor(shared: SharedArrayBuffer, rowsMax: number, worker: number) {
    this.shared = shared;
    this.rowsMax = rowsMax;
    this.#cells = new Int32Array(shared);
    this.#worker = worker;
    // Behind everything else, so that it is in the same place whoever knows how many workers there are.
    this.addresses = new ServerAddresses(this.#cells, this.#cells.length - rowsMax * ADDRESS_CELLS);
  }

  /** Another number whenever the supervisor has changed something. */
  get epoch(): number {
    return Atomics.load(this.#cells, EPOCH);
  }

  /** The row as a new server finds it. */
  reset(row: ServerRow): void {
    const at = place(row);
    for (let column = 0; column < ROW; column++) Atomics.store(this.#cells, at + column, 0);
    Atomics.store(this.#cells, at + LOAD, LOAD_UNKNOWN);
    this.addresses.set(row, undefined);
    this.#changed();
  }

  state(row: ServerRow): number {
    return this.#get(row, STATE);
  }

  setState(row: ServerRow, state: typeof UP | typeof DOWN): void {
    this.#set(row, STATE, state);
  }

  /** What the operator says. */
  mode(row: ServerRow): number {
    return this.#get(row, MODE);
  }

  setMode(row: ServerRow, mode: typeof READY | typeof DRAIN | typeof MAINTENANCE): void {
    this.#set(row, MODE, mode);
  }

  /** What the server's agent says. */
  agentMode(row: ServerRow): number {
    return this.#get(row, AGENT_MODE);
  }

  setAgentMode(row: ServerRow, mode: typeof READY | typeof DRAIN | typeof MAINTENANCE): void {
    this.#set(row, AGENT_MODE, mode);
  }

  /** In parts of WEIGHT_UNIT: configured weight, times what the agent and slow start make of it. */
  weight(row: ServerRow): number {
    return this.#get(row, WEIGHT);
  }

  setWeight(row: ServerRow, weight: number): void {
    this.#set(row, WEIGHT, weight);
  }

  /** The most exchanges and tunnels that it may have in hand, over all workers; 0 for no limit. */
  inUseMax(row: ServerRow): number {
    return this.#get(row, IN_USE_MAX);
  }

  setInUseMax(row: ServerRow, max: number): void {
    this.#set(row, IN_USE_MAX, max);
  }

  /** How busy its agent says it is, 0 to LOAD_MAX, or LOAD_UNKNOWN. */
  load(row: ServerRow): number {
    return this.#get(row, LOAD);
  }

  setLoad(row: ServerRow, load: number): void {
    this.#set(row, LOAD, load);
  }

  /** True when new sessions may go there: it is up, ready, and has a weight. */
  isOpen(row: ServerRow): boolean {
    const at = place(row);
    const cells = this.#cells;
    return (
      Atomics.load(cells, at + STATE) === UP &&
      Atomics.load(cells, at + MODE) === READY &&
      Atomics.load(cells, at + AGENT_MODE) === READY &&
      Atomics.load(cells, at + WEIGHT) > 0
    );
  }

  /** True when sessions that are bound to it may still go there: it is up, and nobody has taken it out of service. */
  isKept(row: ServerRow): boolean {
    return (
      this.#get(row, STATE) === UP &&
      this.#get(row, MODE) !== MAINTENANCE &&
      this.#get(row, AGENT_MODE) !== MAINTENANCE
    );
  }

  /** Exchanges and tunnels that it has in hand, over all workers. */
  inUse(row: ServerRow): number {
    return this.#get(row, IN_USE);
  }

  /** Takes one of its places; false, and nothing taken, when it has as many as it may. */
  take(row: ServerRow): boolean {
    const at = place(row);
    const max = Atomics.load(this.#cells, at + IN_USE_MAX);
    if (max > 0) {
      for (;;) {
        const used = Atomics.load(this.#cells, at + IN_USE);
        if (used >= max) return false;
        if (Atomics.compareExchange(this.#cells, at + IN_USE, used, used + 1) === used) break;
      }
    } else {
      Atomics.add(this.#cells, at + IN_USE, 1);
    }
    this.#note(this.#mirror(row, this.#worker), 1);
    return true;
  }

  /** Gives a place back, and wakes one thread whose exchanges wait for it. */
  give(row: ServerRow): void {
    const at = place(row);
    this.#note(this.#mirror(row, this.#worker), -1);
    Atomics.sub(this.#cells, at + IN_USE, 1);
    if (Atomics.load(this.#cells, at + WAITING) > 0) this.wake(row);
  }

  /** Exchanges that wait for a place, over all workers. */
  waiting(row: ServerRow): number {
    return this.#get(row, WAITING);
  }

  addWaiting(row: ServerRow, count: 1 | -1): void {
    Atomics.add(this.#cells, place(row) + WAITING, count);
    this.#note(this.#mirror(row, this.#worker) + 1, count);
  }

  /** Lets one thread that waits look again: the one that has waited longest. Answers with the ticket of this call. */
  wake(row: ServerRow): number {
    const at = place(row) + WAKE;
    const ticket = (Atomics.add(this.#cells, at, 1) + 1) | 0;
    Atomics.notify(this.#cells, at, 1);
    return ticket;
  }

  /** What to give `onWake`: read it before looking for a place, so that no call in between is missed. */
  wakeTicket(row: ServerRow): number {
    return Atomics.load(this.#cells, place(row) + WAKE);
  }

  /** Resolves when `wake` was called since `ticket` was read, or after `waitMs`. */
  async onWake(row: ServerRow, ticket: number, waitMs: number): Promise<void> {
    const result = Atomics.waitAsync(this.#cells, place(row) + WAKE, ticket, waitMs);
    if (result.async) await result.value;
  }

  /** Failures of real traffic in a row, this one included. */
  addError(row: ServerRow): number {
    return Atomics.add(this.#cells, place(row) + ERRORS, 1) + 1;
  }

  clearErrors(row: ServerRow): void {
    const at = place(row) + ERRORS;
    if (Atomics.load(this.#cells, at) !== 0) Atomics.store(this.#cells, at, 0);
  }

  /** As if so many had failed: the supervisor lets a server be tried, which then may fail less often. */
  primeErrors(row: ServerRow, count: number): void {
    Atomics.store(this.#cells, place(row) + ERRORS, count);
  }

  errors(row: ServerRow): number {
    return this.#get(row, ERRORS);
  }

  /** Moving average of the time to the first byte of a response, in microseconds; 0 before the first one. */
  responseUs(row: ServerRow): number {
    return this.#get(row, RESPONSE_US);
  }

  /** Two workers at once may lose one of two times: it is an average. */
  addResponseUs(row: ServerRow, us: number): void {
    const at = place(row) + RESPONSE_US;
    const before = Atomics.load(this.#cells, at);
    const after = before === 0 ? us : before + ((us - before) >> AVERAGE_SHIFT);
    Atomics.store(this.#cells, at, Math.max(1, after));
  }

  /** Gives back what a worker had in hand when it died. */
  releaseWorker(worker: number): void {
    for (let row = 0; row < this.rowsMax; row++) {
      const mirror = this.#mirror(row, worker);
      const inUse = Atomics.exchange(this.#cells, mirror, 0);
      const waiting = Atomics.exchange(this.#cells, mirror + 1, 0);
      if (inUse !== 0) Atomics.sub(this.#cells, place(row) + IN_USE, inUse);
      if (waiting !== 0) Atomics.sub(this.#cells, place(row) + WAITING, waiting);
      if (inUse !== 0 && Atomics.load(this.#cells, place(row) + WAITING) > 0) this.wake(row);
    }
  }

  #get(row: ServerRow, column: number): number {
    return Atomics.load(this.#cells, place(row) + column);
  }

  #set(row: ServerRow, column: number, value: number): void {
    const at = place(row) + column;
    if (Atomics.exchange(this.#cells, at, value) !== value) this.#changed();
  }

  #changed(): void {
    Atomics.add(this.#cells, EPOCH, 1);
  }

  /** Not atomic: nobody else writes to what mirrors this worker, and others read it when this one is gone. */
  #note(mirror: number, count: 1 | -1): void {
    this.#cells[mirror] = this.#cells[mirror]! + count; // The table has a mirror for each row and worker.
  }

  #mirror(row: ServerRow, worker: number): number {
    return HEADER + this.rowsMax * (ROW + MIRROR * worker) + MIRROR * row;
  }
}

function place(row: ServerRow): number {
  return HEADER + ROW * row;
}
