/**
 * Which servers are in service: up, and not in maintenance. State and modes are written through here, by the supervisor
 * alone, because it matters when one comes back.
 *
 *     in service  =  up  and  neither the operator nor the agent says maintenance
 *
 * A server that drains is in service: it keeps its sessions, and is warm when it takes new ones again.
 */
import { DOWN, MAINTENANCE, UP } from './server-table.ts';
import type { DRAIN, READY, ServerRow, ServerTable } from './server-table.ts';

export type State = typeof UP | typeof DOWN;
export type Mode = typeof READY | typeof DRAIN | typeof MAINTENANCE;

/** Is told when servers come and go. */
export interface Comebacks {
  /** It is about to be in service again. */
  begin(row: ServerRow): void;
  /** It is out of service. */
  end(row: ServerRow): void;
  /** It is gone for good. */
  forget(row: ServerRow): void;
}

interface Standing {
  readonly state: number;
  readonly mode: number;
  readonly agentMode: number;
}

export class Service {
  readonly #table: ServerTable;
  readonly #comebacks: Comebacks;
  /** Servers that have never been in service: when they are, that is no coming back. */
  readonly #new = new Set<ServerRow>();

  constructor(table: ServerTable, comebacks: Comebacks) {
    this.#table = table;
    this.#comebacks = comebacks;
  }

  /** A server begins, up or down. */
  start(row: ServerRow, state: State): void {
    if (state === DOWN) this.#new.add(row);
    this.#table.setState(row, state);
  }

  setState(row: ServerRow, state: State): void {
    this.#change(row, { state }, () => this.#table.setState(row, state));
  }

  /** What the operator says. */
  setMode(row: ServerRow, mode: Mode): void {
    this.#change(row, { mode }, () => this.#table.setMode(row, mode));
  }

  /** What the server's agent says. */
  setAgentMode(row: ServerRow, agentMode: Mode): void {
    this.#change(row, { agentMode }, () => this.#table.setAgentMode(row, agentMode));
  }

  /** The server is gone; its row may become that of another. */
  forget(row: ServerRow): void {
    this.#new.delete(row);
    this.#comebacks.forget(row);
  }

  #change(row: ServerRow, change: Partial<Standing>, write: () => void): void {
    const table = this.#table;
    const before = { state: table.state(row), mode: table.mode(row), agentMode: table.agentMode(row) };
    const was = isInService(before);
    const will = isInService({ ...before, ...change });
    // Before it can be chosen: no worker may see it with all of its weight for a moment.
    if (will && !was && !this.#new.delete(row)) this.#comebacks.begin(row);
    write();
    if (was && !will) this.#comebacks.end(row);
  }
}

function isInService({ state, mode, agentMode }: Standing): boolean {
  return state === UP && mode !== MAINTENANCE && agentMode !== MAINTENANCE;
}
