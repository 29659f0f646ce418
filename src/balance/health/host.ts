/** What all servers that are watched share: the table they write, clocks, timers, the log. */
import type { Limits } from '../limits.ts';
import type { ServerTable } from '../server-table.ts';
import type { Service } from '../service.ts';
import type { Weights } from '../weights.ts';
import type { runAgent } from './agent.ts';
import type { runCheck } from './check.ts';
import type { PatternCompiler } from './ready-check.ts';
import type { WatchedServer } from './server-health.ts';

/** Calls `run` once after `ms`; what it returns takes that back. */
export interface Timers {
  after(ms: number, run: () => void): () => void;
}

/** As much of the program's own log as is written to. */
export interface HealthLog {
  debug(text: string, fields: HealthFields): void;
  info(text: string, fields: HealthFields): void;
  warn(text: string, fields: HealthFields): void;
  error(text: string, fields: HealthFields): void;
}

type HealthFields = Readonly<Record<string, string | number | boolean>>;

export interface HealthHost {
  readonly table: ServerTable;
  /** Where states and modes are written. */
  readonly service: Service;
  readonly weights: Weights;
  readonly limits: Limits;
  readonly log: HealthLog;
  readonly timers: Timers;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  readonly wallClock: () => number;
  readonly compile: PatternCompiler;
  /** How a server and an agent are asked. */
  readonly check: typeof runCheck;
  readonly ask: typeof runAgent;
  /** `ms`, longer or shorter by up to `percent`. */
  readonly jitter: (ms: number, percent: number) => number;
  /** A server went up or down. */
  readonly onChange: (server: WatchedServer) => void;
}
