/**
 * The body of a request on its way from the client: to the server, to inspection, or thrown away; and what makes the
 * client send it, wait with it, or send no more.
 *
 *     queued ──a server is there──→ streamed
 *        └────────────┴──the response is there, or nobody wants it──→ discarded
 */
import type { Buffer } from 'node:buffer';
import { now } from '../base/clock.ts';
import { BODY_BAD, BodyReader } from '../http/body-reader.ts';
import type { RefusalCode } from '../http/field-section.ts';
import { REFUSALS } from '../http/refusal.ts';
import type { Connection } from '../net/connection.ts';
import type { ClientDeadlines } from './client-deadlines.ts';
import { BULK_BYTES } from './content.ts';
import type { ListenerContext } from './context.ts';
import { BODY_DISCARDED, BODY_STREAMED } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { QueuedContent } from './queued-content.ts';
import { advance, fail } from './steps.ts';

/** Content that may wait for an origin before reading stops. */
const QUEUED_BYTES_MAX = 65_536;

export class RequestBody {
  readonly #connection: Connection;
  readonly #deadlines: ClientDeadlines;
  #context: ListenerContext;
  /** Made for the first request that has a body. */
  #reader: BodyReader | undefined;

  constructor(connection: Connection, deadlines: ClientDeadlines, context: ListenerContext) {
    this.#connection = connection;
    this.#deadlines = deadlines;
    this.#context = context;
  }

  /** Bodies from now on are read within these limits. */
  use(context: ListenerContext): void {
    this.#context = context;
    this.#reader = undefined;
  }

  /** A body of `length` begins: bytes or LENGTH_CHUNKED. */
  begin(length: number): void {
    this.#reader ??= new BodyReader(this.#context.chunkLimits);
    this.#reader.begin(length);
  }

  /** Takes what belongs to the body of `bytes` from `start` to `end`, and answers with where that stops. */
  read(exchange: Exchange, bytes: Buffer, start: number, end: number): number {
    const reader = this.#reader;
    if (reader === undefined) throw new Error('A body is read that has not begun');
    const state = reader.feed(bytes, start, end);
    exchange.connection.bytesInBefore += reader.position - start;
    if (state === BODY_BAD) {
      refuse(exchange, reader.refusal);
      return end;
    }
    const { bodyBytes } = this.#context.options.limits;
    if (bodyBytes !== 'off' && reader.received > bodyBytes) {
      fail(exchange, 'request-body-too-large');
      return end;
    }
    if (reader.isDone) {
      exchange.isRequestComplete = true;
      exchange.trailers = reader.trailers;
      this.#deadlines.releaseBody();
      this.#connection.setBulk(false);
    } else if (exchange.bodySink !== BODY_DISCARDED) {
      this.#deadlines.awaitBody(now());
    }
    this.#deadlines.set(exchange);
    this.#deliver(exchange, reader, bytes);
    return reader.position;
  }

  /** The body is wanted now: a client that waits for 100 gets it (RFC 9110 §10.1.1). */
  ask(exchange: Exchange): void {
    if (exchange.head.expectsContinue && !exchange.sentContinue) {
      exchange.sentContinue = true;
      if (this.#reader?.received === 0) this.#connection.writeText('HTTP/1.1 100 Continue\r\n\r\n');
    }
    this.resume(exchange);
  }

  /** Nothing more of it is read until `resume`: that the client is silent is then our doing. */
  pause(exchange: Exchange): void {
    this.#connection.pause();
    this.#deadlines.releaseBody();
    this.#deadlines.set(exchange);
  }

  resume(exchange: Exchange): void {
    if (!this.#connection.isPaused) return;
    this.#connection.resume();
    this.#deadlines.awaitBody(now());
    this.#deadlines.set(exchange);
  }

  /** Content goes straight to the server from now on. */
  stream(exchange: Exchange): void {
    exchange.bodySink = BODY_STREAMED;
    if ((this.#reader?.remaining ?? 0) > BULK_BYTES) this.#connection.setBulk(true);
    this.resume(exchange);
  }

  /** The response came before the end of the request: what is still to come of it is read and thrown away. */
  discard(exchange: Exchange): void {
    exchange.bodySink = BODY_DISCARDED;
    exchange.closesClient = true;
    this.#connection.resume();
    this.#deadlines.releaseBody();
    this.#deadlines.set(exchange);
  }

  #deliver(exchange: Exchange, reader: BodyReader, bytes: Buffer): void {
    if (exchange.bodySink === BODY_DISCARDED) return;
    if (exchange.bodySink === BODY_STREAMED) {
      exchange.origin?.sendContent(exchange, this.#connection, bytes, reader.dataStart, reader.dataEnd);
      return;
    }
    if (reader.dataEnd > reader.dataStart) {
      const { copies, held } = this.#context.host;
      exchange.queue ??= new QueuedContent(copies);
      exchange.queue.add(bytes, reader.dataStart, reader.dataEnd);
      exchange.heldBytes += reader.dataEnd - reader.dataStart;
      held.add(reader.dataEnd - reader.dataStart);
    }
    if (exchange.queuedBytes > QUEUED_BYTES_MAX && !reader.isDone) this.pause(exchange);
    if (exchange.step > 0) advance(exchange);
  }
}

function refuse(exchange: Exchange, refusal: RefusalCode): void {
  exchange.closesClient = true;
  exchange.refusalStatus = REFUSALS[refusal].status;
  fail(exchange, 'request-body-refused', { code: refusal, text: REFUSALS[refusal].text });
}
