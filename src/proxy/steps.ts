/**
 * The journey of an exchange: a table of steps and the short driver that walks it.
 *
 *     identify → guard → inspect head → hold → inspect body → choose → connect → forward → respond → record
 *                  └───────────┴───────────────┴────────────────┴────────┴────────┴────→ reply ────────┘
 *
 * A step either says which one is next or WAIT; then whatever it waits for calls `advance` again, and the same step
 * looks anew. Every step may only go where the table says: anything else is a defect and stops the exchange. A failure
 * (`fail`) can come at any time, from either connection or a deadline; it leads to `reply` while nothing of a response
 * was sent, and straight to `record` after that. `record` is on every path.
 *
 * Here are the driver, the ways out of the table, and the steps that are a line or two; the others have files of their own.
 */
import type { RetryCause } from '../balance/retry-options.ts';
import { now } from '../base/clock.ts';
import type { Reason, Verdict } from '../base/verdict.ts';
import { choose, endWait } from './choose.ts';
import { connect } from './connect.ts';
import { endInspection } from './end-inspection.ts';
import type { Exchange } from './exchange.ts';
import { FAILURES } from './failure.ts';
import type { FailureCode } from './failure.ts';
import { guard, identify } from './guard-request.ts';
import { hold, inspectBody, inspectHead, judge } from './inspect-request.ts';
import { reply } from './reply.ts';
import { isIdempotent } from './retry-policy.ts';
import {
  CHOOSE,
  CONNECT,
  DONE,
  FORWARD,
  GUARD,
  HOLD,
  INSPECT_BODY,
  INSPECT_HEAD,
  RECORD,
  REPLY,
  RESPOND,
  WAIT,
} from './step.ts';

interface Step {
  readonly name: string;
  readonly next: readonly number[];
  readonly run: (exchange: Exchange) => number;
}

const STEPS: readonly Step[] = [
  { name: 'identify', next: [GUARD], run: identify },
  { name: 'guard', next: [INSPECT_HEAD, CHOOSE, REPLY], run: guard },
  { name: 'inspect head', next: [HOLD, CHOOSE, REPLY, RECORD], run: inspectHead },
  { name: 'hold', next: [INSPECT_BODY, CHOOSE, REPLY, RECORD], run: hold },
  { name: 'inspect body', next: [CHOOSE, REPLY, RECORD], run: inspectBody },
  { name: 'choose', next: [CONNECT, REPLY], run: (exchange) => choose(exchange, advance) },
  { name: 'connect', next: [FORWARD, CHOOSE, REPLY, RECORD], run: (exchange) => connect(exchange, advance) },
  { name: 'forward', next: [RESPOND], run: forward },
  { name: 'respond', next: [RECORD, CHOOSE, REPLY], run: respond },
  { name: 'reply', next: [RECORD], run: reply },
  { name: 'record', next: [DONE], run: record },
];

/** Walks on until the exchange waits for something or is over. */
export function advance(exchange: Exchange): void {
  // A body that is refused as soon as its first bytes are read ends the exchange before its head is acted upon.
  if (exchange.step === DONE) return;
  if (exchange.isRunning) {
    // Called from within a step: the driver below looks again before it waits.
    exchange.isAwaited = true;
    return;
  }
  exchange.isRunning = true;
  while (exchange.step !== DONE) {
    exchange.isAwaited = false;
    const step = STEPS[exchange.step]!; // step is only ever set to a row of the table.
    let next = runStep(step, exchange);
    if (exchange.forced !== -1) {
      next = exchange.forced;
      exchange.forced = -1;
    } else if (next === WAIT) {
      if (wasCalled(exchange)) continue;
      break;
    }
    exchange.step = next;
  }
  exchange.isRunning = false;
  if (exchange.step === DONE) exchange.connection.onExchangeEnd(exchange);
}

/**
 * A step that throws is a defect of ours. It costs this exchange, which ends as any failed one does and is recorded, and
 * not the proxy. Nothing is passed on that was not looked at: an exchange that fails while it is inspected is refused.
 */
function runStep(step: Step, exchange: Exchange): number {
  try {
    const next = step.run(exchange);
    if (next === WAIT || exchange.forced !== -1 || step.next.includes(next)) return next;
    throw new Error(
      `Step "${step.name}" went to ${STEPS[next]?.name ?? next}, which the table does not allow`,
    );
  } catch (error) {
    exchange.context.host.onDefect(error);
    exchange.forced = -1;
    // What threw on the way out cannot be asked to answer: then the exchange is over at once.
    if (exchange.step >= REPLY) {
      exchange.connection.connection.destroy();
      return exchange.step === RECORD ? DONE : RECORD;
    }
    fail(exchange, 'internal');
    return WAIT;
  }
}

