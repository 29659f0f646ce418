/**
 * Raw HTTP/1 messages as they stand in a file: a request, a request and its response, or several of them. They are read
 * by the codec of the proxy, so that what that refuses is refused here.
 *
 * Editors save lines with LF alone. Where a head has no CRLF at all, its line ends are mended, and that is said.
 */
import { Buffer } from 'node:buffer';
import { BODY_BAD, BodyReader, LENGTH_UNTIL_CLOSE } from '../../http/body-reader.ts';
import type { ChunkLimits } from '../../http/chunked.ts';
import { READ_NEED, READ_OK } from '../../http/field-section.ts';
import type { FieldSection, ReadState, RefusalCode } from '../../http/field-section.ts';
import { LENGTH_NONE } from '../../http/framing.ts';
import type { MessageHead } from '../../http/message-head.ts';
import { REFUSALS } from '../../http/refusal.ts';
import { RequestHead } from '../../http/request-head.ts';
import type { RequestLimits } from '../../http/request-head.ts';
import { ResponseHead } from '../../http/response-head.ts';
import { EXCHANGES_MAX, NO_BYTES, StoredExchangeError } from './stored-exchange.ts';
import type { Field, StoredExchange, StoredRequest, StoredResponse } from './stored-exchange.ts';

/** As the listener has them. */
export type HttpFileLimits = RequestLimits & ChunkLimits;

/** Throws StoredExchangeError when there is no request in the bytes. */
export function readHttpFile(bytes: Buffer, limits: HttpFileLimits): readonly StoredExchange[] {
  const exchanges: StoredExchange[] = [];
  let at = skipEmptyLines(bytes, 0);
  // Only the first need not look like a request: that it is none is to be told.
  while (at < bytes.length && (exchanges.length === 0 || isRequest(bytes, at))) {
    if (exchanges.length === EXCHANGES_MAX)
      throw new StoredExchangeError(`Cannot read the file: it has more than ${EXCHANGES_MAX} requests`);
    const read = readExchange(bytes, at, limits);
    exchanges.push(read.exchange);
    at = read.exchange.refused === undefined ? skipEmptyLines(bytes, read.end) : bytes.length;
  }
  if (exchanges.length === 0) throw new StoredExchangeError('Cannot read the file: it is empty');
  return exchanges;
}

interface ReadExchange {
  readonly exchange: StoredExchange;
  /** The first byte behind it. */
  readonly end: number;
}

function readExchange(bytes: Buffer, start: number, limits: HttpFileLimits): ReadExchange {
  const notes: string[] = [];
  const head = new RequestHead(limits);
  const source = mended(bytes, start, notes);
  const refusal = refusalOf(head, head.read(source.bytes, source.start, source.bytes.length));
  if (refusal !== undefined) return { exchange: refusedExchange(source, refusal, notes), end: bytes.length };
  const body = readBody(
    source,
    head.length,
    head.bodyLength === LENGTH_NONE ? 0 : head.bodyLength,
    limits,
    notes,
  );
  const request: StoredRequest = {
    method: head.method,
    target: head.target,
    version: head.version,
    host: head.host,
    fields: fieldsOf(head.fields, head.text),
    body: body.bytes,
  };
  if (body.refusal !== undefined)
    return { exchange: { request, notes, refused: refused(body.refusal) }, end: bytes.length };
  const next = skipEmptyLines(source.bytes, body.end);
  if (!isResponse(source.bytes, next)) {
    noteRest(source.bytes, next, notes);
    return { exchange: { request, notes }, end: next + source.shift };
  }
  const read = readResponse(source.bytes, next, head.method, limits, notes);
  return { exchange: { request, response: read.response, notes }, end: read.end + source.shift };
}

/** Bytes with line ends that the codec takes. */
interface Source {
  readonly bytes: Buffer;
  readonly start: number;
  /** What an offset in `bytes` needs to be one in the file. */
  readonly shift: number;
}

function mended(bytes: Buffer, start: number, notes: string[]): Source {
  const firstLine = bytes.indexOf('\n', start);
  const isLf = firstLine >= 0 && bytes[firstLine - 1] !== 0x0d;
  const blank = isLf ? bytes.indexOf('\n\n', start) : bytes.indexOf('\r\n\r\n', start);
  if (!isLf && blank >= 0) return { bytes, start, shift: 0 };
  const headEnd = blank < 0 ? bytes.length : blank;
  const text = bytes.toString('latin1', start, headEnd);
  // A head with both kinds is left to be refused.
  if (isLf && text.includes('\r')) return { bytes, start, shift: 0 };
  if (isLf) notes.push('Line ends of the head were LF alone, and were mended');
  if (blank < 0) notes.push('The head had no empty line at its end, and was given one');
  const lines = text.replace(/[\r\n]+$/, '').replace(isLf ? /\n/g : /\r\n/g, '\r\n');
  const rest = blank < 0 ? NO_BYTES : bytes.subarray(blank + (isLf ? 2 : 4));
  const whole = Buffer.concat([Buffer.from(`${lines}\r\n\r\n`, 'latin1'), rest]);
  return { bytes: whole, start: 0, shift: bytes.length - whole.length };
}

