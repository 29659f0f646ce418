/**
 * The place of one exchange in a trace: the context that it was given, what it is called itself, and one span for each
 * attempt at a server. Made once, when the exchange begins; nothing of it is decided again, whatever is tried.
 *
 *     client ── traceparent ──▶ [ span of the exchange ]
 *                                  ├─ [ first attempt ]  ── traceparent ──▶ server a
 *                                  └─ [ second attempt ] ── traceparent ──▶ server b
 *
 * What is not recorded has ids all the same: servers are told that nobody records it, and the log which trace it was.
 */
import { writeTraceparent } from '../../http/trace-context.ts';
import type { TraceContext } from '../../http/trace-context.ts';
import type { ServerAddress } from '../server.ts';
import type { TraceIds } from './trace-ids.ts';

/** One attempt at a server. Times are on the clock of base/clock.ts, -1 where it never came to that. */
export interface Attempt {
  readonly spanId: string;
  readonly pool: string;
  readonly server: string;
  readonly address: ServerAddress;
  readonly beganAt: number;
  endedAt: number;
  /** The status that the server answered with; 0 for none. */
  status: number;
  isReused: boolean;
  /** Why it ended badly; empty where it did not. */
  error: string;
}

/** The time from the beginning of inspection until the request was let go or refused; waiting for its body is in it. */
export interface InspectionTime {
  readonly spanId: string;
  readonly beganAt: number;
  endedAt: number;
}

/** Where an exchange comes from, in terms of traces. */
export interface TraceOrigin {
  readonly traceId: string;
  /** The span of whoever sent the request; empty where the trace begins here. */
  readonly parentId: string;
  readonly isSampled: boolean;
  /** What goes on to the server as `tracestate`; empty for none. */
  readonly state: string;
  /** A context that is not followed and is still worth knowing. */
  readonly link: TraceContext | undefined;
}

const NO_ATTEMPTS: readonly Attempt[] = Object.freeze([]);

export class ExchangeTrace {
  readonly id: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly isSampled: boolean;
  readonly state: string;
  readonly link: TraceContext | undefined;
  /** Undefined where nothing was inspected, or is recorded. */
  inspection: InspectionTime | undefined;
  readonly #ids: TraceIds;
  /** Retries bound how many there are: at most 10, and one at the decoy. */
  #attempts: Attempt[] | undefined;
  #present: Attempt | undefined;

  constructor(origin: TraceOrigin, ids: TraceIds) {
    this.id = origin.traceId;
    this.parentId = origin.parentId;
    this.isSampled = origin.isSampled;
    this.state = origin.state;
    this.link = origin.link;
    this.spanId = ids.spanId();
    this.#ids = ids;
  }

  /** In the order in which they were made; none where nothing is recorded. */
  get attempts(): readonly Attempt[] {
    return this.#attempts ?? NO_ATTEMPTS;
  }

  beginInspection(beganAt: number): void {
    if (this.isSampled) this.inspection = { spanId: this.#ids.spanId(), beganAt, endedAt: -1 };
  }

  /** The first time counts: what comes later is about the response. */
  endInspection(endedAt: number): void {
    if (this.inspection?.endedAt === -1) this.inspection.endedAt = endedAt;
  }

  /** A server was chosen. */
  begin(pool: string, server: string, address: ServerAddress, beganAt: number): void {
    if (!this.isSampled) return;
    this.#present = {
      spanId: this.#ids.spanId(),
      pool,
      server,
      address,
      beganAt,
      endedAt: -1,
      status: 0,
      isReused: false,
      error: '',
    };
    (this.#attempts ??= []).push(this.#present);
  }

  /** The server has answered, whatever becomes of that. */
  answered(status: number): void {
    if (this.#present !== undefined) this.#present.status = status;
  }

  /** The present attempt is over, if there is one. `error` is empty where it ended well. */
  end(endedAt: number, isReused: boolean, error: string): void {
    const attempt = this.#present;
    if (attempt === undefined) return;
    this.#present = undefined;
    attempt.endedAt = endedAt;
    attempt.isReused = isReused;
    attempt.error = error;
  }

  /** The lines that the server of the present attempt gets. */
  fields(): string {
    const spanId = this.#present?.spanId ?? this.spanId;
    const parent = writeTraceparent({ traceId: this.id, spanId, isSampled: this.isSampled });
    const state = this.state === '' ? '' : `tracestate: ${this.state}\r\n`;
    return `traceparent: ${parent}\r\n${state}`;
  }
}