/** Ends the exchange because of `code`: with a page of ours if nothing was sent, by cutting the connection if it was. */
export function fail(exchange: Exchange, code: FailureCode, reason?: Reason): void {
  if (exchange.step >= REPLY && exchange.failure !== undefined) return;
  if (exchange.step >= RECORD) return;
  exchange.failure = code;
  exchange.failureReason = reason;
  letGo(exchange, code);
  const canReply = !exchange.hasResponseBegun && FAILURES[code].status !== 0 && exchange.step < REPLY;
  if (!canReply) exchange.closesClient = true;
  exchange.forced = canReply ? REPLY : RECORD;
  if (exchange.isRunning) return;
  exchange.step = exchange.forced;
  exchange.forced = -1;
  advance(exchange);
}

/** Starts over with another connection because of `cause`, if the exchange may be tried again; true if so. */
export function retry(exchange: Exchange, cause: RetryCause): boolean {
  const { pool } = exchange;
  if (pool === undefined || exchange.hasResponseBegun || exchange.informational > 0) return false;
  if (exchange.step !== CONNECT && exchange.step !== RESPOND) return false;
  const wasSent = exchange.sentAt !== -1;
  if (wasSent && !(isIdempotent(exchange.head.method) && exchange.isReplayable)) return false;
  // Once: a retry takes no kept connection, so what comes next says something about a server.
  const isStale = cause === 'kept-closed' && !exchange.hasMetStale;
  const attempts = exchange.attempts - (exchange.hasMetStale ? 1 : 0);
  if (!pool.retries.allows(cause, attempts, wasSent, isStale)) return false;
  if (isStale) exchange.hasMetStale = true;
  exchange.retriedFor = cause;
  letGo(exchange, cause);
  exchange.connectedAt = -1;
  exchange.sentAt = -1;
  exchange.firstByteAt = -1;
  if (exchange.isRunning) {
    exchange.forced = CHOOSE;
    return true;
  }
  exchange.step = CHOOSE;
  advance(exchange);
  return true;
}

/** Inspection has seen the response and does not let it pass: the client gets another one. */
export function reviewResponse(exchange: Exchange, verdict: Verdict): void {
  letGo(exchange, '');
  let next = judge(exchange, verdict);
  // The decoy can only answer what can be asked a second time.
  if (next === CHOOSE && !exchange.isReplayable) next = REPLY;
  if (next === CHOOSE) {
    exchange.sentAt = -1;
    exchange.firstByteAt = -1;
  }
  exchange.step = next;
  advance(exchange);
}

/** The connection failed because of our end of it: the same server is tried from another address, if there is one. */
export function reconnect(exchange: Exchange): void {
  exchange.origin = undefined;
  advance(exchange);
}

function forward(exchange: Exchange): number {
  const origin = exchange.origin;
  if (origin === undefined) throw new Error('The step "forward" needs an origin');
  origin.send(exchange);
  return RESPOND;
}

function respond(exchange: Exchange): number {
  return exchange.isResponseComplete ? RECORD : WAIT;
}

function record(exchange: Exchange): number {
  letGo(exchange, exchange.failure ?? '');
  if (exchange.endedAt === -1) exchange.endedAt = now();
  exchange.trace?.endInspection(exchange.endedAt);
  endInspection(exchange);
  exchange.connection.record(exchange);
  return DONE;
}

/**
 * Gives back what the exchange has of its pool: a place in the queue, a connection or its turn to make one, the place at a
 * server. A connection in the middle of something cannot be used again: what it still sends belongs to an exchange that is
 * over. `error` is what ends the attempt at the server, empty where nothing went wrong.
 */
function letGo(exchange: Exchange, error: FailureCode | RetryCause | ''): void {
  const { origin, place, pool, turn, wait } = exchange;
  exchange.trace?.end(exchange.endedAt === -1 ? now() : exchange.endedAt, exchange.isOriginReused, error);
  turn?.leave();
  exchange.turn = undefined;
  if (wait !== undefined) {
    endWait(exchange);
    pool?.leave(wait);
  }
  if (origin !== undefined) {
    exchange.origin = undefined;
    origin.abandon();
  }
  if (place !== undefined) {
    // Before it is given: the next exchange may have it, and end, within this call.
    exchange.place = undefined;
    pool?.give(place);
  }
}

/** Asked through a function, because a step changes the exchange where the compiler does not see it. */
function wasCalled(exchange: Exchange): boolean {
  return exchange.isAwaited;
}
