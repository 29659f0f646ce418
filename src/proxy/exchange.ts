/**
 * One request with its response, from the first byte of the one to the last byte of the other.
 *
 * Plain state that the steps (steps.ts) work on; the two connections feed it (client-connection.ts, origin-connection.ts).
 * What the log needs is read from it once it has ended (live-record.ts).
 */
import type { Seeker } from '../balance/algorithm.ts';
import type { RetryCause } from '../balance/retry-options.ts';
import { CONTINUE } from '../base/verdict.ts';
import type { Hit, Reason, Verdict } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import type { Transaction } from '../inspect/inspector.ts';
import type { TurnWait } from '../net/turn-end.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ListenerContext, RouteContext } from './context.ts';
import type { FailureCode } from './failure.ts';
import type { ClientHead } from './head-store.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { Pool } from './pool.ts';
import type { QueuedContent } from './queued-content.ts';
import type { Server } from './server.ts';
import type { SourceAttempt } from './source-policy.ts';
import type { ExchangeTrace } from './tracing/exchange-trace.ts';
import type { Waiter } from './waiting-line.ts';

/** What happens to content of the request body when it arrives. */
export const BODY_QUEUED = 0;
export const BODY_STREAMED = 1;
export const BODY_DISCARDED = 2;

/** When the clock of base/clock.ts began, in milliseconds since 1970. */
const CLOCK_START_MS = performance.timeOrigin;
const NO_HITS: readonly Hit[] = Object.freeze([]);

export class Exchange implements Seeker {
  /** The one that it began with; a tunnel has less of it. */
  context: ListenerContext;
  readonly connection: ClientConnection;
  readonly head: ClientHead;
  client: Client;
  route: RouteContext | undefined;
  pool: Pool | undefined;
  /** The pool that was meant, where `pool` serves in its place. */
  meant: Pool | undefined;
  /** The server that its session belonged to when the last choice was made. */
  bound: Server | undefined;
  /** The server that was chosen last. */
  server: Server | undefined;
  /** Where it has a place now: it must be given back once. */
  place: Server | undefined;
  /** What waits for a place on its behalf. */
  wait: Waiter | undefined;
  /** It waits for the end of the turn, to connect to its server. */
  turn: TurnWait | undefined;
  origin: OriginConnection | undefined;
  /** From where it connected to its server, for the record. */
  sourceText = '';
  /** From which address it connects to its present server; undefined where any of ours will do. */
  source: SourceAttempt | undefined;
  transaction: Transaction | undefined;
  /** Of a transaction that is over and forgotten. */
  keptHits: readonly Hit[] = NO_HITS;
  /** Its place in a trace; undefined where nothing is traced. */
  readonly trace: ExchangeTrace | undefined;

  /** Index into STEPS; 0 is the first. */
  step = 0;
  /** The step that a failure demands, or -1. */
  forced = -1;
  isRunning = false;
  isAwaited = false;

  verdict: Verdict = CONTINUE;
  failure: FailureCode | undefined;
  /** What went wrong in particular: which refusal, which system error. */
  failureReason: Reason | undefined;

  /** What happens to request content: BODY_QUEUED until there is an origin. */
  bodySink: number = BODY_QUEUED;
  /** Content that waits for inspection or for an origin. */
  queue: QueuedContent | undefined;
  /** What of it counts against inspection.body.heldTotal. */
  heldBytes = 0;
  isRequestComplete = false;
  trailers = '';
  /** True when the queue still holds the whole body, so that it can be sent a second time. */
  isReplayable = true;
  sentContinue = false;
  informational = 0;
  upgrade = '';

  /** The status of our page when a refusal gives a better one than its failure; 0 for the failure's own. */
  refusalStatus = 0;
  status = 0;
  hasResponseBegun = false;
  /** The response is a page of ours. */
  hasOwnReply = false;
  isResponseComplete = false;
  /** The connection to the client ends with this exchange. */
  closesClient = false;
  isTunnel = false;
  /** Phase 5 has been run. */
  isInspectionOver = false;

  attempts = 0;
  /** One of them met a kept connection that was closed: it counts for none of `retries.max`. */
  hasMetStale = false;
  /** This host had no descriptor or port for it, and it waits for what was freed then: that happens once. */
  hasBeenShort = false;
  /** Why the last retry was made: a word of pools.POOL.retries.on; empty when there was none. */
  retriedFor: RetryCause | '' = '';
  isOriginReused = false;
  /** The present server is that of its session. */
  isPersistent = false;
  /** Times on the clock of base/clock.ts; -1 where it never came to that. */
  readonly beganAt: number;
  headAt = -1;
  choosingAt = -1;
  chosenAt = -1;
  connectingAt = -1;
  connectedAt = -1;
  sentAt = -1;
  firstByteAt = -1;
  endedAt = -1;
  /** When the whole exchange must be over; Infinity for never. */
  deadlineAt: number = Infinity;
  /** Until when it waits for a place; Infinity when it does not. */
  queuedUntil: number = Infinity;
  readonly bytesInBefore: number;
  readonly bytesOutBefore: number;
  bytesInAfter = 0;
  bytesOutAfter = 0;
  #id = '';

  constructor(connection: ClientConnection, head: ClientHead, beganAt: number) {
    this.connection = connection;
    this.context = connection.context;
    this.head = head;
    this.client = connection.client;
    this.beganAt = beganAt;
    this.trace = connection.context.tracer?.begin(head, connection.client);
    this.bytesInBefore = connection.bytesInBefore;
    this.bytesOutBefore = connection.connection.bytesOut;
  }

  /** What was held of its bodies is not needed any more: others may have the room. */
  releaseHeld(): void {
    if (this.heldBytes === 0) return;
    this.context.host.held.add(-this.heldBytes);
    this.heldBytes = 0;
  }

  get queuedBytes(): number {
    return this.queue?.bytes ?? 0;
  }

  get clientAddress(): string {
    return this.client.address;
  }

  get hits(): readonly Hit[] {
    return this.transaction?.hits ?? this.keptHits;
  }

  /** Its name; made when it is first needed, which on the common path with the log off is never. */
  get id(): string {
    if (this.#id === '') this.#id = this.context.host.ids.next(this.startedAtMs);
    return this.#id;
  }

  /** Milliseconds since 1970. */
  get startedAtMs(): number {
    return CLOCK_START_MS + this.beganAt;
  }

  /** True when the decoy answers. */
  get isDeceived(): boolean {
    return this.verdict.do === 'deceive';
  }
}
