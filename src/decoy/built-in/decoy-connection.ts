/**
 * One connection of the built-in decoy: requests in, one after the other, and their answers out.
 *
 * Heads and bodies are read by the codec of the proxy: what comes from there has passed the same. Each request is read to its
 * end, as an application would, and its beginning is kept until it is answered. The next one waits while the other end
 * takes nothing of the answers before.
 */
import { Buffer } from 'node:buffer';
import { METHODS } from 'node:http';
import { now } from '../../base/clock.ts';
import { BODY_BAD, BodyReader } from '../../http/body-reader.ts';
import { HAS_CLOSE, HAS_KEEP_ALIVE } from '../../http/connection-options.ts';
import { READ_BAD, READ_NEED } from '../../http/field-section.ts';
import { LENGTH_NONE } from '../../http/framing.ts';
import { HeadGather } from '../../http/gather.ts';
import { CONTENT_TYPE } from '../../http/known-headers.ts';
import type { RequestHead } from '../../http/request-head.ts';
import type { Connection, ConnectionOwner } from '../../net/connection.ts';
import { answer } from './answer.ts';
import { toMessage, toRefusal } from './message.ts';
import type { Framing } from './message.ts';
import { errorPage } from './page.ts';
import { BODY_CHARS_MAX } from './request.ts';
import type { Site } from './site.ts';

/** Heads that wait to be used: each has room for very many fields. */
export class SpareHeads {
  readonly #make: () => RequestHead;
  readonly #spare: RequestHead[] = [];

  constructor(make: () => RequestHead) {
    this.#make = make;
  }

  take(): RequestHead {
    return this.#spare.pop() ?? this.#make();
  }

  giveBack(head: RequestHead): void {
    head.restart();
    if (this.#spare.length < SPARE_MAX) this.#spare.push(head);
  }
}

const SPARE_MAX = 4;

/** What all connections of a decoy share. */
export interface DecoyHost {
  readonly site: Site;
  readonly heads: SpareHeads;
  /** The present time as header fields have it. */
  readonly date: () => string;
  readonly onClose: (connection: DecoyConnection) => void;
}

/** Above the time for which the proxy keeps an unused connection (4 s by default), as nginx has it. */
export const KEEP_ALIVE_MS = 75_000;
const HEAD_MS = 10_000;
const REQUEST_MS = 300_000;
const SILENCE_MS = 60_000;

/** Whatever the proxy lets through. */
const CHUNK_LIMITS = { chunkExtensionBytes: 1_048_576, trailerBytes: 2_097_152 };

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** A request whose head was read. */
interface Asked {
  readonly method: string;
  readonly target: string;
  readonly contentType: string;
  readonly isKept: boolean;
  readonly beganAt: number;
  /** The beginning of the body. */
  body: string;
}

export class DecoyConnection implements ConnectionOwner {
  readonly connection: Connection;
  readonly #host: DecoyHost;
  readonly #heads = new HeadGather();
  #head: RequestHead | undefined;
  #headBeganAt = 0;
  #asked: Asked | undefined;
  #body: BodyReader | undefined;
  /** What came while the other end took nothing. */
  #waiting: Buffer | undefined;
  #isOver = false;

  constructor(host: DecoyHost, connection: Connection) {
    this.#host = host;
    this.connection = connection;
    connection.owner = this;
    connection.deadlineAt = now() + KEEP_ALIVE_MS;
  }

  onBytes(bytes: Buffer, end: number): void {
    this.#read(bytes, 0, end);
  }

