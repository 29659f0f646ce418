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
 */
import type { Seeker } from '../balance/algorithm.ts';
import type { RetryCause } from '../balance/retry-options.ts';
import { now } from '../base/clock.ts';
import { CONTINUE } from '../base/verdict.ts';
import type { Reason, Verdict } from '../base/verdict.ts';
import { LENGTH_NONE } from '../http/framing.ts';
import { FORM_AUTHORITY } from '../http/target.ts';
import * as known from '../http/known-headers.ts';
import { identifyExchange } from '../identity/identify.ts';
import type { InspectedBody } from '../inspect/inspector.ts';
import { Buffer } from 'node:buffer';
import { endInspection } from './end-inspection.ts';
import { BODY_DISCARDED } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { FAILURES } from './failure.ts';
import type { FailureCode } from './failure.ts';
import { fieldValues, originForm } from './request-writer.ts';
import { FORBIDDEN, isLocation, writeOwnPage } from './own-page.ts';
import type { OwnPage } from './own-page.ts';
import { beginSource } from './begin-source.ts';
import type { Destinations } from './destinations.ts';
import type { Pool } from './pool.ts';
import { RequestView } from './request-view.ts';
import type { Server } from './server.ts';
import { peerEndpoint } from './source-policy.ts';
import type { Waiter } from './waiting-line.ts';

export const WAIT = -1;
// 0 is identify, where every exchange begins and none comes back to.
const GUARD = 1;
const INSPECT_HEAD = 2;
const HOLD = 3;
const INSPECT_BODY = 4;
const CHOOSE = 5;
const CONNECT = 6;
const FORWARD = 7;
const RESPOND = 8;
const REPLY = 9;
const RECORD = 10;
const DONE = 11;

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
  { name: 'choose', next: [CONNECT, REPLY], run: choose },
  { name: 'connect', next: [FORWARD, CHOOSE, REPLY, RECORD], run: connect },
  { name: 'forward', next: [RESPOND], run: forward },
  { name: 'respond', next: [RECORD, CHOOSE, REPLY], run: respond },
  { name: 'reply', next: [RECORD], run: reply },
  { name: 'record', next: [DONE], run: record },
];

/** What rules get of a body that passes unseen. */
const UNSEEN: InspectedBody = { bytes: new Uint8Array(0), isPrefix: true };

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
  if (!pool.retries.allows(cause, exchange.attempts, wasSent)) return false;
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

function identify(exchange: Exchange): number {
  const { context, connection, head } = exchange;
  const { clientHeader } = context.identity;
  if (clientHeader !== 'off') {
    const id = clientHeader === 'forwarded' ? known.FORWARDED : known.X_FORWARDED_FOR;
    exchange.client = identifyExchange(context.identity, connection.client, fieldValues(head, id));
  }
  return GUARD;
}

/** What can be said by the head alone, without looking for attacks. */
function guard(exchange: Exchange): number {
  const { context, connection, head, client } = exchange;
  const { options } = context;
  if (options.timeouts.exchange !== 'off') {
    exchange.deadlineAt = exchange.beganAt + options.timeouts.exchange;
    exchange.connection.deadlines.set(exchange);
  }
  // The path as the server will get it: a target in absolute-form must not pass by the routes that it belongs to.
  const route = context.routes.find(
    head.method,
    head.host,
    originForm(head),
    connection.destination?.address.text,
  );
  exchange.route = route;
  if (head.hasUnknownExpect) return failed(exchange, 'expectation-unknown');
  if (head.form === FORM_AUTHORITY && !route.allowConnect) return failed(exchange, 'connect-not-allowed');
  // The content of a CONNECT means nothing (RFC 9110 §9.3.6): a server could take it for the beginning of the tunnel.
  if (head.form === FORM_AUTHORITY && head.bodyLength !== LENGTH_NONE)
    return failed(exchange, 'request-refused');
  if (options.limits.bodyBytes !== 'off' && head.bodyLength > options.limits.bodyBytes) {
    return failed(exchange, 'request-body-too-large');
  }
  const mark = context.attackers?.isMarked(client.address);
  if (mark !== undefined && route.decoy !== undefined) {
    exchange.verdict = {
      do: 'deceive',
      because: { code: 'marked', text: `The client is marked: ${mark.cause.text}` },
    };
    exchange.pool = route.decoy;
    return CHOOSE;
  }
  exchange.pool = route.pool;
  return route.inspector === undefined
    ? route.pool === undefined
      ? failed(exchange, 'no-route')
      : CHOOSE
    : INSPECT_HEAD;
}

