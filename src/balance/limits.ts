/**
 * What the limit of a server is made of: how many exchanges and tunnels it may have at once. The configuration says it, or
 * the agent in its place, and slow start gives a share of that. Kept by the supervisor alone.
 *
 *     IN_USE_MAX = (agent, or configured) × ramp, at least 1; 0, which is no limit, stays that
 */
import type { ServerRow, ServerTable } from './server-table.ts';

interface Parts {
  /** 0 for no limit. */
  readonly configured: number;
  /** What the agent has put in its place. */
  readonly agent: number | undefined;
  /** Above 0, at most 1. */
  readonly ramp: number;
}

const NOTHING_SAID: Parts = { configured: 0, agent: undefined, ramp: 1 };

export class Limits {
  readonly #table: ServerTable;
  /** One for each server in use: `forget` takes them out. */
  readonly #parts = new Map<ServerRow, Parts>();

  constructor(table: ServerTable) {
    this.#table = table;
  }

  /** The configuration says so. What an agent has said stays until it says something else. */
  setConfigured(row: ServerRow, max: number): void {
    this.#change(row, { configured: max });
  }

  /** The agent says so, in place of the configuration; undefined gives that its say again. */
  setAgent(row: ServerRow, max: number | undefined): void {
    this.#change(row, { agent: max });
  }

  /** Slow start is at this share. */
  setRamp(row: ServerRow, share: number): void {
    this.#change(row, { ramp: share });
  }

  /** The server is gone; its row may become that of another. */
  forget(row: ServerRow): void {
    this.#parts.delete(row);
  }

  #change(row: ServerRow, change: Partial<Parts>): void {
    const parts = { ...(this.#parts.get(row) ?? NOTHING_SAID), ...change };
    this.#parts.set(row, parts);
    const whole = parts.agent ?? parts.configured;
    // The share of a limit must not become 0: that would be none at all.
    this.#table.setInUseMax(row, whole === 0 ? 0 : Math.max(1, Math.floor(whole * parts.ramp)));
  }
}
