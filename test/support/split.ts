/**
 * Runs streams of HTTP/1.x messages through the codec in pieces of any size, and asserts that the pieces make no
 * difference: the same heads with the same offsets and flags, the same bodies, trailers, end and refusal.
 *
 * A stream here does with the readers what a connection does: it keeps the beginning of a head until the head is whole,
 * hands a body on as it comes, and begins the next message with the same objects. To catch a reader that holds on to a
 * buffer or takes offsets of the buffer for offsets of the message, every call gets another buffer, at another base,
 * with hostile bytes before and after what is there.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END, ChunkedReader } from '../../src/http/chunked.ts';
import { READ_BAD, READ_NEED } from '../../src/http/field-section.ts';
import type { FieldSection } from '../../src/http/field-section.ts';
import { LENGTH_CHUNKED, LENGTH_NONE } from '../../src/http/framing.ts';
import { KNOWN_COUNT } from '../../src/http/known-headers.ts';
import { RequestHead } from '../../src/http/request-head.ts';
import { ResponseHead } from '../../src/http/response-head.ts';
import { seededRandom } from './random.ts';

/** Limits of the streams: small, so that vectors at a limit stay short. */
export const LIMITS = {
  headBytes: 2048,
  targetBytes: 256,
  headerCount: 40,
  chunkExtensionBytes: 64,
  trailerBytes: 256,
} as const;

/** The readers of one connection, used again for each of its messages. */
export interface Readers<Head> {
  readonly head: Head;
  readonly chunked: ChunkedReader;
}

export interface MessageStream {
  /** Everything that happened, one line each; heads as JSON. */
  readonly events: string[];
  /** True when no more bytes are looked at. */
  readonly isOver: boolean;
  feed(piece: Uint8Array): void;
  /** The sender is done: what is unfinished becomes an event. */
  finish(): void;
}

/** Streams of requests, one after the other on one connection. */
export function requestStream(readers: Readers<RequestHead> = requestReaders()): MessageStream {
  return new Stream(readers, describeRequest, (head) =>
    head.bodyLength === LENGTH_NONE ? 0 : head.bodyLength,
  );
}

/** Streams of responses to requests other than HEAD and CONNECT. */
export function responseStream(readers: Readers<ResponseHead> = responseReaders()): MessageStream {
  return new Stream(readers, describeResponse, responseLength);
}

export function requestReaders(): Readers<RequestHead> {
  return { head: new RequestHead(LIMITS), chunked: new ChunkedReader(LIMITS) };
}

export function responseReaders(): Readers<ResponseHead> {
  return { head: new ResponseHead(LIMITS), chunked: new ChunkedReader(LIMITS) };
}

/** The events of `bytes` cut at each of `cuts` (ascending offsets). */
export function eventsOf(stream: MessageStream, bytes: Uint8Array, cuts: readonly number[] = []): string[] {
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    stream.feed(bytes.subarray(start, cut));
    start = cut;
  }
  stream.finish();
  return stream.events;
}

/**
 * The events of `bytes`, asserted to be the same whole, byte by byte, cut at every boundary, and cut at `pairs` sampled
 * pairs of boundaries.
 */
export function assertSameWhenSplit(
  makeStream: () => MessageStream,
  bytes: Uint8Array,
  pairs = 30,
): string[] {
  const whole = eventsOf(makeStream(), bytes);
  const boundaries = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
  assert.deepEqual(eventsOf(makeStream(), bytes, boundaries), whole, 'byte by byte');
  for (const cut of boundaries) {
    assert.deepEqual(eventsOf(makeStream(), bytes, [cut]), whole, `cut at ${cut}`);
  }
  const random = seededRandom(bytes.length);
  for (let round = 0; round < pairs && bytes.length > 2; round++) {
    const cuts = [1 + random(bytes.length - 1), 1 + random(bytes.length - 1)].sort((a, b) => a - b);
    assert.deepEqual(eventsOf(makeStream(), bytes, cuts), whole, `cut at ${cuts.join(' and ')}`);
  }
  return whole;
}

