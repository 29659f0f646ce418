/**
 * Takes a response apart as it comes from a server and writes it to the client.
 *
 *     head → (1xx)* → final head → body → end
 *              └ 101 → tunnel      └ held until inspection has seen it (response-inspection.ts), when it wants to
 *
 * Small responses leave in one write. What is ambiguous is refused, and ends the exchange with 502 or a cut.
 */
import { Buffer } from 'node:buffer';
import type { PoolOptions } from '../balance/options.ts';
import type { ResponseEdit } from '../balance/persistence.ts';
import { now } from '../base/clock.ts';
import { BODY_BAD, LENGTH_UNTIL_CLOSE } from '../http/body-reader.ts';
import type { BodyReader } from '../http/body-reader.ts';
import { HAS_UPGRADE } from '../http/connection-options.ts';
import { READ_BAD, READ_NEED } from '../http/field-section.ts';
import type { HeadGather } from '../http/gather.ts';
import * as known from '../http/known-headers.ts';
import { REFUSALS } from '../http/refusal.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { FORM_AUTHORITY } from '../http/target.ts';
import type { Connection } from '../net/connection.ts';
import { BULK_BYTES, contentText, lastChunk, TEXT_BYTES_MAX, writeContent } from './content.ts';
import { authenticatesConnection } from './connection-authentication.ts';
import type { Exchange } from './exchange.ts';
import { HeldBody, OVER, passesHead, passesHeldBody, SEND, SHOW, wayOfBody } from './response-inspection.ts';
import type { ResponseTools } from './response-tools.ts';
import * as response from './response-writer.ts';
import { fail, retry } from './steps.ts';

/** The connection that the response comes from. */
export interface RelayOrigin {
  readonly connection: Connection;
  /** The response is whole. `isReusable`: nothing of it speaks against another request on this connection. */
  onResponseEnd(exchange: Exchange, isReusable: boolean): void;
  /** An interim response came; the final one is awaited. */
  awaitFinal(exchange: Exchange): void;
  /** The connection carries another protocol from now on. */
  becomeTunnel(exchange: Exchange): void;
  /** From now on it belongs to the client of the exchange alone. */
  becomePersonal(exchange: Exchange): void;
  /** The exchange is tried again elsewhere because of this status. */
  onTriedAgain(status: number): void;
  /** The response cannot be read. */
  onRefused(code: 'origin-refused' | 'origin-body-refused'): void;
}

export class ResponseRelay {
  /** True between the final head and the end of the body. */
  isInBody = false;
  /** True when the body ends with the connection, so that closing it is no failure. */
  endsWithClose = false;

  readonly #origin: RelayOrigin;
  #options: Pick<PoolOptions, 'limits' | 'timeouts'>;
  readonly #head: ResponseHead;
  readonly #written: response.WrittenResponse;
  readonly #body: BodyReader;
  readonly #heads: HeadGather;
  #frame: response.Frame = response.FRAME_NONE;
  /** Undefined when nothing is held. */
  #held: HeldBody | undefined;

  /** `tools` are for responses within the limits of `options`, and nobody else's until this relay is over. */
  constructor(origin: RelayOrigin, options: Pick<PoolOptions, 'limits' | 'timeouts'>, tools: ResponseTools) {
    this.#origin = origin;
    this.#options = options;
    this.#head = tools.head;
    this.#written = tools.written;
    this.#body = tools.body;
    this.#heads = tools.heads;
  }

  /** From now on these times hold. The limits are the same: the head has been made for them. */
  use(options: Pick<PoolOptions, 'limits' | 'timeouts'>): void {
    this.#options = options;
  }

  /** Makes it ready for the response to the next request. */
  begin(): void {
    this.#head.restart();
    this.isInBody = false;
    this.endsWithClose = false;
    this.#held = undefined;
  }

