/**
 * The client's side of HTTP/1.1: reads requests one after the other, feeds their bodies to the exchange, writes responses.
 *
 *     awaiting ──first byte──→ head ──whole head──→ exchange ──response sent──→ awaiting (keep-alive)
 *         │ keepAlive            │ refused, head        │ Connection: close,        │
 *         ▼                      ▼                      ▼ errors                    ▼
 *       closed               own page → lingering ←─────┘                       pipelined bytes are read on
 *
 * Lingering: after the last response the connection is half-closed and what the client still sends is thrown away for
 * a moment. Closing at once would make the system answer those bytes with a reset, which can take our response with it
 * (RFC 9112 §9.6). A client that has said itself that its request is the last sends nothing more, and is not waited for.
 */
import type { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import type { Rostered } from '../base/roster.ts';
import type { Reason } from '../base/verdict.ts';
import { HAS_CLOSE, HAS_KEEP_ALIVE } from '../http/connection-options.ts';
import { READ_BAD, READ_OK } from '../http/field-section.ts';
import type { RefusalCode } from '../http/field-section.ts';
import { LENGTH_NONE } from '../http/framing.ts';
import { Gather, HeadGather } from '../http/gather.ts';
import { REFUSALS } from '../http/refusal.ts';
import type { Client } from '../identity/client.ts';
import { canonicalAddress } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import type { Connection, ConnectionOwner } from '../net/connection.ts';
import { ClientDeadlines } from './client-deadlines.ts';
import type { ListenerContext } from './context.ts';
import { Exchange } from './exchange.ts';
import type { FailureCode } from './failure.ts';
import type { ClientHead, HeadKeeper } from './head-store.ts';
import { LiveRecord } from './live-record.ts';
import type { OriginConnection } from './origin-connection.ts';
import { destinationOf } from './proxy-header.ts';
import { PrivateOrigin } from './private-origin.ts';
import { RequestBody } from './request-body.ts';
import { advance, fail } from './steps.ts';

const AWAITING = 0;
const IN_HEAD = 1;
const IN_EXCHANGE = 2;
const LINGERING = 3;
const TUNNELLED = 4;

/** How long, and how much of what a client still sends, is thrown away before its connection is closed. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 1_048_576;

export class ClientConnection implements ConnectionOwner, HeadKeeper, Rostered {
  readonly connection: Connection;
  /** What the present or the next request is served by. */
  context: ListenerContext;
  /** Who is on the other end of the connection. */
  readonly client: Client;
  /** Bytes of all requests before the present one. */
  bytesInBefore = 0;
  readonly deadlines: ClientDeadlines;
  /** The body of the present request. */
  readonly body: RequestBody;
  readonly privateOrigin: PrivateOrigin = new PrivateOrigin();
  /** Where the client connected to, where that decides or tells something. */
  destination: Endpoint | undefined;
  keptHead: ClientHead | undefined;
  keptHeadPlace = -1;
  rosterIndex = -1;

  #state = AWAITING;
  #head: ClientHead | undefined;
  #exchange: Exchange | undefined;
  readonly #heads: HeadGather = new HeadGather();
  /** What came after the present request. */
  readonly #pipelined: Gather = new Gather();
  #beganAt = 0;
  #requests = 0;
  /** True when the next request waits until the client has taken the responses to those before. */
  #isHeldBack = false;
  #lingered = 0;
  #isDraining = false;

  constructor(context: ListenerContext, connection: Connection, client: Client) {
    this.context = context;
    this.connection = connection;
    this.client = client;
    this.deadlines = new ClientDeadlines(connection, context.options.timeouts);
    this.body = new RequestBody(connection, this.deadlines, context);
    if (context.asksForDestination) this.destination = destinationOf(client, connection);
    connection.owner = this;
    connection.deadlineAt = now() + context.options.timeouts.keepAlive;
    context.host.counts.clients++;
    context.place.clients.add(this);
  }

  /** Another configuration may be in use: the next request is served by it. One that has begun stays as it is. */
  takeContext(): void {
    const { context } = this.context.place;
    if (this.#state !== AWAITING || this.#head !== undefined || context === this.context) return;
    if (this.context.heads !== context.heads) this.context.heads.drop(this);
    this.context = context;
    if (context.asksForDestination) this.destination ??= destinationOf(this.client, this.connection);
    this.deadlines.use(context.options.timeouts);
    this.body.use(context);
  }

  /** The present exchange becomes a tunnel, which needs less. */
  useForTunnel(context: ListenerContext): void {
    this.context = context;
    this.body.use(context);
  }

  /** True when no request is being answered: the proxy may close it when it stops. */
  get isIdle(): boolean {
    return this.#state === AWAITING;
  }

  onBytes(bytes: Buffer, end: number): void {
    switch (this.#state) {
      case AWAITING:
      case IN_HEAD:
        this.#readHead(bytes, 0, end);
        break;
      case IN_EXCHANGE:
        this.#readExchange(bytes, 0, end);
        break;
      default:
        this.#lingered += end;
        if (this.#lingered > LINGER_BYTES) this.connection.destroy();
    }
  }

  /**
   * The client will send no more. While a request is being answered that is taken as having gone away, as nginx does:
   * a closed browser tab looks the same, and its work at the server is to stop.
   */
  onEnd(): void {
    if (this.#state === IN_EXCHANGE && this.#exchange !== undefined) fail(this.#exchange, 'client-gone');
    this.connection.closeAfterWrites();
  }

  onDrain(): void {
    this.deadlines.releaseWrites();
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      this.deadlines.set(exchange);
      exchange.origin?.resumeBody();
    } else if (this.#isHeldBack) {
      this.#isHeldBack = false;
      this.#awaitNext(now());
    }
  }

  onDeadline(): void {
    if (this.#state === IN_HEAD) this.#refuse('client-timeout-head', undefined);
    else if (this.#exchange !== undefined) this.#onExchangeDeadline(this.#exchange);
    else if (this.#state === LINGERING) this.#lingerOn();
    // The last response may still be on its way to a slow client.
    else if (this.connection.queuedBytes > 0 && this.connection.takesBytes()) {
      this.connection.deadlineAt = now() + this.context.options.timeouts.clientWrite;
    } else this.connection.destroy();
  }

  onClose(): void {
    this.context.host.counts.clients--;
    this.context.place.clients.remove(this);
    this.privateOrigin.close();
    const exchange = this.#exchange;
    if (exchange !== undefined) fail(exchange, 'client-gone');
    else this.#freeHead();
  }

  /** A write of response bytes answered false: nothing more comes until onDrain. */
  onWriteBlocked(exchange: Exchange): void {
    this.deadlines.limitWrites();
    this.deadlines.set(exchange);
    exchange.origin?.connection.pause();
  }

  /** A page of our own. */
  sendOwn(text: string): void {
    if (!this.connection.isClosed) this.connection.writeText(text);
  }

  /** Keeps a connection that names this client until its next request, or closes it with this one. */
  keepOrigin(origin: OriginConnection, at: number): void {
    this.privateOrigin.keep(origin, at, this.connection.isClosed);
  }

  /** Our side of the connection as `host:port`: what an HTTP/1.0 client that sends no Host asked for. */
  localHost(): string {
    const { localAddress = '', localPort = 0 } = this.connection.socket;
    const address = canonicalAddress(localAddress);
    return address.includes(':') ? `[${address}]:${localPort}` : `${address}:${localPort}`;
  }

  /** The tunnel that this connection became has ended. */
  onTunnelEnd(): void {
    this.context.host.counts.clients--;
    this.context.place.clients.remove(this);
  }

  /** Both connections now belong to a tunnel. What the client sent behind its request is the beginning of it. */
  onTunnel(): Buffer {
    this.#state = TUNNELLED;
    const early = this.#pipelined.bytes.subarray(0, this.#pipelined.length);
    this.#pipelined.clear();
    return early;
  }

  /** True when the connection may carry another request after this one. */
  keepsAlive(exchange: Exchange): boolean {
    const { head } = exchange;
    const { requestsPerConnection } = this.context.options.limits;
    if (exchange.closesClient || this.context.isStopping()) return false;
    if (requestsPerConnection > 0 && this.#requests >= requestsPerConnection) return false;
    if ((head.connection & HAS_CLOSE) !== 0) return false;
    return !head.isHttp10 || (head.connection & HAS_KEEP_ALIVE) !== 0;
  }

  record(exchange: Exchange): void {
    exchange.bytesInAfter = exchange.isTunnel ? this.connection.bytesIn : this.bytesInBefore;
    exchange.bytesOutAfter = this.connection.bytesOut;
    const { record: take, tracer } = exchange.context;
    if (take === undefined && exchange.trace === undefined) return;
    const record = new LiveRecord(exchange);
    take?.(record);
    if (exchange.trace !== undefined) tracer?.ended(record, exchange.trace);
  }

  /** The exchange is recorded: what comes next on this connection. */
  onExchangeEnd(exchange: Exchange): void {
    const { host } = this.context;
    host.counts.exchanges--;
    this.context.users.count--;
    exchange.releaseHeld();
    // Whoever was shown it is done with it, too.
    exchange.queue?.clear();
    this.#exchange = undefined;
    const isDone = exchange.closesClient && this.#isDoneWith(exchange);
    if (this.connection.isClosed || this.#state === TUNNELLED || exchange.closesClient) this.#freeHead();
    else this.#keepHead();
    if (this.connection.isClosed || this.#state === TUNNELLED) return;
    this.deadlines.clear();
    this.connection.setBulk(false);
    if (exchange.verdict.do === 'drop') this.connection.destroy();
    else if (exchange.failure !== undefined && exchange.closesClient && !exchange.isResponseComplete)
      this.#cut(exchange);
    else if (isDone) this.connection.destroy();
    else if (exchange.closesClient) this.#linger();
    else this.#awaitNext(exchange.endedAt);
    // After the client's: it should have its FIN with the response.
    if (exchange.closesClient) this.privateOrigin.close();
  }

  #readHead(bytes: Buffer, start: number, end: number): void {
    const head = (this.#head ??= this.context.heads.take(this));
    const heads = this.#heads;
    const state = heads.read(head, bytes, start, end);
    // One look at the clock for a head that comes whole: it began and ended with this read.
    const readAt = now();
    if (this.#state === AWAITING && (head.hasBegun || state === READ_BAD)) {
      this.#state = IN_HEAD;
      this.#beganAt = readAt;
      this.connection.deadlineAt = this.#beganAt + this.context.options.timeouts.head;
    }
    if (state === READ_OK) this.#begin(head, readAt);
    if (state !== READ_BAD) return;
    this.bytesInBefore += heads.end - heads.start;
    this.#refuse('request-refused', head.refusal);
  }

  /** A whole head is there, and in `#heads` what came after it. */
  #begin(head: ClientHead, headAt: number): void {
    const exchange = this.#openExchange(head);
    exchange.headAt = headAt;
    this.bytesInBefore += head.length;
    if (head.bodyLength === LENGTH_NONE || head.bodyLength === 0) {
      exchange.isRequestComplete = true;
      this.connection.deadlineAt = Infinity;
    } else {
      this.body.begin(head.bodyLength);
      this.deadlines.awaitBody(headAt);
      this.deadlines.set(exchange);
    }
    const { bytes, start, end } = this.#heads;
    // Content that came along is queued first, so that it can leave in one write with the head.
    if (start < end) this.#readExchange(bytes, start, end);
    this.#heads.clear();
    advance(exchange);
  }

  #openExchange(head: ClientHead): Exchange {
    const exchange = new Exchange(this, head, this.#beganAt);
    this.#exchange = exchange;
    this.#state = IN_EXCHANGE;
    this.#requests++;
    this.context.host.counts.exchanges++;
    this.context.users.count++;
    return exchange;
  }

  /** Bytes while an exchange is on its way: its body, and what is pipelined behind it. */
  #readExchange(bytes: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    let at = start;
    if (exchange !== undefined && !exchange.isRequestComplete)
      at = this.body.read(exchange, bytes, start, end);
    if (at >= end || (this.#state !== IN_EXCHANGE && this.#state !== AWAITING)) return;
    this.#pipelined.append(bytes, at, end);
    // A page of ours can end the exchange as soon as its body is whole: what is behind that is the next request.
    if (this.#state === AWAITING && !this.#isHeldBack) this.#readPipelined();
    else if (this.#pipelined.length > this.context.options.limits.pipelinedBytes) this.connection.pause();
  }

  /** Answers what is no valid request, and closes. */
  #refuse(code: FailureCode, refusal: RefusalCode | undefined): void {
    const exchange = this.#openExchange(this.#head ?? this.context.heads.take(this));
    this.#heads.clear();
    exchange.closesClient = true;
    if (refusal !== undefined) exchange.refusalStatus = REFUSALS[refusal].status;
    fail(exchange, code, refusal === undefined ? undefined : reasonOf(refusal));
  }

  #onExchangeDeadline(exchange: Exchange): void {
    const failure = this.deadlines.check(exchange);
    if (failure !== undefined) fail(exchange, failure);
  }

  #cut(exchange: Exchange): void {
    // A page of ours that says why is a whole response; anything else is cut with a reset.
    if (exchange.hasOwnReply) this.#linger();
    else this.connection.reset();
  }

  /**
   * True when the connection can be closed at once: the system has the whole response, the client was to send no more
   * (RFC 9112 §9.6), and it sent no body, behind which old clients put an empty line that does not count.
   *
   * Our FIN then comes with the response. Whoever closes first keeps the port for a minute (TIME_WAIT): a client that
   * closes as soon as it has read its response should not be made to, for it runs out of ports, and we do not.
   */
  #isDoneWith({ head, failure, isRequestComplete }: Exchange): boolean {
    const isLast = head.isHttp10
      ? (head.connection & HAS_KEEP_ALIVE) === 0
      : (head.connection & HAS_CLOSE) !== 0;
    if (!isLast || failure !== undefined || !isRequestComplete) return false;
    const hasBody = head.bodyLength !== LENGTH_NONE && head.bodyLength !== 0;
    return !hasBody && this.#pipelined.length === 0 && this.connection.queuedBytes === 0;
  }

  #linger(): void {
    this.#state = LINGERING;
    this.connection.resume();
    this.connection.end();
    this.deadlines.limitWrites();
    this.connection.deadlineAt = now() + LINGER_MS;
  }

  /** The response may still be on its way to a slow client; the moment of lingering is over when it has gone. */
  #lingerOn(): void {
    if (this.connection.takesBytes()) this.deadlines.limitWrites();
    else if (this.connection.queuedBytes === 0 || now() >= this.deadlines.writeBy) {
      this.connection.destroy();
      return;
    }
    this.connection.deadlineAt = now() + LINGER_MS;
  }

  /** Reads no further request until the client has taken responses: otherwise it could have us queue them without end. */
  #holdBack(): void {
    this.#isHeldBack = true;
    this.connection.pause();
    this.deadlines.limitWrites();
    this.connection.deadlineAt = this.deadlines.writeBy;
  }

  #awaitNext(at: number): void {
    this.#state = AWAITING;
    this.takeContext();
    if (this.context.isStopping() && this.#pipelined.length === 0) {
      this.connection.closeAfterWrites();
      return;
    }
    if (this.connection.isFull) {
      this.#holdBack();
      return;
    }
    this.connection.deadlineAt = at + this.context.options.timeouts.keepAlive;
    if (this.#pipelined.length > 0) this.#readPipelined();
    else this.connection.resume();
  }

  /** One request after the other, in a loop and not in a recursion, however many came in one piece. */
  #readPipelined(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (
      this.#pipelined.length > 0 &&
      this.#state === AWAITING &&
      !this.#isHeldBack &&
      !this.connection.isClosed
    ) {
      const bytes = this.#pipelined.bytes;
      const length = this.#pipelined.length;
      this.#pipelined.clear();
      this.#readHead(bytes, 0, length);
    }
    this.#isDraining = false;
    if (this.#isHeldBack) return;
    if (this.#pipelined.length <= this.context.options.limits.pipelinedBytes) this.connection.resume();
  }

  /** What was sent last is remembered where another request may come. */
  #keepHead(): void {
    if (this.#head !== undefined) this.context.heads.keep(this, this.#head);
    this.#head = undefined;
  }

  #freeHead(): void {
    if (this.#head === undefined) this.context.heads.drop(this);
    else this.context.heads.free(this.#head);
    this.#head = undefined;
  }
}

function reasonOf(refusal: RefusalCode): Reason {
  return { code: refusal, text: REFUSALS[refusal].text };
}