function inspectHead(exchange: Exchange): number {
  const transaction = exchange.route?.inspector?.begin(new RequestView(exchange));
  if (transaction === undefined) throw new Error('The step "inspect head" needs an inspector');
  exchange.transaction = transaction;
  exchange.trace?.beginInspection(now());
  const verdict = transaction.requestHead();
  return verdict === CONTINUE ? HOLD : judge(exchange, verdict);
}

/** Waits until the body, or as much of it as is inspected, is there; nothing is forwarded before that. */
function hold(exchange: Exchange): number {
  const { context, head, route, transaction } = exchange;
  if (route === undefined || transaction === undefined)
    throw new Error('The step "hold" needs a transaction');
  if (exchange.isRequestComplete || !transaction.wantsRequestBody) return INSPECT_BODY;
  const { isDetectOnly } = route;
  const { held, heldTotal } = route.hold;
  // Whoever only detects changes nothing: what is too long is inspected as far as it is held.
  const beyond = isDetectOnly ? 'prefix' : route.hold.beyond;
  if (head.bodyLength > held || exchange.queuedBytes > held) {
    if (beyond === 'reject') return failed(exchange, 'request-body-not-held');
    // Rules that look at the head run with the body, too: without them, a long body would be a way around them.
    if (beyond === 'pass') return judge(exchange, transaction.requestBody(UNSEEN));
    if (exchange.queuedBytes >= held) return INSPECT_BODY;
  }
  if (context.host.held.total > heldTotal) {
    return isDetectOnly ? INSPECT_BODY : failed(exchange, 'held-total');
  }
  exchange.connection.body.ask(exchange);
  return WAIT;
}

function inspectBody(exchange: Exchange): number {
  const { transaction, queue } = exchange;
  if (transaction === undefined) throw new Error('The step "inspect body" needs a transaction');
  const bytes = queue.length === 1 ? queue[0]! : Buffer.concat(queue); // Length was just checked.
  const verdict = transaction.requestBody({ bytes, isPrefix: !exchange.isRequestComplete });
  if (verdict !== CONTINUE) return judge(exchange, verdict);
  return exchange.pool === undefined ? failed(exchange, 'no-route') : CHOOSE;
}

/** Turns a verdict into the next step. */
function judge(exchange: Exchange, verdict: Verdict): number {
  switch (verdict.do) {
    case 'continue':
      return exchange.pool === undefined ? failed(exchange, 'no-route') : CHOOSE;
    case 'deceive': {
      exchange.verdict = verdict;
      const decoy = exchange.route?.decoy;
      mark(exchange, verdict.because);
      if (decoy === undefined) return REPLY;
      exchange.pool = decoy;
      exchange.meant = undefined;
      return CHOOSE;
    }
    case 'reply':
      exchange.verdict = verdict;
      return REPLY;
    case 'drop':
      exchange.verdict = verdict;
      exchange.closesClient = true;
      return RECORD;
  }
}

function mark(exchange: Exchange, because: Reason): void {
  const { context, client, transaction } = exchange;
  const rule = transaction?.hits.at(-1)?.rule ?? because.code;
  context.attackers?.mark(client.address, { rule, exchange: exchange.id, text: because.text });
}