  onEnd(): void {
    if (this.#head === undefined && this.#asked === undefined) this.#finish('');
    else this.#refuse(400);
  }

  onDrain(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.connection.resume();
    this.connection.deadlineAt = now() + SILENCE_MS;
    this.#read(waiting, 0, waiting.length);
  }

  onDeadline(): void {
    const { connection } = this;
    if (connection.queuedBytes > 0 && connection.takesBytes()) connection.deadlineAt = now() + SILENCE_MS;
    else if (this.#head !== undefined || this.#asked !== undefined) this.#refuse(400);
    else connection.destroy();
  }

  onClose(): void {
    this.#dropHead();
    this.#host.onClose(this);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    let from = bytes;
    let at = start;
    let stop = end;
    while (at < stop && !this.#isOver) {
      if (this.connection.isFull) {
        this.#wait(from, at, stop);
        return;
      }
      if (this.#asked !== undefined) at = this.#readBody(this.#asked, from, at, stop);
      else {
        if (!this.#readHead(from, at, stop)) return;
        from = this.#heads.bytes;
        at = this.#heads.start;
        stop = this.#heads.end;
        this.#heads.clear();
      }
    }
  }

  #wait(bytes: Buffer, start: number, end: number): void {
    this.#waiting = Buffer.from(bytes.subarray(start, end));
    this.connection.pause();
    this.connection.takesBytes();
    this.connection.deadlineAt = now() + SILENCE_MS;
  }

  /** Whether a head has come to its end; then what is behind it is in #heads. */
  #readHead(bytes: Buffer, start: number, end: number): boolean {
    if (this.#head === undefined) {
      this.#head = this.#host.heads.take();
      this.#headBeganAt = now();
      this.connection.deadlineAt = this.#headBeganAt + HEAD_MS;
    }
    const head = this.#head;
    const state = this.#heads.read(head, bytes, start, end);
    if (state === READ_NEED) return false;
    if (state === READ_BAD) {
      this.#refuse(head.method === 'CONNECT' ? 405 : 400);
      return false;
    }
    this.#begin(head);
    return !this.#isOver;
  }

  #begin(head: RequestHead): void {
    const { method, target, isHttp10, connection, bodyLength, expectsContinue } = head;
    const isKept = (connection & HAS_CLOSE) === 0 && (!isHttp10 || (connection & HAS_KEEP_ALIVE) !== 0);
    const contentType = head.value(CONTENT_TYPE);
    this.#dropHead();
    if (!KNOWN_METHODS.has(method)) {
      this.#refuse(400);
      return;
    }
    if (method === 'CONNECT') {
      this.#refuse(405);
      return;
    }
    const asked = { method, target, contentType, isKept, beganAt: this.#headBeganAt, body: '' };
    if (bodyLength === 0 || bodyLength === LENGTH_NONE) {
      this.#reply(asked);
      return;
    }
    this.#asked = asked;
    this.#body ??= new BodyReader(CHUNK_LIMITS);
    this.#body.begin(bodyLength);
    if (expectsContinue) this.connection.writeText('HTTP/1.1 100 Continue\r\n\r\n');
    this.#awaitBody(asked);
  }

  /** Where the body stops in what is there. */
  #readBody(asked: Asked, bytes: Buffer, start: number, end: number): number {
    const body = this.#body!; // Made when the body began.
    if (body.feed(bytes, start, end) === BODY_BAD) {
      this.#refuse(400);
      return end;
    }
    const room = BODY_CHARS_MAX - asked.body.length;
    if (room > 0)
      asked.body += bytes.toString('latin1', body.dataStart, Math.min(body.dataEnd, body.dataStart + room));
    if (body.isDone) this.#reply(asked);
    else this.#awaitBody(asked);
    return body.position;
  }

  #awaitBody({ beganAt }: Asked): void {
    this.connection.deadlineAt = Math.min(beganAt + REQUEST_MS, now() + SILENCE_MS);
  }

  #reply(asked: Asked): void {
    this.#asked = undefined;
    const { site, date } = this.#host;
    const message = answerSafely(asked, site, {
      date: date(),
      hasBody: asked.method !== 'HEAD',
      keptSeconds: asked.isKept ? KEEP_ALIVE_MS / 1000 : 0,
    });
    if (!asked.isKept) {
      this.#finish(message);
      return;
    }
    this.connection.writeText(message);
    this.connection.deadlineAt = now() + KEEP_ALIVE_MS;
  }

  /** An answer where there is no request to answer, and the end of the connection. */
  #refuse(status: 400 | 405): void {
    this.#asked = undefined;
    this.#dropHead();
    this.#finish(toRefusal(errorPage(this.#host.site, status), this.#host.date()));
  }

  /** The last that is sent. */
  #finish(message: string): void {
    this.#isOver = true;
    if (message !== '') this.connection.writeText(message);
    this.connection.closeAfterWrites();
  }

  #dropHead(): void {
    if (this.#head !== undefined) this.#host.heads.giveBack(this.#head);
    this.#head = undefined;
  }
}

/** A mistake of ours, found by whoever sends the oddest requests there are, must not end the proxy. */
function answerSafely(request: Asked, site: Site, framing: Framing): string {
  try {
    return toMessage(answer(request, site), framing);
  } catch {
    return toMessage(errorPage(site, 500), framing);
  }
}