/** The refusal code that the events end with, or undefined. */
export function refusalOf(events: readonly string[]): string | undefined {
  const last = events.at(-1);
  return last?.startsWith('bad ') === true ? last.slice(4) : undefined;
}

const UNTIL_CLOSE = -3;
/** Base of the bytes in the buffer of a call: changes with each call. */
const BASE_MAX = 7;
/** Bytes around those that are there. A reader that goes past the end finds them, and they look like an end. */
const HOSTILE = Buffer.from('0\r\n\r\n: \r\n\r\n', 'latin1');

type Head = RequestHead | ResponseHead;

class Stream<H extends Head> implements MessageStream {
  readonly events: string[] = [];
  isOver = false;

  readonly #readers: Readers<H>;
  readonly #describe: (head: H) => string;
  readonly #lengthOf: (head: H) => number;
  /** The beginning of the head that is being read. */
  #kept: Buffer = Buffer.alloc(0);
  #isInBody = false;
  #remaining = 0;
  #body: Buffer[] = [];
  /** Bytes of the stream that belong to finished heads and bodies. */
  #consumed = 0;
  #calls = 0;

  constructor(readers: Readers<H>, describe: (head: H) => string, lengthOf: (head: H) => number) {
    this.#readers = readers;
    this.#describe = describe;
    this.#lengthOf = lengthOf;
    readers.head.restart();
  }

