/**
 * The server's side of HTTP/1.1: sends a request, reads its response, relays the body to the client.
 *
 *     connecting → idle ⇄ in use → closed
 *
 * A response is read as strictly as a request. Whatever is left unclear about where it ends (a body cut short, bytes
 * after it, a request that was not taken whole) closes the connection: the next response on it could be taken for the
 * answer to another client's request.
 */
import { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import { CONTINUE } from '../base/verdict.ts';
import { BODY_BAD, BodyReader, LENGTH_UNTIL_CLOSE } from '../http/body-reader.ts';
import { HAS_UPGRADE } from '../http/connection-options.ts';
import { READ_BAD, READ_NEED } from '../http/field-section.ts';
import { LENGTH_CHUNKED } from '../http/framing.ts';
import { Gather } from '../http/gather.ts';
import * as known from '../http/known-headers.ts';
import { REFUSALS } from '../http/refusal.ts';
import { ResponseHead } from '../http/response-head.ts';
import { FORM_AUTHORITY } from '../http/target.ts';
import type { Client } from '../identity/client.ts';
import { Connection } from '../net/connection.ts';
import type { ConnectionOwner } from '../net/connection.ts';
import { BULK_BYTES, contentText, lastChunk, TEXT_BYTES_MAX, writeContent } from './content.ts';
import type { ProxyHost } from './context.ts';
import { BODY_DISCARDED } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { HeaderView } from './header-view.ts';
import type { Pool, Server } from './pool.ts';
import { writeProxyHeader } from './proxy-header.ts';
import { requestFacts } from './request-facts.ts';
import { hostName } from './routes.ts';
import * as response from './response-writer.ts';
import { advance, fail, retry, reviewResponse } from './steps.ts';
import { startTunnel } from './start-tunnel.ts';

/** Bounds on the chunks of responses: the same for all pools, because no honest server comes near them. */
const CHUNK_LIMITS = { chunkExtensionBytes: 4096, trailerBytes: 16_384 };

export class OriginConnection implements ConnectionOwner {
  readonly pool: Pool;
  readonly server: Server;
  readonly connection: Connection;
  isConnected = false;
  /** Whom the PROXY header at its start named; undefined for a connection that began without one. */
  namedClient: Client | undefined;

  readonly #host: ProxyHost;
  readonly #head: ResponseHead;
  readonly #body: BodyReader = new BodyReader(CHUNK_LIMITS);
  readonly #partial: Gather = new Gather();
  #exchange: Exchange | undefined;
  /** Reads since the exchange began. */
  #reads = 0;
  #isInBody = false;
  #isBlocked = false;
  #isClosed = false;
  #frame: response.Frame = response.FRAME_NONE;
  /** Content that is held until inspection has seen it; undefined when nothing is held. */
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  /** True when the body ends with the connection, so that closing it is no failure. */
  #endsWithClose = false;

  constructor(host: ProxyHost, pool: Pool, server: Server) {
    this.#host = host;
    this.pool = pool;
    this.server = server;
    this.#head = new ResponseHead(pool.options.limits);
    this.connection = Connection.connect(host, this, server.address);
    this.connection.deadlineAt = now() + pool.options.timeouts.connect;
    host.counts.origins++;
  }

  /** The exchange that it works for from now on. */
  begin(exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.origin = this;
    this.#head.restart();
    this.#reads = 0;
    this.#isInBody = false;
    this.#isBlocked = false;
    this.#endsWithClose = false;
    this.#held = undefined;
  }

  /** Waits for the next exchange, from `at` on the clock of base/clock.ts and at most `idleMs`. */
  rest(at: number, idleMs: number): void {
    this.connection.deadlineAt = at + idleMs;
  }

  /** Closes it in an orderly way; nothing is on its way. */
  close(): void {
    this.connection.destroy();
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
    const text = this.pool.headers.write(head, requestFacts(exchange));
    const content = queue.length === 1 ? queue[0] : undefined;
    let isFree: boolean;
    if (queue.length === 0) {
      isFree = this.connection.writeText(
        exchange.isRequestComplete && isChunked ? text + lastChunk(exchange.trailers) : text,
      );
    } else if (content !== undefined && content.length <= TEXT_BYTES_MAX) {
      const end = exchange.isRequestComplete && isChunked ? lastChunk(exchange.trailers) : '';
      isFree = this.connection.writeText(text + contentText(content, 0, content.length, isChunked) + end);
    } else {
      isFree = this.#sendQueue(exchange, text, isChunked);
    }
    if (exchange.isRequestComplete) {
      this.#awaitResponse(exchange);
      if (!isFree) this.#onSent(exchange, false);
      return;
    }
    this.#dropQueue(exchange);
    exchange.isReplayable = false;
    exchange.connection.streamBody(exchange);
    this.#onSent(exchange, isFree);
  }

  /** Content that has just come from the client. */
  sendContent(exchange: Exchange, from: Connection, bytes: Buffer, start: number, end: number): void {
    const isChunked = exchange.head.bodyLength === LENGTH_CHUNKED;
    let isFree = true;
    if (end > start) isFree = writeContent(this.connection, from, bytes, start, end, isChunked);
    if (exchange.isRequestComplete) {
      if (isChunked) isFree = this.connection.writeText(lastChunk(exchange.trailers));
      this.#awaitResponse(exchange);
    }
    this.#onSent(exchange, isFree);
  }

  onConnect(): void {
    this.isConnected = true;
    this.connection.deadlineAt = Infinity;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.pool.giveBack(this, now());
      return;
    }
    exchange.connectedAt = now();
    if (this.pool.isPrivate) {
      this.namedClient = exchange.client;
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
    else if (this.#isInBody) this.#readBody(exchange, bytes, 0, end);
    else this.#readHead(exchange, bytes, 0, end);
  }

  onEnd(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#endsWithClose) this.#onBodyClosed(exchange);
    else if (exchange !== undefined) this.#onLost(exchange, undefined);
    this.connection.destroy();
  }

  onDrain(): void {
    this.#isBlocked = false;
    const exchange = this.#exchange;
    // A response that has begun has its own deadline, and the rest of the request is not sent.
    if (exchange === undefined || this.#isInBody) return;
    this.connection.deadlineAt = Infinity;
    if (exchange.isRequestComplete) this.#awaitResponse(exchange);
    else exchange.connection.resumeBody(exchange);
  }

  /** The client takes more of the response. That the server was silent was our doing until now. */
  resumeBody(): void {
    if (this.#isInBody) this.connection.deadlineAt = now() + this.pool.options.timeouts.bodyIdle;
    this.connection.resume();
  }

  onDeadline(): void {
    const exchange = this.#exchange;
    const { timeouts } = this.pool.options;
    if (exchange === undefined) this.connection.destroy();
    else if (!this.isConnected) this.#onConnectFailed(exchange, 'origin-timeout-connect', undefined);
    else if (this.#isInBody && this.connection.isPaused)
      this.connection.deadlineAt = now() + timeouts.bodyIdle;
    else if (this.#isInBody) fail(exchange, 'origin-timeout-body');
    else if (this.#isBlocked && this.connection.takesBytes()) this.#limitWrites();
    else if (this.#isBlocked) fail(exchange, 'origin-timeout-write');
    else fail(exchange, 'origin-timeout-first-byte');
  }

  onClose(error: Error | undefined): void {
    this.#isClosed = true;
    this.#host.counts.origins--;
    this.pool.forget(this);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    exchange.origin = undefined;
    if (!this.isConnected) this.#onConnectFailed(exchange, 'origin-connect-failed', error);
    else this.#onLost(exchange, error);
  }

  #sendQueue(exchange: Exchange, text: string, isChunked: boolean): boolean {
    this.connection.cork();
    this.connection.writeText(text);
    for (const content of exchange.queue) {
      if (isChunked) this.connection.writeText(`${content.length.toString(16)}\r\n`);
      this.connection.writeBytes(content);
      if (isChunked) this.connection.writeText('\r\n');
    }
    if (isChunked && exchange.isRequestComplete) this.connection.writeText(lastChunk(exchange.trailers));
    this.connection.uncork();
    return this.connection.queuedBytes === 0;
  }

  #dropQueue(exchange: Exchange): void {
    exchange.queue = [];
    exchange.queuedBytes = 0;
    this.#host.heldBytes -= exchange.heldBytes;
    exchange.heldBytes = 0;
    exchange.sentAt = now();
  }

  #onSent(exchange: Exchange, isFree: boolean): void {
    if (isFree) return;
    this.#isBlocked = true;
    if (!exchange.isRequestComplete) exchange.connection.pauseBody(exchange);
    if (!this.#isInBody) this.#limitWrites();
  }

  /** From now on the server has timeouts.write to take some of what is queued. */
  #limitWrites(): void {
    this.connection.takesBytes();
    this.connection.deadlineAt = now() + this.pool.options.timeouts.write;
  }

  #awaitResponse(exchange: Exchange): void {
    if (this.#isInBody) return;
    exchange.sentAt = now();
    this.connection.deadlineAt = exchange.sentAt + this.pool.options.timeouts.firstByte;
  }

  #readHead(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (exchange.firstByteAt === -1) exchange.firstByteAt = now();
    let from = bytes;
    let base = start;
    let to = end;
    if (this.#partial.length > 0) {
      this.#partial.append(bytes, start, end);
      from = this.#partial.bytes;
      base = 0;
      to = this.#partial.length;
    }
    const state = this.#head.read(from, base, to);
    if (state === READ_NEED) {
      if (this.#partial.length === 0) this.#partial.append(bytes, start, end);
      this.connection.deadlineAt = now() + this.pool.options.timeouts.bodyIdle;
      return;
    }
    this.#partial.clear();
    if (state === READ_BAD) {
      const code = this.#head.refusal;
      fail(exchange, 'origin-refused', { code, text: REFUSALS[code].text });
      return;
    }
    const after = base + this.#head.length;
    if (this.#head.status >= 200) this.#onFinal(exchange, from, after, to);
    else this.#onInformational(exchange, from, after, to);
  }

  /** 1xx (RFC 9110 §15.2): passed on where the client can read it, and never the end of the exchange but for 101. */
  #onInformational(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.#head.status === 101) {
      this.#onSwitch(exchange, bytes, start, end);
      return;
    }
    exchange.informational++;
    if (exchange.informational > this.pool.options.limits.informationalMax) {
      fail(exchange, 'origin-informational');
      return;
    }
    // A 100 is for a client that asked for one and got none from us; the others are news for any HTTP/1.1 client.
    const isWanted = this.#head.status !== 100 || (exchange.head.expectsContinue && !exchange.sentContinue);
    if (isWanted && !exchange.head.isHttp10)
      exchange.connection.connection.writeText(response.writeInformational(this.#head));
    if (this.#head.status === 100) exchange.sentContinue = true;
    this.#head.restart();
    if (start < end) {
      this.#readHead(exchange, bytes, start, end);
      return;
    }
    // What was said about a head that came in pieces holds no longer: the final response has the time that it had.
    if (exchange.isRequestComplete)
      this.connection.deadlineAt = exchange.sentAt + this.pool.options.timeouts.firstByte;
    else if (!this.#isBlocked) this.connection.deadlineAt = Infinity;
  }

  #onSwitch(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const head = this.#head;
    const isAsked =
      exchange.upgrade !== '' &&
      (head.connection & HAS_UPGRADE) !== 0 &&
      head.fields.times(known.UPGRADE) === 1 &&
      head.value(known.UPGRADE).toLowerCase() === exchange.upgrade.toLowerCase();
    if (!isAsked) {
      fail(exchange, 'origin-upgrade');
      return;
    }
    this.#tunnel(exchange, response.writeSwitch(head), bytes, start, end);
  }

  #tunnel(exchange: Exchange, text: string, bytes: Buffer, start: number, end: number): void {
    exchange.status = this.#head.status;
    exchange.hasResponseBegun = true;
    this.#exchange = undefined;
    const client = exchange.connection.connection;
    client.writeText(text);
    if (start < end) client.writeBytes(Buffer.from(bytes.subarray(start, end)));
    startTunnel(exchange, this.connection, () => {
      this.onClose(undefined);
    });
  }

  #onFinal(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const head = this.#head;
    const { method } = exchange.head;
    // What a decoy answers is not inspected: a rule that hits it would send the exchange there again, without an end.
    if (exchange.transaction !== undefined && !exchange.isDeceived) {
      const verdict = exchange.transaction.responseHead({
        status: head.status,
        headers: new HeaderView(head.fields, head.text),
      });
      if (verdict !== CONTINUE) {
        reviewResponse(exchange, verdict);
        return;
      }
    }
    if (exchange.head.form === FORM_AUTHORITY && head.status < 300) {
      const text = response.writeResponseHead(head, method, response.FRAME_NONE, '', false);
      this.#tunnel(exchange, text, bytes, start, end);
      return;
    }
    const length = response.responseBodyLength(head, method);
    this.#body.begin(length);
    this.#endsWithClose = length === LENGTH_UNTIL_CLOSE;
    this.#frame = response.clientFrame(length, exchange.head.isHttp10);
    this.#isInBody = true;
    // A request that was not read to its end leaves bytes in the way of the next one.
    if (!exchange.isRequestComplete) exchange.connection.discardBody(exchange);
    if (this.#frame === response.FRAME_CLOSE || !exchange.connection.keepsAlive(exchange))
      exchange.closesClient = true;
    if (exchange.transaction?.wantsResponseBody === true && length !== 0) {
      this.#held = [];
      this.#heldBytes = 0;
      this.#holdBody(exchange, bytes, start, end);
      return;
    }
    this.#sendHead(exchange, bytes, start, end);
  }

  /** Nothing goes to the client before inspection has seen the body, or as much of it as is held. */
  #holdBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const body = this.#body;
    const state = body.feed(bytes, start, end);
    if (state === BODY_BAD) {
      fail(exchange, 'origin-body-refused', { code: body.refusal, text: REFUSALS[body.refusal].text });
      return;
    }
    if (body.dataEnd > body.dataStart) {
      this.#held?.push(Buffer.from(bytes.subarray(body.dataStart, body.dataEnd)));
      this.#heldBytes += body.dataEnd - body.dataStart;
    }
    if (!body.isDone && this.#heldBytes < exchange.context.hold.held) {
      this.#onMore(exchange);
      return;
    }
    if (!this.#releaseHeld(exchange, !body.isDone)) return;
    if (body.isDone) this.#finish(exchange, body.position < end);
    else this.#onMore(exchange);
  }

  /** Shows inspection what is held, and sends it on; false when inspection does not let it pass. */
  #releaseHeld(exchange: Exchange, isPrefix: boolean): boolean {
    const bytes = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    const verdict = exchange.transaction?.responseBody({ bytes, isPrefix }) ?? CONTINUE;
    if (verdict !== CONTINUE) {
      reviewResponse(exchange, verdict);
      return false;
    }
    const isChunked = this.#frame === response.FRAME_CHUNKED;
    const client = exchange.connection.connection;
    client.cork();
    client.writeText(this.#headText(exchange));
    if (isChunked && bytes.length > 0) client.writeText(`${bytes.length.toString(16)}\r\n`);
    client.writeBytes(bytes);
    if (isChunked && bytes.length > 0) client.writeText('\r\n');
    // A body that ends with the connection gets its last chunk when that has ended.
    if (isChunked && this.#body.isDone) client.writeText(lastChunk(this.#body.trailers));
    client.uncork();
    if (isPrefix && client.queuedBytes > 0) exchange.connection.onWriteBlocked(exchange);
    return true;
  }

  /** The body was to end with the connection, and it has. */
  #onBodyClosed(exchange: Exchange): void {
    if (this.#held === undefined || this.#releaseHeld(exchange, false)) this.#finish(exchange, true);
  }

  #headText(exchange: Exchange): string {
    const isHttp10 = exchange.head.isHttp10;
    const connection = exchange.closesClient ? 'close' : isHttp10 ? 'keep-alive' : '';
    exchange.status = this.#head.status;
    exchange.hasResponseBegun = true;
    return response.writeResponseHead(this.#head, exchange.head.method, this.#frame, connection, isHttp10);
  }

  /** The head, together with the content that came with it when it is small. */
  #sendHead(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const text = this.#headText(exchange);
    if (this.#body.isDone) {
      exchange.connection.connection.writeText(text);
      this.#finish(exchange, start < end);
      return;
    }
    if (start === end) {
      exchange.connection.connection.writeText(text);
      this.#onMore(exchange);
      return;
    }
    this.#readBody(exchange, bytes, start, end, text);
  }

  #readBody(exchange: Exchange, bytes: Buffer, start: number, end: number, prefix = ''): void {
    if (this.#held !== undefined) {
      this.#holdBody(exchange, bytes, start, end);
      return;
    }
    const body = this.#body;
    const state = body.feed(bytes, start, end);
    if (state === BODY_BAD) {
      if (prefix !== '') exchange.hasResponseBegun = false;
      fail(exchange, 'origin-body-refused', { code: body.refusal, text: REFUSALS[body.refusal].text });
      return;
    }
    const client = exchange.connection.connection;
    const isChunked = this.#frame === response.FRAME_CHUNKED;
    const tail = isChunked && body.isDone ? lastChunk(body.trailers) : '';
    let isFree = true;
    if (body.dataEnd - body.dataStart <= TEXT_BYTES_MAX) {
      const content =
        body.dataEnd > body.dataStart ? contentText(bytes, body.dataStart, body.dataEnd, isChunked) : '';
      const text = prefix + content + tail;
      if (text !== '') isFree = client.writeText(text);
    } else {
      if (prefix !== '') client.writeText(prefix);
      isFree = writeContent(client, this.connection, bytes, body.dataStart, body.dataEnd, isChunked);
      if (tail !== '') client.writeText(tail);
    }
    if (body.isDone) {
      this.#finish(exchange, body.position < end);
      return;
    }
    if (!isFree) exchange.connection.onWriteBlocked(exchange);
    this.#onMore(exchange);
  }

  /** More of the body is to come. */
  #onMore(exchange: Exchange): void {
    this.connection.deadlineAt = now() + this.pool.options.timeouts.bodyIdle;
    const { remaining, received } = this.#body;
    if (remaining === Infinity ? received > BULK_BYTES : remaining > BULK_BYTES)
      this.connection.setBulk(true);
    if (exchange.connection.connection.isClosed) fail(exchange, 'client-gone');
  }

  /** The response is whole. */
  #finish(exchange: Exchange, isUnclean: boolean): void {
    this.connection.setBulk(false);
    this.#exchange = undefined;
    exchange.origin = undefined;
    // A request body that was thrown away once the response had begun was never sent to its end.
    const wasSentWhole = exchange.isRequestComplete && exchange.bodySink !== BODY_DISCARDED;
    const isReusable = !isUnclean && !this.#endsWithClose && wasSentWhole && response.keepsAlive(this.#head);
    this.#isInBody = false;
    if (this.#endsWithClose && this.#frame === response.FRAME_CHUNKED) {
      exchange.connection.connection.writeText(lastChunk(''));
    }
    this.connection.resume();
    // A response that came in one read began and ended with it.
    exchange.endedAt = this.#reads === 1 ? exchange.firstByteAt : now();
    if (!isReusable) this.connection.destroy();
    else if (this.pool.isPrivate) exchange.connection.keepPrivateOrigin(this, exchange.endedAt);
    else this.pool.giveBack(this, exchange.endedAt);
    exchange.isResponseComplete = true;
    advance(exchange);
  }

  /** The connection broke while the exchange needed it. */
  #onLost(exchange: Exchange, error: Error | undefined): void {
    const hasAnswered = exchange.firstByteAt !== -1;
    const wasSent = exchange.sentAt !== -1;
    const isStale = exchange.isOriginReused && !hasAnswered;
    this.#exchange = undefined;
    this.connection.destroy();
    if (isStale && retry(exchange, wasSent)) return;
    const code = hasAnswered ? 'origin-cut' : 'origin-closed';
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
    if (retry(exchange, false)) return;
    fail(exchange, code, error === undefined ? undefined : { code, text: error.message });
  }

  #onUnasked(exchange: Exchange | undefined): void {
    if (exchange === undefined) this.connection.destroy();
    else this.#onLost(exchange, undefined);
  }
}