/** A place at a server of the pool, or one in its queue. */
function choose(exchange: Exchange): number {
  const { pool, place } = exchange;
  if (pool === undefined) throw new Error('The step "choose" needs a pool');
  if (exchange.wait !== undefined) return WAIT;
  if (place !== undefined) return goTo(exchange, pool, place);
  // Where nothing was inspected no time has passed that anybody could tell.
  const isFirst = exchange.attempts === 0 && exchange.transaction === undefined;
  exchange.choosingAt = isFirst ? exchange.headAt : now();
  exchange.trace?.endInspection(exchange.choosingAt);
  const server = takePlace(exchange, pool);
  if (server === undefined) return queueUp(exchange, pool);
  exchange.place = server;
  exchange.chosenAt = exchange.choosingAt;
  return goTo(exchange, pool, server);
}

function takePlace(exchange: Exchange, pool: Pool): Server | undefined {
  const bound = pool.boundTo(exchange);
  exchange.bound = bound;
  const kept = exchange.connection.privateOrigin.serverOf(pool);
  if (kept !== undefined && pool.takeAt(kept, bound)) return kept;
  return pool.take(exchange, bound, exchange.server);
}

function goTo(exchange: Exchange, pool: Pool, chosen: Server): number {
  exchange.source = pool.source.isSet ? beginSource(exchange, pool) : undefined;
  const family = exchange.source?.family;
  const moved = family === undefined ? chosen : pool.moveToFamily(chosen, family);
  const server = pool.destinations === undefined ? moved : findDestination(exchange, pool.destinations);
  if (server.kind === 'none') {
    exchange.failureReason = server.because;
    return failed(exchange, server.code);
  }
  exchange.place = server;
  exchange.isPersistent = exchange.bound === server;
  exchange.server = server;
  if (exchange.attempts++ === 0) pool.retries.count();
  exchange.trace?.begin(pool.name, server.name, server.address, exchange.chosenAt);
  return CONNECT;
}

/** A server of its own for where the client wanted to go. */
function findDestination(
  { connection }: Exchange,
  destinations: Destinations,
): ReturnType<Destinations['find']> {
  return destinations.find(connection.destination, peerEndpoint(connection.connection));
}

function queueUp(exchange: Exchange, pool: Pool): number {
  const wait = new ExchangeWait(exchange, pool);
  if (wait.bound === undefined && !pool.isOpen) return fallBack(exchange, pool);
  exchange.wait = wait;
  exchange.queuedUntil = exchange.choosingAt + pool.options.timeouts.queue;
  exchange.connection.deadlines.set(exchange);
  if (pool.wait(wait)) return WAIT;
  endWait(exchange);
  return failed(exchange, 'queue-full');
}

/** No server of the pool takes requests: another pool does, if there is one. Ways of fallbacks have an end. */
function fallBack(exchange: Exchange, pool: Pool): number {
  const other = pool.fallbackFor(exchange);
  if (other === undefined) return failed(exchange, 'no-server');
  exchange.meant ??= pool;
  exchange.pool = other;
  return choose(exchange);
}

/** An exchange that waits for a place. */
class ExchangeWait implements Waiter {
  readonly seeker: Seeker;
  readonly bound: Server | undefined;
  readonly avoid: Server | undefined;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, pool: Pool) {
    this.#exchange = exchange;
    this.seeker = exchange;
    this.avoid = exchange.server;
    this.bound = pool.waitsFor(exchange, exchange.bound, exchange.server);
  }

  onPlace(server: Server): void {
    this.#exchange.place = server;
    this.#exchange.chosenAt = now();
    this.#goOn();
  }

  onNoServer(): void {
    this.#goOn();
  }

  #goOn(): void {
    endWait(this.#exchange);
    advance(this.#exchange);
  }
}

function endWait(exchange: Exchange): void {
  exchange.wait = undefined;
  exchange.queuedUntil = Infinity;
  exchange.connection.deadlines.set(exchange);
}