type Refused = NonNullable<StoredExchange['refused']>;

function refusalOf(head: MessageHead, state: ReadState): Refused | undefined {
  if (state === READ_OK) return undefined;
  return state === READ_NEED
    ? { status: 400, code: 'head-cut', text: 'The head is not whole' }
    : refused(head.refusal);
}

function refused(code: RefusalCode): Refused {
  return { status: REFUSALS[code].status, code, text: REFUSALS[code].text };
}

/** What can be shown of a request that nobody could read: its first line. */
function refusedExchange(
  { bytes, start }: Source,
  refused: Refused,
  notes: readonly string[],
): StoredExchange {
  const lineEnd = bytes.indexOf('\n', start);
  const line = bytes.toString('latin1', start, lineEnd < 0 ? bytes.length : lineEnd).slice(0, LINE_CHARS_MAX);
  const [method = '', target = '', version = ''] = line.trim().split(' ');
  const request = { method, target, version, host: '', fields: [], body: NO_BYTES };
  return { request, notes, refused };
}

const LINE_CHARS_MAX = 1024;

interface ReadBody {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly refusal?: RefusalCode;
}

function readBody(
  { bytes, start }: Pick<Source, 'bytes' | 'start'>,
  headLength: number,
  length: number,
  limits: ChunkLimits,
  notes: string[],
): ReadBody {
  const from = start + headLength;
  if (length === 0) return { bytes: NO_BYTES, end: from };
  const reader = new BodyReader(limits);
  reader.begin(length);
  // The reader moves chunks together in place.
  const copy = Buffer.from(bytes.subarray(from));
  const state = reader.feed(copy, 0, copy.length);
  const content = copy.subarray(reader.dataStart, reader.dataEnd);
  if (state === BODY_BAD) return { bytes: content, end: bytes.length, refusal: reader.refusal };
  if (!reader.isDone && length !== LENGTH_UNTIL_CLOSE) {
    const missing = length > 0 ? `: ${content.length} of ${length} bytes are there` : '';
    notes.push(`The body is not whole${missing}`);
  }
  return { bytes: content, end: from + reader.position };
}

function readResponse(
  bytes: Buffer,
  start: number,
  method: string,
  limits: ChunkLimits,
  notes: string[],
): { readonly response: StoredResponse; readonly end: number } {
  const head = new ResponseHead({ headBytes: RESPONSE_HEAD_BYTES_MAX, headerCount: RESPONSE_FIELDS_MAX });
  const source = mended(bytes, start, notes);
  const refusal = refusalOf(head, head.read(source.bytes, source.start, source.bytes.length));
  if (refusal !== undefined) throw new StoredExchangeError(`Cannot read the response: ${refusal.text}`);
  // An interim response has no body and is followed by another (RFC 9110 §15.2).
  if (head.status < 200 && head.status !== 101)
    return readResponse(bytes, source.start + head.length + source.shift, method, limits, notes);
  const hasBody = method !== 'HEAD' && head.status >= 200 && head.status !== 204 && head.status !== 304;
  const length = head.bodyLength === LENGTH_NONE ? LENGTH_UNTIL_CLOSE : head.bodyLength;
  const body = readBody(source, head.length, hasBody ? length : 0, limits, notes);
  const response = { status: head.status, fields: fieldsOf(head.fields, head.text), body: body.bytes };
  return { response, end: body.end + source.shift };
}

/** As pools have by default, and more. */
const RESPONSE_HEAD_BYTES_MAX = 1024 * 1024;
const RESPONSE_FIELDS_MAX = 10_000;

function isResponse(bytes: Buffer, start: number): boolean {
  return bytes.toString('latin1', start, start + 5) === 'HTTP/';
}

function isRequest(bytes: Buffer, start: number): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} [^ \r\n]+ HTTP\/1/.test(
    bytes.toString('latin1', start, start + LINE_CHARS_MAX),
  );
}

/** What an editor left behind, or a body without a length. */
function noteRest(bytes: Buffer, next: number, notes: string[]): void {
  if (next >= bytes.length || isRequest(bytes, next)) return;
  const count = bytes.length - next;
  notes.push(
    `${count} bytes follow that belong to no message: a body needs a Content-Length or Transfer-Encoding`,
  );
}

function skipEmptyLines(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && (bytes[at] === 0x0a || bytes[at] === 0x0d)) at++;
  return at;
}

function fieldsOf(fields: FieldSection, text: string): readonly Field[] {
  return Array.from({ length: fields.count }, (_, index) => [
    text.slice(fields.nameStart(index), fields.nameEnd(index)),
    text.slice(fields.valueStart(index), fields.valueEnd(index)),
  ]);
}
