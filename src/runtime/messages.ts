/**
 * What the supervisor and its workers say to each other: plain data, because classes do not survive a message. What all
 * of them only look at is in memory that they share: the tables of servers and marks, and the blocks of counts.
 */
import type { ExchangeView } from '../admin/views.ts';
import type { RowsByKey } from '../balance/server-rows.ts';
import type { Environment } from '../config/environment.ts';
import type { SharedMarks } from '../decoy/attackers.ts';
import type { ServerAddress } from '../proxy/server.ts';
import type { Place } from '../record/metrics/place-book.ts';
import type { LogFields, LogLevel } from '../record/program-log.ts';
import type { SpanBatch } from '../record/tracing/span-batches.ts';
import type { CountsInUse } from './counts-in-use.ts';
import type { RuleEdition } from './rule-edition.ts';
import type { SharedRuleState } from './rule-state.ts';
import type { SessionsInUse } from './sessions-in-use.ts';

/** What a worker begins with. */
export interface WorkerStart {
  /** From 0 on; its place in the ServerTable and among the blocks of counts. */
  readonly number: number;
  readonly table: { readonly shared: SharedArrayBuffer; readonly rowsMax: number };
  readonly marks: SharedMarks;
  readonly ruleState: SharedRuleState;
  /** Where it counts. */
  readonly block: SharedArrayBuffer;
  /** The ring where it puts lines of the access log. */
  readonly log: SharedArrayBuffer;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
}

/** What a thread is told before it is a worker: by become-worker.ts. */
export type WorkerOrder =
  | { readonly kind: 'prepare'; readonly edition: Edition }
  | { readonly kind: 'start'; readonly start: WorkerStart };

/** A configuration, as text: every thread reads it for itself. Its rules are compiled, and every thread attaches them. */
export interface Edition {
  /** The file, as messages call it; its folder is what paths within are resolved against. */
  readonly path: string;
  readonly text: string;
  readonly environment: Environment;
  /** Its rules, compiled. */
  readonly rules: RuleEdition;
  /** The rows of all servers. */
  readonly rows: RowsByKey;
  /** Where the built-in decoys listen. */
  readonly decoys: ReadonlyMap<string, ServerAddress>;
  /** The tables of sessions and the secret of cookies. */
  readonly sessions: SessionsInUse;
  /** What all workers have open together. */
  readonly counts: CountsInUse;
  /** What is counted where. */
  readonly places: readonly Place[];
}

/** What became of building an edition. Texts are ready to print. */
export type Built = { readonly kind: 'ok' } | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** What a listener is bound to. */
export interface Bound {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
}

/** One socket that a worker listens on. */
export interface ListenSocket extends Bound {
  /** The same number for as long as the socket is open. */
  readonly id: number;
  /** The supervisor's descriptor of it; undefined where the worker opens it itself. */
  readonly descriptor: number | undefined;
}

/** What one worker has open. */
export interface WorkerStatus {
  readonly listeners: readonly { readonly name: string; readonly connections: number }[];
  readonly servers: readonly { readonly key: string; readonly busy: number; readonly idle: number }[];
}

/** What the supervisor may ask of a worker. */
export type WorkerOffer = {
  /** Builds an edition beside the one in use. */
  readonly build: (edition: Edition) => Built;
  /** Uses the edition that was built, on these sockets and no others. Resolves when it listens on all of them. */
  readonly use: (sockets: readonly ListenSocket[]) => Promise<void>;
  /** Listens on these sockets and no others: those of a worker that died are served by another until it is replaced. */
  readonly listen: (sockets: readonly ListenSocket[]) => Promise<void>;
  readonly status: (nothing: undefined) => WorkerStatus;
  readonly explain: (id: string) => ExchangeView | undefined;
  /** Accepts no more and lets what is open end, for at most so many milliseconds. Resolves when nothing is left. */
  readonly stop: (graceMs: number) => Promise<void>;
  /** Throws away what was built. */
  readonly discard: (nothing: undefined) => void;
  /**
   * Answers when it is its turn: a worker that hangs does not. `isSettled` says that nothing works any more by an earlier
   * edition than the one in use.
   */
  readonly ping: (nothing: undefined) => { readonly isSettled: boolean };
};

/** An event for the program's own log. */
export interface Said {
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: LogFields;
}

/** What a worker may ask of the supervisor. */
export type SupervisorOffer = {
  /** There are lines in the ring of the access log. */
  readonly logWaits: (nothing: undefined) => void;
  /** Spans of exchanges that have ended. Answered when they are taken, which is not sent. */
  readonly exportSpans: (batch: SpanBatch) => void;
  readonly say: (event: Said) => void;
};