  feed(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0 && !this.isOver)
      rest = this.#isInBody ? this.#feedBody(rest) : this.#feedHead(rest);
  }

  finish(): void {
    if (this.isOver) return;
    if (this.#isInBody) this.events.push(`cut in body ${this.#takeBody()} remaining=${this.#remaining}`);
    else if (this.#readers.head.hasBegun) this.events.push(`cut in head after ${this.#kept.length}`);
    this.events.push(`end ${this.#consumed}`);
    this.isOver = true;
  }

  #feedHead(piece: Uint8Array): Uint8Array {
    const head = this.#readers.head;
    const all = Buffer.concat([this.#kept, piece]);
    const { bytes, start, end } = this.#place(all);
    const state = head.read(bytes, start, end);
    bytes.fill(0xff); // The caller may use its buffer for other things now.
    if (state === READ_BAD) return this.#refuse(head.refusal);
    if (state === READ_NEED) {
      assert.equal(head.length, all.length, 'a reader that needs more has read all there is');
      this.#kept = all;
      return piece.subarray(piece.length);
    }
    assert.ok(
      head.length > this.#kept.length && head.length <= all.length,
      'a head ends in the newest piece',
    );
    const taken = head.length - this.#kept.length;
    this.events.push(`head at ${this.#consumed} ${this.#describe(head)}`);
    this.#consumed += head.length;
    this.#kept = Buffer.alloc(0);
    this.#beginBody(this.#lengthOf(head));
    return piece.subarray(taken);
  }

  #beginBody(length: number): void {
    this.#isInBody = length !== 0;
    this.#remaining = length;
    if (length === 0) this.#endMessage('');
    if (length === LENGTH_CHUNKED) this.#readers.chunked.restart();
  }

  #feedBody(piece: Uint8Array): Uint8Array {
    if (this.#remaining === LENGTH_CHUNKED) return this.#feedChunked(piece);
    const taken = this.#remaining === UNTIL_CLOSE ? piece.length : Math.min(this.#remaining, piece.length);
    this.#body.push(Buffer.from(piece.subarray(0, taken)));
    this.#consumed += taken;
    if (this.#remaining !== UNTIL_CLOSE) this.#remaining -= taken;
    if (this.#remaining === 0) this.#endMessage('');
    return piece.subarray(taken);
  }

  #feedChunked(piece: Uint8Array): Uint8Array {
    const chunked = this.#readers.chunked;
    const { bytes, start, end } = this.#place(piece);
    let at = start;
    for (;;) {
      const state = chunked.next(bytes, at, end);
      if (state === CHUNK_BAD) return this.#refuse(chunked.refusal);
      assert.ok(chunked.position >= at && chunked.position <= end, 'a reader stays within what is there');
      this.#consumed += chunked.position - at;
      if (state === CHUNK_DATA) {
        assert.ok(
          chunked.dataStart >= at && chunked.dataEnd === chunked.position,
          'data is a part of what is there',
        );
        assert.ok(chunked.dataEnd > chunked.dataStart, 'a piece of data is never empty');
        this.#body.push(Buffer.from(bytes.subarray(chunked.dataStart, chunked.dataEnd)));
        at = chunked.position;
        continue;
      }
      bytes.fill(0xff, start, end);
      if (state === CHUNK_END) this.#endMessage(chunked.trailers);
      else assert.equal(chunked.position, end, 'a reader that needs more has read all there is');
      return piece.subarray(chunked.position - start);
    }
  }

  #endMessage(trailers: string): void {
    this.events.push(`body ${this.#takeBody()} trailers=${JSON.stringify(trailers)} end=${this.#consumed}`);
    this.#isInBody = false;
    this.#readers.head.restart();
    assert.ok(!this.#readers.head.hasBegun, 'a head that was restarted has not begun');
  }

  #refuse(code: string): Uint8Array {
    if (this.#isInBody) this.events.push(`cut in body ${this.#takeBody()}`);
    this.events.push(`bad ${code}`);
    this.isOver = true;
    return Buffer.alloc(0);
  }

  #takeBody(): string {
    const text = Buffer.concat(this.#body).toString('latin1');
    this.#body = [];
    return JSON.stringify(text);
  }

  #place(piece: Uint8Array): { bytes: Buffer; start: number; end: number } {
    const start = this.#calls++ % BASE_MAX;
    const end = start + piece.length;
    const bytes = Buffer.alloc(end + HOSTILE.length, HOSTILE);
    bytes.set(piece, start);
    bytes.set(HOSTILE, end);
    return { bytes, start, end };
  }
}

/** All that a request head says, so that a stale part of it shows. */
export function describeRequest(head: RequestHead): string {
  const { method, target, targetStart, targetEnd, form, version, host, bodyLength, connection } = head;
  const { expectsContinue, hasUnknownExpect, lineStart, length, text } = head;
  const line = { method, target, targetStart, targetEnd, form, version, lineStart };
  const meaning = { host, bodyLength, connection, expectsContinue, hasUnknownExpect };
  return JSON.stringify({ ...line, ...meaning, length, ...describeFields(head.fields), text });
}

/** All that a response head says. */
export function describeResponse(head: ResponseHead): string {
  const { status, isHttp10, bodyLength, connection, fieldsStart, length, text } = head;
  const line = { status, isHttp10, fieldsStart, bodyLength, connection };
  return JSON.stringify({ ...line, length, ...describeFields(head.fields), text });
}

function describeFields(fields: FieldSection): object {
  const rows = Array.from({ length: fields.count }, (_, index) => [
    fields.id(index),
    fields.nameStart(index),
    fields.nameEnd(index),
    fields.valueStart(index),
    fields.valueEnd(index),
    fields.lineEnd(index),
  ]);
  const known = Array.from({ length: KNOWN_COUNT }, (_, id) => [fields.first(id), fields.times(id)]);
  const { sectionEnd, position, hasAliasByte } = fields;
  return { rows, known, sectionEnd, position, hasAliasByte };
}

function responseLength(head: ResponseHead): number {
  if (head.status < 200 || head.status === 204 || head.status === 304) return 0;
  return head.bodyLength === LENGTH_NONE ? UNTIL_CLOSE : head.bodyLength;
}
