/**
 * What the weight of a server is made of. Several say something about it: the configuration or an operator in its place,
 * its agent, and slow start.
 * Each says its own part here, and the table has their product. Kept by the supervisor alone.
 *
 *     WEIGHT = (operator, or configured) × WEIGHT_UNIT × agent × ramp
 */
import { WEIGHT_UNIT } from './server-table.ts';
import type { ServerRow, ServerTable } from './server-table.ts';

/** As much as a configured weight can be: an agent that says more gets no more. */
const WEIGHT_MAX = 256 * WEIGHT_UNIT;

interface Parts {
  /** As configured: 0 to 256. */
  configured: number;
  /** What an operator has put in its place. */
  operator: number | undefined;
  /** 1 for all of it; above 1 where an agent asks for more than its share. */
  agent: number;
  /** Above 0, at most 1. */
  ramp: number;
}

export class Weights {
  readonly #table: ServerTable;
  /** One for each server in use: `forget` takes them out. */
  readonly #parts = new Map<ServerRow, Parts>();

  constructor(table: ServerTable) {
    this.#table = table;
  }

  /**
   * The configuration says so. What an agent or slow start have said stays. What an operator has said stays, too, until
   * the configuration says something else than before: then that is the later word.
   */
  setConfigured(row: ServerRow, weight: number): void {
    const isNews = this.#parts.get(row)?.configured !== weight;
    this.#change(row, isNews ? { configured: weight, operator: undefined } : { configured: weight });
  }

  /** An operator says so, in place of the configuration; undefined gives that its say again. */
  setOperator(row: ServerRow, weight: number | undefined): void {
    this.#change(row, { operator: weight });
  }

  /** The agent says so; 100 is what is configured. */
  setAgentPercent(row: ServerRow, percent: number): void {
    this.#change(row, { agent: percent / 100 });
  }

  /** Slow start is at this share: above 0, at most 1. */
  setRamp(row: ServerRow, share: number): void {
    this.#change(row, { ramp: share });
  }

  /** The server is gone; its row may become that of another. */
  forget(row: ServerRow): void {
    this.#parts.delete(row);
  }

  #change(row: ServerRow, change: Partial<Parts>): void {
    const parts = {
      ...(this.#parts.get(row) ?? { configured: 0, operator: undefined, agent: 1, ramp: 1 }),
      ...change,
    };
    this.#parts.set(row, parts);
    const exact = (parts.operator ?? parts.configured) * WEIGHT_UNIT * parts.agent * parts.ramp;
    // A share that is small is not none: only a weight of 0 takes a server out.
    this.#table.setWeight(row, exact > 0 ? Math.min(WEIGHT_MAX, Math.max(1, Math.round(exact))) : 0);
  }
}