/** A connection to the server: one that is there, or a new one. */
function connect(exchange: Exchange): number {
  if (exchange.origin !== undefined) return exchange.origin.isConnected ? FORWARD : WAIT;
  const { pool, server, connection } = exchange;
  if (pool === undefined || server === undefined) throw new Error('The step "connect" needs a server');
  const idle = pool.isPrivate
    ? connection.privateOrigin.take(server, exchange.client, exchange.source?.key ?? '')
    : pool.takeIdle(server, exchange.attempts > 1);
  if (idle !== undefined) {
    exchange.connectingAt = exchange.chosenAt;
    exchange.connectedAt = exchange.chosenAt;
    exchange.isOriginReused = true;
    idle.begin(exchange);
    return FORWARD;
  }
  exchange.isOriginReused = false;
  return connectNew(exchange, pool, server);
}

function connectNew(exchange: Exchange, pool: Pool, server: Server): number {
  const socket = exchange.source?.open(server.address);
  if (socket?.kind === 'failed') {
    exchange.failureReason = socket.because;
    return failed(exchange, 'source-unavailable');
  }
  exchange.connectingAt = now();
  pool.connect(server, socket?.kind === 'socket' ? socket.fd : undefined).begin(exchange);
  return WAIT;
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

/** Answers with a page of our own. */
function reply(exchange: Exchange): number {
  const { verdict, failure, head } = exchange;
  exchange.trace?.endInspection(now());
  if (!exchange.isRequestComplete && head.bodyLength !== LENGTH_NONE) {
    exchange.bodySink = BODY_DISCARDED;
    exchange.closesClient = true;
  }
  const page = failure === undefined ? pageOf(exchange, verdict) : pageOfFailure(exchange, failure);
  exchange.status = page.status;
  exchange.hasResponseBegun = true;
  exchange.hasOwnReply = true;
  if (!exchange.connection.keepsAlive(exchange)) exchange.closesClient = true;
  exchange.connection.sendOwn(writeOwnPage(exchange, page));
  return RECORD;
}

function pageOf(exchange: Exchange, verdict: Verdict): OwnPage {
  if (verdict.do !== 'reply') return FORBIDDEN;
  const { status, location } = verdict;
  // What follows a 2xx to CONNECT is a tunnel (RFC 9110 §9.3.6), and there is none.
  if (status < 300 && exchange.head.form === FORM_AUTHORITY) return FORBIDDEN;
  if (location === undefined) return { status };
  // A rule can make it from what the client sent.
  return isLocation(location) ? { status, location } : FORBIDDEN;
}

function pageOfFailure(exchange: Exchange, failure: FailureCode): OwnPage {
  return { status: exchange.refusalStatus || FAILURES[failure].status };
}

function record(exchange: Exchange): number {
  letGo(exchange, exchange.failure ?? '');
  if (exchange.endedAt === -1) exchange.endedAt = now();
  exchange.trace?.endInspection(exchange.endedAt);
  endInspection(exchange);
  exchange.connection.record(exchange);
  return DONE;
}

function failed(exchange: Exchange, code: FailureCode): number {
  exchange.failure = code;
  return REPLY;
}

/**
 * Gives back what the exchange has of its pool: a place in the queue, a connection, the place at a server. A connection
 * in the middle of something cannot be used again: what it still sends belongs to an exchange that is over. `error` is
 * what ends the attempt at the server, empty where nothing went wrong.
 */
function letGo(exchange: Exchange, error: FailureCode | RetryCause | ''): void {
  const { origin, place, pool, wait } = exchange;
  exchange.trace?.end(exchange.endedAt === -1 ? now() : exchange.endedAt, exchange.isOriginReused, error);
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

/** RFC 9110 §9.2.2. */
function isIdempotent(method: string): boolean {
  return (
    method === 'GET' ||
    method === 'HEAD' ||
    method === 'PUT' ||
    method === 'DELETE' ||
    method === 'OPTIONS' ||
    method === 'TRACE'
  );
}

/** Asked through a function, because a step changes the exchange where the compiler does not see it. */
function wasCalled(exchange: Exchange): boolean {
  return exchange.isAwaited;
}
