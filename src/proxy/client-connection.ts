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
 * (RFC 9112 §9.6).
 */
import { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import type { Reason } from '../base/verdict.ts';
import { BODY_BAD, BodyReader } from '../http/body-reader.ts';
import { HAS_CLOSE, HAS_KEEP_ALIVE } from '../http/connection-options.ts';
import { READ_BAD, READ_NEED } from '../http/field-section.ts';
import type { RefusalCode } from '../http/field-section.ts';
import { LENGTH_NONE } from '../http/framing.ts';
import { Gather } from '../http/gather.ts';
import { REFUSALS } from '../http/refusal.ts';
import type { Client } from '../identity/client.ts';
import { canonicalAddress } from '../net/address.ts';
import type { Connection, ConnectionOwner } from '../net/connection.ts';
import { BULK_BYTES } from './content.ts';
import type { ListenerContext } from './context.ts';
import { BODY_DISCARDED, BODY_STREAMED, Exchange } from './exchange.ts';
import type { FailureCode } from './failure.ts';
import type { ClientHead, HeadKeeper } from './head-store.ts';
import { LiveRecord } from './live-record.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { Pool } from './pool.ts';
import { advance, fail, WAITING_IN_QUEUE } from './steps.ts';

const AWAITING = 0;
const IN_HEAD = 1;
const IN_EXCHANGE = 2;
const LINGERING = 3;
const TUNNELLED = 4;

/** Content that may wait for an origin before reading stops. */
const QUEUED_BYTES_MAX = 65_536;
/** How long, and how much of what a client still sends, is thrown away before its connection is closed. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 1_048_576;

export class ClientConnection implements ConnectionOwner, HeadKeeper {
  readonly connection: Connection;
  context: ListenerContext;
  /** Who is on the other end of the connection. */
  readonly client: Client;
  /** Bytes of all requests before the present one. */
  bytesInBefore = 0;
  /** The server connection that belongs to this client alone (PROXY protocol), while it is not in use. */
  privateOrigin: OriginConnection | undefined;
  keptHead: ClientHead | undefined;
  keptHeadPlace = -1;

  #state = AWAITING;
  #head: ClientHead | undefined;
  #exchange: Exchange | undefined;
  #body: BodyReader | undefined;
  /** The beginning of a head that is not whole yet. */
  readonly #partial: Gather = new Gather();
  /** What came after the present request. */
  readonly #pipelined: Gather = new Gather();
  #beganAt = 0;
  #requests = 0;
  /** When the client must have sent more of its request body; Infinity while nothing of it is awaited. */
  #bodyBy = Infinity;
  /** When the client must have taken bytes; Infinity while it is not behind. */
  #writeBy = Infinity;
  /** True when the next request waits until the client has taken the responses to those before. */
  #isHeldBack = false;
  #lingered = 0;
  #isDraining = false;

  constructor(context: ListenerContext, connection: Connection, client: Client) {
    this.context = context;
    this.connection = connection;
    this.client = client;
    connection.owner = this;
    connection.deadlineAt = now() + context.options.timeouts.keepAlive;
    context.host.counts.clients++;
    context.clients.add(this);
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
    this.#writeBy = Infinity;
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      this.setDeadline(exchange);
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
    this.context.clients.delete(this);
    this.privateOrigin?.close();
    const exchange = this.#exchange;
    if (exchange !== undefined) fail(exchange, 'client-gone');
    else this.#freeHead(undefined);
  }

  /** A connection to a server that this exchange has waited for. */
  onOrigin(origin: OriginConnection): void {
    const exchange = this.#exchange;
    if (exchange?.connectingAt !== WAITING_IN_QUEUE) {
      if (origin.isConnected) origin.pool.giveBack(origin, now());
      return;
    }
    exchange.connectingAt = now();
    if (origin.isConnected) {
      exchange.connectedAt = exchange.connectingAt;
      exchange.isOriginReused = true;
    }
    exchange.queuedUntil = Infinity;
    this.setDeadline(exchange);
    origin.begin(exchange);
    advance(exchange);
  }

  /** The next deadline is the first of all that the exchange has now. */
  setDeadline(exchange: Exchange): void {
    this.connection.deadlineAt = Math.min(
      exchange.deadlineAt,
      exchange.queuedUntil,
      this.#bodyBy,
      this.#writeBy,
    );
  }

  /** The request body is wanted now: a client that waits for 100 gets it (RFC 9110 §10.1.1). */
  askForBody(exchange: Exchange): void {
    if (exchange.head.expectsContinue && !exchange.sentContinue) {
      exchange.sentContinue = true;
      if (this.#body?.received === 0) this.connection.writeText('HTTP/1.1 100 Continue\r\n\r\n');
    }
    this.resumeBody(exchange);
  }

  /** Nothing more of the request body is read until resumeBody: that the client is silent is then our doing. */
  pauseBody(exchange: Exchange): void {
    this.connection.pause();
    this.#bodyBy = Infinity;
    this.setDeadline(exchange);
  }

  resumeBody(exchange: Exchange): void {
    if (!this.connection.isPaused) return;
    this.connection.resume();
    this.#bodyBy = now() + this.context.options.timeouts.bodyIdle;
    this.setDeadline(exchange);
  }

  /** The response came before the end of the request: what is still to come of it is read and thrown away. */
  discardBody(exchange: Exchange): void {
    exchange.bodySink = BODY_DISCARDED;
    exchange.closesClient = true;
    this.connection.resume();
    this.#bodyBy = Infinity;
    this.setDeadline(exchange);
  }

  /** Content goes straight to the server from now on. */
  streamBody(exchange: Exchange): void {
    exchange.bodySink = BODY_STREAMED;
    if ((this.#body?.remaining ?? 0) > BULK_BYTES) this.connection.setBulk(true);
    this.resumeBody(exchange);
  }

  /** A write of response bytes answered false: nothing more comes until onDrain. */
  onWriteBlocked(exchange: Exchange): void {
    this.#limitWrites();
    this.setDeadline(exchange);
    exchange.origin?.connection.pause();
  }

  /** A page of our own. */
  sendOwn(text: string): void {
    if (!this.connection.isClosed) this.connection.writeText(text);
  }

  /**
   * The kept connection, if it is one to `pool` and its PROXY header named `client`. A trusted proxy may send requests
   * of many clients on one connection: each must be told to the server as the one it is.
   */
  takePrivateOrigin(pool: Pool, client: Client): OriginConnection | undefined {
    const origin = this.privateOrigin;
    this.privateOrigin = undefined;
    if (origin === undefined || origin.connection.isClosing) return undefined;
    const named = origin.namedClient;
    if (origin.pool === pool && named?.address === client.address && named.port === client.port)
      return origin;
    origin.close();
    return undefined;
  }

  /** Keeps a connection that names this client until its next request, or closes it with this one. */
  keepPrivateOrigin(origin: OriginConnection, at: number): void {
    if (this.connection.isClosed || this.privateOrigin !== undefined) {
      origin.close();
      return;
    }
    origin.rest(at, origin.pool.options.connections.idle);
    this.privateOrigin = origin;
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
    this.context.clients.delete(this);
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
    this.context.record?.(new LiveRecord(exchange));
  }

  /** The exchange is recorded: what comes next on this connection. */
  onExchangeEnd(exchange: Exchange): void {
    const { host } = this.context;
    host.counts.exchanges--;
    host.heldBytes -= exchange.heldBytes;
    this.#exchange = undefined;
    this.#freeHead(exchange);
    if (this.connection.isClosed || this.#state === TUNNELLED) return;
    this.#writeBy = Infinity;
    this.#bodyBy = Infinity;
    this.connection.setBulk(false);
    if (exchange.verdict.do === 'drop') this.connection.destroy();
    else if (exchange.failure !== undefined && exchange.closesClient && !exchange.isResponseComplete)
      this.#cut(exchange);
    else if (exchange.closesClient) this.#linger();
    else this.#awaitNext(exchange.endedAt);
  }

  #readHead(bytes: Buffer, start: number, end: number): void {
    const head = (this.#head ??= this.context.heads.take(this));
    let from = bytes;
    let base = start;
    let to = end;
    if (this.#partial.length > 0) {
      this.#partial.append(bytes, start, end);
      from = this.#partial.bytes;
      base = 0;
      to = this.#partial.length;
    }
    const state = head.read(from, base, to);
    // One look at the clock for a head that comes whole: it began and ended with this read.
    const readAt = now();
    if (this.#state === AWAITING && (head.hasBegun || state === READ_BAD)) {
      this.#state = IN_HEAD;
      this.#beganAt = readAt;
      this.connection.deadlineAt = this.#beganAt + this.context.options.timeouts.head;
    }
    if (state === READ_NEED) {
      if (this.#partial.length === 0) this.#partial.append(bytes, start, end);
      return;
    }
    if (state === READ_BAD) {
      this.bytesInBefore += to - base;
      this.#refuse('request-refused', head.refusal);
      return;
    }
    this.#begin(head, readAt, from, base + head.length, to);
  }

  /** A whole head is there, and `bytes` from `start` to `end` after it. */
  #begin(head: ClientHead, headAt: number, bytes: Buffer, start: number, end: number): void {
    const exchange = this.#openExchange(head);
    exchange.headAt = headAt;
    this.bytesInBefore += head.length;
    if (head.bodyLength === LENGTH_NONE || head.bodyLength === 0) {
      exchange.isRequestComplete = true;
      this.connection.deadlineAt = Infinity;
    } else {
      this.#body ??= new BodyReader(this.context.chunkLimits);
      this.#body.begin(head.bodyLength);
      this.#bodyBy = headAt + this.context.options.timeouts.bodyIdle;
      this.connection.deadlineAt = this.#bodyBy;
    }
    // Content that came along is queued first, so that it can leave in one write with the head.
    if (start < end) this.#readExchange(bytes, start, end);
    this.#partial.clear();
    advance(exchange);
  }

  #openExchange(head: ClientHead): Exchange {
    const exchange = new Exchange(this, head, this.#beganAt);
    this.#exchange = exchange;
    this.#state = IN_EXCHANGE;
    this.#requests++;
    this.context.host.counts.exchanges++;
    return exchange;
  }

  /** Bytes while an exchange is on its way: its body, and what is pipelined behind it. */
  #readExchange(bytes: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    let at = start;
    if (exchange !== undefined && !exchange.isRequestComplete && this.#body !== undefined) {
      at = this.#readBody(exchange, this.#body, bytes, start, end);
    }
    if (at >= end || this.#state !== IN_EXCHANGE || this.#exchange !== exchange) return;
    this.#pipelined.append(bytes, at, end);
    if (this.#pipelined.length > this.context.options.limits.pipelinedBytes) this.connection.pause();
  }

  #readBody(exchange: Exchange, body: BodyReader, bytes: Buffer, start: number, end: number): number {
    const state = body.feed(bytes, start, end);
    this.bytesInBefore += body.position - start;
    if (state === BODY_BAD) {
      this.#refuseBody(exchange, body.refusal);
      return end;
    }
    const { bodyBytes } = this.context.options.limits;
    if (bodyBytes !== 'off' && body.received > bodyBytes) {
      fail(exchange, 'request-body-too-large');
      return end;
    }
    if (body.isDone) {
      exchange.isRequestComplete = true;
      exchange.trailers = body.trailers;
      this.#bodyBy = Infinity;
      this.connection.setBulk(false);
    } else if (exchange.bodySink !== BODY_DISCARDED) {
      this.#bodyBy = now() + this.context.options.timeouts.bodyIdle;
    }
    this.setDeadline(exchange);
    this.#deliver(exchange, body, bytes);
    return body.position;
  }

  #deliver(exchange: Exchange, body: BodyReader, bytes: Buffer): void {
    if (exchange.bodySink === BODY_DISCARDED) return;
    if (exchange.bodySink === BODY_STREAMED) {
      exchange.origin?.sendContent(exchange, this.connection, bytes, body.dataStart, body.dataEnd);
      return;
    }
    if (body.dataEnd > body.dataStart) {
      const content = Buffer.from(bytes.subarray(body.dataStart, body.dataEnd));
      exchange.queue.push(content);
      exchange.queuedBytes += content.length;
      exchange.heldBytes += content.length;
      this.context.host.heldBytes += content.length;
    }
    if (exchange.queuedBytes > QUEUED_BYTES_MAX && !body.isDone) this.pauseBody(exchange);
    if (exchange.step > 0) advance(exchange);
  }

  #refuseBody(exchange: Exchange, refusal: RefusalCode): void {
    exchange.closesClient = true;
    exchange.refusalStatus = REFUSALS[refusal].status;
    fail(exchange, 'request-body-refused', reasonOf(refusal));
  }

  /** Answers what is no valid request, and closes. */
  #refuse(code: FailureCode, refusal: RefusalCode | undefined): void {
    const exchange = this.#openExchange(this.#head ?? this.context.heads.take(this));
    this.#partial.clear();
    exchange.closesClient = true;
    if (refusal !== undefined) exchange.refusalStatus = REFUSALS[refusal].status;
    fail(exchange, code, refusal === undefined ? undefined : reasonOf(refusal));
  }

  #onExchangeDeadline(exchange: Exchange): void {
    const at = now();
    if (at >= exchange.deadlineAt) fail(exchange, 'exchange-timeout');
    else if (at >= exchange.queuedUntil) fail(exchange, 'no-server');
    else if (at >= this.#bodyBy) fail(exchange, 'client-timeout-body');
    else if (at < this.#writeBy) this.setDeadline(exchange);
    // A client that is slow but takes something is not cut off.
    else if (this.connection.takesBytes()) this.onWriteBlocked(exchange);
    else fail(exchange, 'client-timeout-write');
  }

  /** From now on the client has timeouts.clientWrite to take some of what is queued. */
  #limitWrites(): void {
    this.connection.takesBytes();
    this.#writeBy = now() + this.context.options.timeouts.clientWrite;
  }

  #cut(exchange: Exchange): void {
    // A page of ours that says why is a whole response; anything else is cut with a reset.
    if (exchange.hasOwnReply) this.#linger();
    else this.connection.reset();
  }

  #linger(): void {
    this.#state = LINGERING;
    this.connection.resume();
    this.connection.end();
    this.#limitWrites();
    this.connection.deadlineAt = now() + LINGER_MS;
  }

  /** The response may still be on its way to a slow client; the moment of lingering is over when it has gone. */
  #lingerOn(): void {
    if (this.connection.takesBytes()) this.#writeBy = now() + this.context.options.timeouts.clientWrite;
    else if (this.connection.queuedBytes === 0 || now() >= this.#writeBy) {
      this.connection.destroy();
      return;
    }
    this.connection.deadlineAt = now() + LINGER_MS;
  }

  /** Reads no further request until the client has taken responses: otherwise it could have us queue them without end. */
  #holdBack(): void {
    this.#isHeldBack = true;
    this.connection.pause();
    this.#limitWrites();
    this.connection.deadlineAt = this.#writeBy;
  }

  #awaitNext(at: number): void {
    this.#state = AWAITING;
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

  /** No request is being read or answered. What was sent last is remembered where another request may come. */
  #freeHead(ended: Exchange | undefined): void {
    const { heads } = this.context;
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined) heads.drop(this);
    else if (ended === undefined || ended.closesClient || this.connection.isClosed) heads.free(head);
    else heads.keep(this, head);
  }
}

function reasonOf(refusal: RefusalCode): Reason {
  return { code: refusal, text: REFUSALS[refusal].text };
}
