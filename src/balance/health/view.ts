/** What is shown of the health of a server. */
import type { CheckCode, CheckResult } from './check-code.ts';
import type { Phase } from './check-state.ts';

export interface HealthView {
  /** Where it listens; null while its name is not resolved. */
  readonly address: string | null;
  /** The decision: whether it may be used at all. */
  readonly state: 'up' | 'down';
  /** Why it is so, and since when (milliseconds since 1970). */
  readonly why: string;
  readonly sinceMs: number;
  /** Where its checks stand. `unchecked` without any, and before the first. */
  readonly phase: Phase;
  readonly progress: { readonly done: number; readonly of: number } | null;
  /** What the operator and the agent say. */
  readonly mode: 'ready' | 'drain' | 'maintenance';
  readonly agentMode: 'ready' | 'drain' | 'maintenance';
  /** The last of each, if there was one. */
  readonly check: CheckView | null;
  readonly agent: AgentView | null;
  /** Failures of real traffic in a row. */
  readonly failures: number;
  /** The last changes, the latest last. */
  readonly history: readonly Transition[];
}

export interface CheckView extends Omit<CheckResult, 'status'> {
  readonly status: number | null;
  readonly atMs: number;
}

export interface AgentView {
  readonly code: CheckCode;
  /** What it said, or why nothing could be read. */
  readonly text: string;
  readonly tookMs: number;
  readonly atMs: number;
}

export interface Transition {
  readonly atMs: number;
  readonly from: 'up' | 'down';
  readonly to: 'up' | 'down';
  readonly reason: string;
  /** How long it was what it was before. */
  readonly lastedMs: number;
}
