/**
 * Slow start: a server that has come back gets its weight, and its limit of exchanges, in steps over some time. Its caches
 * are cold and its connections closed, and the whole of its share at once could bring it down again.
 *
 *     share   1/16  2/16  3/16 …            16/16
 *             ├─────┼─────┼── … ──┼─────────┤
 *     begins  0     T/16  2T/16     15T/16           of T, the time that is configured
 *
 * The shares and times of HAProxy's `slowstart`; its weight is looked at each second and rounded up to a sixteenth, too.
 * As there, what is new is not slow: at the start of the proxy every server has its whole weight, or the first of them to
 * be found would get everything. The supervisor writes the shares into the ServerTable, one change a step, so every
 * algorithm that knows weights knows them, and workers do nothing for it.
 *
 * A server that goes away in the midst of it begins anew when it comes back. Time goes on while it drains.
 */
import type { Timers } from './health/host.ts';
import type { ServerRow } from './server-table.ts';
import type { Comebacks } from './service.ts';

/** Steps of a slow start, whatever its length: each costs every worker a look at the servers of its pools. */
export const STEPS = 16;

/** Takes shares of weights, or of limits. */
interface Ramped {
  setRamp(row: ServerRow, share: number): void;
}

export interface SlowStartHost {
  readonly timers: Timers;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  readonly ramped: readonly Ramped[];
}

interface Ramp {
  readonly beganAt: number;
  share: number;
  /** Takes the next step back. */
  cancel: () => void;
}

export class SlowStart implements Comebacks {
  readonly #host: SlowStartHost;
  /** How long that of a server lasts; those that have none are not there. */
  readonly #lastsMs = new Map<ServerRow, number>();
  /** Those that are under way. */
  readonly #ramps = new Map<ServerRow, Ramp>();

  constructor(host: SlowStartHost) {
    this.#host = host;
  }

  /** How long it lasts from now on; 0 for none. One that is under way goes on by that, from when it began. */
  configure(row: ServerRow, lastsMs: number): void {
    if (lastsMs === 0) this.#lastsMs.delete(row);
    else this.#lastsMs.set(row, lastsMs);
    const ramp = this.#ramps.get(row);
    if (ramp !== undefined) this.#step(row, ramp);
  }

  begin(row: ServerRow): void {
    if (!this.#lastsMs.has(row)) return;
    this.#ramps.get(row)?.cancel();
    const ramp: Ramp = { beganAt: this.#host.clock(), share: 1, cancel: () => {} };
    this.#ramps.set(row, ramp);
    this.#step(row, ramp);
  }

  end(row: ServerRow): void {
    const ramp = this.#ramps.get(row);
    if (ramp === undefined) return;
    ramp.cancel();
    this.#ramps.delete(row);
    this.#set(row, 1);
  }

  /** The share that a server has; undefined where it is all. */
  shareOf(row: ServerRow): number | undefined {
    return this.#ramps.get(row)?.share;
  }

  forget(row: ServerRow): void {
    this.#ramps.get(row)?.cancel();
    this.#ramps.delete(row);
    this.#lastsMs.delete(row);
  }

  close(): void {
    for (const { cancel } of this.#ramps.values()) cancel();
    this.#ramps.clear();
  }

  #step(row: ServerRow, ramp: Ramp): void {
    ramp.cancel();
    const { clock, timers } = this.#host;
    const elapsedMs = clock() - ramp.beganAt;
    const lastsMs = this.#lastsMs.get(row) ?? 0;
    // A timer may come a little early: then it is still the step before.
    const step = lastsMs === 0 ? STEPS : Math.floor((STEPS * elapsedMs) / lastsMs) + 1;
    if (step >= STEPS) {
      this.end(row);
      return;
    }
    ramp.share = step / STEPS;
    this.#set(row, ramp.share);
    ramp.cancel = timers.after((step * lastsMs) / STEPS - elapsedMs, () => this.#step(row, ramp));
  }

  #set(row: ServerRow, share: number): void {
    for (const ramped of this.#host.ramped) ramped.setRamp(row, share);
  }
}