  /** Takes what came from the server: `bytes` from `start` to `end`. */
  read(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.isInBody) this.#readBody(exchange, bytes, start, end);
    else this.#readHead(exchange, bytes, start, end);
  }

  /** The body was to end with the connection, and it has. */
  onClosed(exchange: Exchange): void {
    if (this.#held !== undefined && !this.#showHeld(exchange, this.#held, true)) return;
    if (this.#frame === response.FRAME_CHUNKED) exchange.connection.connection.writeText(lastChunk(''));
    this.#end(exchange, true);
  }

  #readHead(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (exchange.firstByteAt === -1) exchange.firstByteAt = now();
    const heads = this.#heads;
    const state = heads.read(this.#head, bytes, start, end);
    if (state === READ_NEED) {
      this.#origin.connection.deadlineAt = now() + this.#options.timeouts.bodyIdle;
      return;
    }
    const { bytes: rest, start: restStart, end: restEnd } = heads;
    heads.clear();
    if (state === READ_BAD) {
      const code = this.#head.refusal;
      this.#origin.onRefused('origin-refused');
      if (retry(exchange, 'bad-response')) return;
      fail(exchange, 'origin-refused', { code, text: REFUSALS[code].text });
      return;
    }
    if (this.#head.status >= 200) this.#onFinal(exchange, rest, restStart, restEnd);
    else this.#onInformational(exchange, rest, restStart, restEnd);
  }

  /** 1xx (RFC 9110 §15.2): passed on where the client can read it, and never the end of the exchange but for 101. */
  #onInformational(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.#head.status === 101) {
      this.#onSwitch(exchange, bytes, start, end);
      return;
    }
    exchange.informational++;
    if (exchange.informational > this.#options.limits.informationalMax) {
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
    this.#origin.awaitFinal(exchange);
  }

  #onSwitch(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const head = this.#head;
    exchange.trace?.answered(head.status);
    const isAsked =
      exchange.upgrade !== '' &&
      (head.connection & HAS_UPGRADE) !== 0 &&
      head.fields.times(known.UPGRADE) === 1 &&
      head.value(known.UPGRADE).toLowerCase() === exchange.upgrade.toLowerCase();
    if (!isAsked) {
      fail(exchange, 'origin-upgrade');
      return;
    }
    if (!passesHead(exchange, head)) return;
    this.#tunnel(exchange, response.writeSwitch(head, answered(exchange, head)), bytes, start, end);
  }

  #tunnel(exchange: Exchange, text: string, bytes: Buffer, start: number, end: number): void {
    exchange.status = this.#head.status;
    exchange.hasResponseBegun = true;
    const client = exchange.connection.connection;
    client.writeText(text);
    if (start < end) client.writeBytes(Buffer.from(bytes.subarray(start, end)));
    this.#origin.becomeTunnel(exchange);
  }

  #onFinal(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const head = this.#head;
    const { method } = exchange.head;
    exchange.trace?.answered(head.status);
    if (authenticatesConnection(head)) this.#origin.becomePersonal(exchange);
    const cause = exchange.pool?.retries.causeOf(head.status);
    // Before anybody has seen it; the connection is closed with what is still to come of it.
    if (cause !== undefined && retry(exchange, cause)) {
      this.#origin.onTriedAgain(head.status);
      return;
    }
    if (!passesHead(exchange, head)) return;
    if (exchange.head.form === FORM_AUTHORITY && head.status < 300) {
      const text = response.writeResponseHead(head, {
        method,
        frame: response.FRAME_NONE,
        connection: '',
        isHttp10Client: false,
      });
      this.#tunnel(exchange, text, bytes, start, end);
      return;
    }
    const length = response.responseBodyLength(head, method);
    const way = wayOfBody(exchange, head, length);
    if (way === OVER) return;
    this.#body.begin(length);
    this.endsWithClose = length === LENGTH_UNTIL_CLOSE;
    this.#frame = response.clientFrame(length, exchange.head.isHttp10);
    this.isInBody = true;
    // A request that was not read to its end leaves bytes in the way of the next one.
    if (!exchange.isRequestComplete) exchange.connection.body.discard(exchange);
    if (this.#frame === response.FRAME_CLOSE || !exchange.connection.keepsAlive(exchange))
      exchange.closesClient = true;
    if (way === SEND) {
      this.#sendHead(exchange, bytes, start, end);
      return;
    }
    this.#held = new HeldBody();
    this.#holdBody(exchange, this.#held, bytes, start, end);
  }

  /** Nothing goes to the client before inspection has seen the body, or as much of it as is held. */
  #holdBody(exchange: Exchange, held: HeldBody, bytes: Buffer, start: number, end: number): void {
    const body = this.#body;
    const state = body.feed(bytes, start, end);
    if (state === BODY_BAD) {
      this.#origin.onRefused('origin-body-refused');
      fail(exchange, 'origin-body-refused', { code: body.refusal, text: REFUSALS[body.refusal].text });
      return;
    }
    held.add(exchange, bytes, body.dataStart, body.dataEnd);
    const { isDone } = body;
    const way = held.way(exchange, isDone);
    if (way === OVER) return;
    if (way === SEND) this.#sendHeld(exchange, held.take(exchange), isDone);
    else if (way === SHOW && !this.#showHeld(exchange, held, isDone)) return;
    if (isDone) this.#end(exchange, body.position < end);
    else this.#onMore(exchange);
  }

  /** Shows inspection what is held, and sends it on; false when inspection does not let it pass. */
  #showHeld(exchange: Exchange, held: HeldBody, isWhole: boolean): boolean {
    const bytes = held.take(exchange);
    if (!passesHeldBody(exchange, this.#head, bytes, isWhole)) return false;
    this.#sendHeld(exchange, bytes, isWhole);
    return true;
  }

  /** The head with what was held, as it came. */
  #sendHeld(exchange: Exchange, bytes: Buffer, isWhole: boolean): void {
    this.#held = undefined;
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
    if (!isWhole && client.isFull) exchange.connection.onWriteBlocked(exchange);
  }

  #headText(exchange: Exchange): string {
    const { method, isHttp10: isHttp10Client } = exchange.head;
    const connection = exchange.closesClient ? 'close' : isHttp10Client ? 'keep-alive' : '';
    exchange.status = this.#head.status;
    exchange.hasResponseBegun = true;
    const edit = answered(exchange, this.#head);
    const facts = { method, frame: this.#frame, connection, isHttp10Client, edit } as const;
    return response.writeResponseHead(this.#head, facts, this.#written);
  }

  /** The head, together with the content that came with it when it is small. */
  #sendHead(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    const text = this.#headText(exchange);
    if (this.#body.isDone) {
      this.#sendWhole(exchange, text);
      this.#end(exchange, start < end);
      return;
    }
    if (start === end) {
      exchange.connection.connection.writeText(text);
      this.#onMore(exchange);
      return;
    }
    this.#readBody(exchange, bytes, start, end, text);
  }

  /**
   * A whole response. Where requests are inspected it leaves together with others: inspecting takes so long that clients
   * of this machine sleep again before the next one is written.
   */
  #sendWhole(exchange: Exchange, text: string): void {
    const client = exchange.connection.connection;
    // What closes the connection must be with the system when it does.
    if (exchange.transaction === undefined || exchange.closesClient) client.writeText(text);
    else client.gatherText(text, exchange.context.host.gathered, exchange.firstByteAt);
  }

  #readBody(exchange: Exchange, bytes: Buffer, start: number, end: number, prefix = ''): void {
    if (this.#held !== undefined) {
      this.#holdBody(exchange, this.#held, bytes, start, end);
      return;
    }
    const body = this.#body;
    const state = body.feed(bytes, start, end);
    if (state === BODY_BAD) {
      if (prefix !== '') exchange.hasResponseBegun = false;
      this.#origin.onRefused('origin-body-refused');
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
      if (prefix !== '' && body.isDone) this.#sendWhole(exchange, text);
      else if (text !== '') isFree = client.writeText(text);
    } else {
      const piece = { bytes, start: body.dataStart, end: body.dataEnd, isChunked };
      isFree = writeContent(client, this.#origin.connection, piece, prefix, tail);
    }
    if (body.isDone) {
      this.#end(exchange, body.position < end);
      return;
    }
    if (!isFree) exchange.connection.onWriteBlocked(exchange);
    this.#onMore(exchange);
  }

  /** More of the body is to come. */
  #onMore(exchange: Exchange): void {
    this.#origin.connection.deadlineAt = now() + this.#options.timeouts.bodyIdle;
    const { remaining, received } = this.#body;
    if (remaining === Infinity ? received > BULK_BYTES : remaining > BULK_BYTES)
      this.#origin.connection.setBulk(true);
    if (exchange.connection.connection.isClosed) fail(exchange, 'client-gone');
  }

  /** The response is whole; `isUnclean` when something came behind it. */
  #end(exchange: Exchange, isUnclean: boolean): void {
    this.isInBody = false;
    const isReusable = !isUnclean && !this.endsWithClose && response.keepsAlive(this.#head);
    this.#origin.onResponseEnd(exchange, isReusable);
  }
}

/** The session belongs to the server that answers; what changes in the response for that. */
function answered(exchange: Exchange, head: ResponseHead): ResponseEdit | undefined {
  const { pool, server } = exchange;
  return server === undefined ? undefined : pool?.persistence?.answer(exchange, server, head);
}
