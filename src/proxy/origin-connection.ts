/**
 * The server's side of HTTP/1.1: a connection with its life, the requests that it sends and the waits that it bounds.
 * The response is taken apart by response-relay.ts.
 *
 *     connecting → idle ⇄ in use → closed
 *
 * A response is read as strictly as a request. Whatever is left unclear about where it ends (a body cut short, bytes
 * after it, a request that was not taken whole) closes the connection: the next response on it could be taken for the
 * answer to another client's request.
 */
import type { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import { LENGTH_CHUNKED } from '../http/framing.ts';
import type { Client } from '../identity/client.ts';
import { Connection } from '../net/connection.ts';
import type { ConnectionOwner } from '../net/connection.ts';
import type { GatheredWriter } from '../net/gathered-writes.ts';
import { isShortage } from '../net/shortage.ts';
import { contentText, lastChunk, TEXT_BYTES_MAX, writeContent } from './content.ts';
import type { ProxyHost } from './context.ts';
import { endInspection } from './end-inspection.ts';
import { BODY_DISCARDED } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { Pool } from './pool.ts';
import type { QueuedContent } from './queued-content.ts';
import { writeProxyHeader } from './proxy-header.ts';
import { ResponseRelay } from './response-relay.ts';
import type { ResponseTools } from './response-tools.ts';
import { requestFacts } from './request-facts.ts';
import { hostName } from './routes.ts';
import { noteAnswer, noteFailure, noteTime } from './server-outcome.ts';
import type { Server, ServerAddress } from './server.ts';
import type { SourceAttempt } from './source-policy.ts';
import { localEndpoint } from './source-policy.ts';
import { isIdempotent } from './retry-policy.ts';
import { advance, fail, reconnect, retry } from './steps.ts';
import { startTunnel } from './start-tunnel.ts';

/** Content that is sent as one with the head, from a copy: what the system takes at once. One read. */
const COPIED_BYTES_MAX = 65_536;

export class OriginConnection implements ConnectionOwner, GatheredWriter {
  /** Those of the configuration that it was last used or kept by. */
  pool: Pool;
  server: Server;
  readonly connection: Connection;
  isConnected = false;
  /** Whose connection it is; undefined where it may serve anybody. */
  namedClient: Client | undefined;
  /** It says nothing of its client but the address: his other connections may use it, too. */
  #isShared = false;
  /** The server takes whatever comes on it for requests of one user. */
  #isPersonal = false;
  /** From where it was asked to come: the key of its SourceAttempt. */
  sourceKey = '';
  /** From where it came, for the record; empty where nobody asked. */
  sourceText = '';
  /** Our end of a connection to an original destination, as the loop guard knows it. */
  #guarded = '';

  readonly #host: ProxyHost;
  readonly #tools: ResponseTools;
  readonly #relay: ResponseRelay;
  #exchange: Exchange | undefined;
  /** Reads since the exchange began. */
  #reads = 0;
  #isBlocked = false;
  /** A whole request that is to be written with those of other connections. */
  #gathered = '';
  /** Its last response is whole, and nobody looks at the head of that any more: an exchange that fails still may. */
  #isRead = false;
  #isClosed = false;
  readonly #address: ServerAddress;

  /** `fd` is a socket that is bound and has not connected yet. */
  constructor(host: ProxyHost, pool: Pool, server: Server, fd: number | undefined) {
    this.#host = host;
    this.pool = pool;
    this.server = server;
    this.#tools = pool.responses.take();
    this.#relay = new ResponseRelay(this, pool.options, this.#tools);
    this.#address = server.address;
    this.connection = Connection.connect(host, this, this.#address, fd);
    this.connection.deadlineAt = now() + pool.options.timeouts.connect;
    host.counts.origins++;
  }

  /** Its server has another address since it was made. */
  get isMoved(): boolean {
    return this.#address !== this.server.address;
  }

  /** The exchange that it works for from now on. */
  begin(exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.origin = this;
    exchange.sourceText = this.sourceText;
    this.#relay.begin();
    this.#isRead = false;
    this.#reads = 0;
    this.#isBlocked = false;
  }

  /** Waits for the next exchange, from `at` on the clock of base/clock.ts and at most `idleMs`. */
  rest(at: number, idleMs: number): void {
    this.connection.deadlineAt = at + idleMs;
  }

  /** It is idle, and belongs to the same server in another configuration from now on. */
  moveTo(pool: Pool, server: Server): void {
    this.server.open--;
    server.open++;
    this.pool = pool;
    this.server = server;
    this.#relay.use(pool.options);
  }

  /** Closes it in an orderly way; nothing is on its way. */
  close(): void {
    // A port that was closed in order is not free for another minute: the client may come again from it at once, and who
    // has a connection for each client would run out of ports, and long before spend its time on looking for one.
    if (this.pool.isPrivate && this.isConnected) this.connection.reset();
    else this.connection.destroy();
  }

  /** The exchange is over before the response was: nothing of it may be read any more. */
  abandon(): void {
    this.#exchange = undefined;
    this.connection.destroy();
  }

  /** Sends the head, and the content that is there. */
  send(exchange: Exchange): void {
    const { head, queue } = exchange;
    const isChunked = head.bodyLength === LENGTH_CHUNKED;
    const text = this.pool.headers.write(head, requestFacts(exchange), head.written);
    const end = exchange.isRequestComplete && isChunked ? lastChunk(exchange.trailers) : '';
    const content = queue?.pieces.length === 1 ? queue.pieces[0] : undefined;
    let isFree: boolean;
    if (queue === undefined || (content !== undefined && content.length <= TEXT_BYTES_MAX)) {
      const body = content === undefined ? '' : contentText(content, 0, content.length, isChunked);
      const message = text + body + end;
      if (exchange.transaction !== undefined && exchange.isRequestComplete) {
        this.#gather(message, exchange.connectedAt);
        return;
      }
      isFree = this.connection.writeText(message);
    } else {
      isFree = this.#sendQueue(queue, text, isChunked, end);
    }
    if (exchange.isRequestComplete) {
      // It is sent as soon as there is a connection: no time has passed that anybody could tell.
      this.#awaitResponse(exchange, exchange.connectedAt);
      if (!mayBeSentAgain(exchange)) this.#dropQueue(exchange);
      if (!isFree) this.#onSent(exchange, false);
      return;
    }
    this.#dropQueue(exchange);
    exchange.sentAt = now();
    exchange.connection.body.stream(exchange);
    this.#onSent(exchange, isFree);
  }

  /** Inspecting it took a while, and the next ones will: they are written together. */
  #gather(message: string, at: number): void {
    this.#gathered = message;
    // It was that of an idle connection, and is set when the request is written.
    this.connection.deadlineAt = Infinity;
    this.#host.gathered.add(this, at);
  }

  writeGathered(): void {
    const exchange = this.#exchange;
    const message = this.#gathered;
    this.#gathered = '';
    // Its exchange has ended meanwhile, and the connection with it.
    if (exchange === undefined) return;
    const isFree = this.connection.writeText(message);
    this.#awaitResponse(exchange, now());
    if (!isFree) this.#onSent(exchange, false);
  }

  /** Content that has just come from the client. */
  sendContent(exchange: Exchange, from: Connection, bytes: Buffer, start: number, end: number): void {
    const isChunked = exchange.head.bodyLength === LENGTH_CHUNKED;
    let isFree = true;
    if (end > start) isFree = writeContent(this.connection, from, { bytes, start, end, isChunked });
    if (exchange.isRequestComplete) {
      if (isChunked) isFree = this.connection.writeText(lastChunk(exchange.trailers));
      this.#awaitResponse(exchange, now());
    }
    this.#onSent(exchange, isFree);
  }

  onConnect(): void {
    this.isConnected = true;
    this.connection.deadlineAt = Infinity;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      if (this.pool.isPrivate) this.close();
      else this.pool.giveBack(this, now());
      return;
    }
    exchange.connectedAt = now();
    if (this.pool.isPrivate) this.namedClient = exchange.client;
    this.#isShared = this.pool.isSharedBySource && exchange.source?.isOfAddress === true;
    if (exchange.source !== undefined) this.#nameSource(exchange, exchange.source);
    // With its own port, it is the client's connection over again, and cannot come back beside that.
    if (this.pool.destinations !== undefined && exchange.source?.keepsPort !== true) {
      this.#guarded = localEndpoint(this.connection);
      this.#host.loops.add(this.#guarded, this.server.key);
    }
    if (this.pool.options.proxyProtocol !== 'off') {
      const facts = { uniqueId: exchange.id, authority: hostName(exchange.head.host) };
      const header = writeProxyHeader(
        this.pool.options,
        exchange.client,
        exchange.connection.connection,
        facts,
      );
      this.connection.writeBytes(header);
    }
    advance(exchange);
  }

  onBytes(bytes: Buffer, end: number): void {
    const exchange = this.#exchange;
    this.#reads++;
    // Nobody asked for anything: whatever this is, it must not become the answer to the next request.
    if (exchange === undefined || exchange.sentAt === -1) this.#onUnasked(exchange);
    else this.#relay.read(exchange, bytes, 0, end);
  }

  onEnd(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#relay.endsWithClose) this.#relay.onClosed(exchange);
    else if (exchange !== undefined) this.#onLost(exchange, undefined);
    this.connection.destroy();
  }

  onDrain(): void {
    this.#isBlocked = false;
    const exchange = this.#exchange;
    // A response that has begun has its own deadline, and the rest of the request is not sent.
    if (exchange === undefined || this.#relay.isInBody) return;
    this.connection.deadlineAt = Infinity;
    if (exchange.isRequestComplete) this.#awaitResponse(exchange, now());
    else exchange.connection.body.resume(exchange);
  }

  /** The client takes more of the response. That the server was silent was our doing until now. */
  resumeBody(): void {
    if (this.#relay.isInBody) this.connection.deadlineAt = now() + this.pool.options.timeouts.bodyIdle;
    this.connection.resume();
  }

  onDeadline(): void {
    const exchange = this.#exchange;
    const { timeouts } = this.pool.options;
    if (exchange === undefined) this.close();
    else if (!this.isConnected) this.#onConnectFailed(exchange, 'origin-timeout-connect', undefined);
    else if (this.#relay.isInBody && this.connection.isPaused)
      this.connection.deadlineAt = now() + timeouts.bodyIdle;
    else if (this.#relay.isInBody) this.#onTimeout(exchange, 'origin-timeout-body');
    else if (this.#isBlocked && this.connection.takesBytes()) this.#limitWrites();
    else if (this.#isBlocked) this.#onTimeout(exchange, 'origin-timeout-write');
    else this.#onTimeout(exchange, 'origin-timeout-first-byte');
  }

  onClose(error: Error | undefined): void {
    this.#isClosed = true;
    this.#host.counts.origins--;
    if (this.#guarded !== '') this.#host.loops.remove(this.#guarded, this.server.key);
    this.pool.forget(this);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (this.#isRead) this.pool.responses.give(this.#tools);
    if (exchange === undefined) return;
    exchange.origin = undefined;
    if (!this.isConnected) this.#onConnectFailed(exchange, 'origin-connect-failed', error);
    else this.#onLost(exchange, error);
  }

  /** The head, what is queued, as one chunk where the body is chunked, and what ends it. */
  #sendQueue(queue: QueuedContent, text: string, isChunked: boolean, end: string): boolean {
    const before = isChunked ? `${text}${queue.bytes.toString(16)}\r\n` : text;
    const after = isChunked ? `\r\n${end}` : end;
    if (queue.bytes <= COPIED_BYTES_MAX) {
      this.connection.writeCopy(before, queue.pieces, after);
    } else {
      this.connection.cork();
      this.connection.writeText(before);
      for (const piece of queue.pieces) this.connection.writeBytes(piece);
      if (after !== '') this.connection.writeText(after);
      this.connection.uncork();
      // What the system did not take at once it reads later.
      if (this.connection.queuedBytes > 0) queue.lend();
    }
    // Not whether something is queued: only a connection that is full says when it has room again.
    return !this.connection.isFull;
  }

  #dropQueue(exchange: Exchange): void {
    // Inspection may look again at what it was shown, until the exchange is over.
    if (exchange.transaction !== undefined) exchange.queue?.lend();
    exchange.queue?.clear();
    exchange.releaseHeld();
    exchange.isReplayable = false;
  }

  #onSent(exchange: Exchange, isFree: boolean): void {
    if (isFree) return;
    this.#isBlocked = true;
    if (!exchange.isRequestComplete) exchange.connection.body.pause(exchange);
    if (!this.#relay.isInBody) this.#limitWrites();
  }

  /** From now on the server has timeouts.write to take some of what is queued. */
  #limitWrites(): void {
    this.connection.takesBytes();
    this.connection.deadlineAt = now() + this.pool.options.timeouts.write;
  }

  /** The request is sent since `at`. */
  #awaitResponse(exchange: Exchange, at: number): void {
    if (this.#relay.isInBody) return;
    exchange.sentAt = at;
    this.connection.deadlineAt = exchange.sentAt + this.pool.options.timeouts.firstByte;
  }

  /** The response is whole: the relay has written all of it to the client. */
  onResponseEnd(exchange: Exchange, isReusable: boolean): void {
    this.connection.setBulk(false);
    this.#exchange = undefined;
    exchange.origin = undefined;
    this.connection.resume();
    // A response that came in one read began and ended with it.
    exchange.endedAt = this.#reads === 1 ? exchange.firstByteAt : now();
    // Before the connection takes the next response.
    endInspection(exchange);
    this.#isRead = true;
    // A request body that was thrown away once the response had begun was never sent to its end.
    const wasSentWhole = exchange.isRequestComplete && exchange.bodySink !== BODY_DISCARDED;
    if (!wasSentWhole) this.connection.destroy();
    else if (!isReusable) this.close();
    else if (this.#isPersonal || (this.pool.isPrivate && !this.#isShared))
      exchange.connection.keepOrigin(this, exchange.endedAt);
    else {
      if (this.#isShared) exchange.connection.privateOrigin.remember(this.server, exchange.client);
      this.pool.giveBack(this, exchange.endedAt);
    }
    noteAnswer(this.pool, this.server, exchange.status);
    noteTime(this.pool, this.server, exchange.sentAt, exchange.firstByteAt);
    exchange.isResponseComplete = true;
    advance(exchange);
  }

  /** An interim response came: the final one has the time that it had before. */
  awaitFinal(exchange: Exchange): void {
    if (exchange.isRequestComplete)
      this.connection.deadlineAt = exchange.sentAt + this.pool.options.timeouts.firstByte;
    else if (!this.#isBlocked) this.connection.deadlineAt = Infinity;
  }

  /** Both connections become a tunnel; this one is closed with it. */
  becomeTunnel(exchange: Exchange): void {
    this.#exchange = undefined;
    startTunnel(exchange, this.connection, () => {
      this.onClose(undefined);
    });
  }

  becomePersonal(exchange: Exchange): void {
    this.#isPersonal = true;
    this.namedClient = exchange.client;
  }

  onTriedAgain(status: number): void {
    noteAnswer(this.pool, this.server, status);
  }

  onRefused(code: 'origin-refused' | 'origin-body-refused'): void {
    noteFailure(this.pool, this.server, code);
  }

  /** The connection broke while the exchange needed it. */
  #onLost(exchange: Exchange, error: Error | undefined): void {
    const hasAnswered = exchange.firstByteAt !== -1;
    this.#exchange = undefined;
    this.connection.destroy();
    const code = hasAnswered ? 'origin-cut' : 'origin-closed';
    // A server may close what it has kept open when it likes.
    const isStale = exchange.isOriginReused && !hasAnswered;
    if (!isStale) noteFailure(this.pool, this.server, code);
    if (!hasAnswered && retry(exchange, isStale ? 'kept-closed' : 'closed')) return;
    if (isStale) noteFailure(this.pool, this.server, code);
    fail(exchange, code, error === undefined ? undefined : { code, text: error.message });
  }

  #onConnectFailed(
    exchange: Exchange,
    code: 'origin-connect-failed' | 'origin-timeout-connect',
    error: Error | undefined,
  ): void {
    this.#exchange = undefined;
    exchange.origin = undefined;
    if (!this.#isClosed) this.connection.destroy();
    if (exchange.source?.onConnectFailed(error) === true) {
      reconnect(exchange);
      return;
    }
    const isShort = error !== undefined && isShortage(error);
    // Then it is not the server's fault, and another attempt may find what is freed here. The first costs no retry: all that
    // came in this turn have found nothing before anything was freed, and the budget has not as many.
    if (isShort) this.#host.freeIdle();
    if (isShort && !exchange.hasBeenShort && exchange.source === undefined) {
      exchange.hasBeenShort = true;
      reconnect(exchange);
      return;
    }
    if (!isShort) noteFailure(this.pool, this.server, code);
    const end = isShort ? 'system-limit' : code;
    const cause = code === 'origin-connect-failed' ? 'connect-failed' : 'connect-timeout';
    if (!retry(exchange, cause))
      fail(exchange, end, error === undefined ? undefined : { code: end, text: error.message });
  }

  #onTimeout(
    exchange: Exchange,
    code: 'origin-timeout-body' | 'origin-timeout-write' | 'origin-timeout-first-byte',
  ): void {
    noteFailure(this.pool, this.server, code);
    const isUnanswered = code === 'origin-timeout-first-byte' && exchange.firstByteAt === -1;
    if (isUnanswered && retry(exchange, 'first-byte-timeout')) return;
    fail(exchange, code);
  }

  #nameSource(exchange: Exchange, source: SourceAttempt): void {
    this.sourceKey = source.key;
    this.sourceText = localEndpoint(this.connection);
    exchange.sourceText = this.sourceText;
  }

  #onUnasked(exchange: Exchange | undefined): void {
    if (exchange === undefined) this.connection.destroy();
    else this.#onLost(exchange, undefined);
  }
}

/** Of a request that was sent: retry and reviewResponse (steps.ts) ask for no other a second time. */
function mayBeSentAgain({ head, transaction }: Exchange): boolean {
  return transaction !== undefined || isIdempotent(head.method);
}
