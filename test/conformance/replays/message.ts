/**
 * HTTP/1 messages as bytes, written and read by the plainest means. It shares nothing with the codec of the proxy: what
 * both understood wrongly would otherwise look right.
 */
import assert from 'node:assert/strict';
import type { ClientRequest, Content, Field, ServerResponse } from './scenario.ts';

/** Bytes in each chunk that is written. */
const CHUNK_BYTES = 16_384;

export interface Message {
  /** The start line without its line end. */
  readonly start: string;
  readonly fields: readonly Field[];
  readonly content: string;
  readonly trailers: readonly Field[];
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
}

export type ReadMessage =
  | { readonly kind: 'need'; readonly head: Head | undefined }
  | { readonly kind: 'ok'; readonly message: Message; readonly end: number }
  | { readonly kind: 'bad'; readonly text: string };

export interface Head {
  readonly start: string;
  readonly fields: readonly Field[];
  readonly end: number;
}

/** What goes on the wire: head and body apart, because a client that expects 100 waits between them. */
export interface Written {
  readonly head: string;
  readonly body: string;
  /** True when only the end of the connection ends the message, or the file leaves its framing open. */
  readonly endsWithClose: boolean;
}

export function writeRequest(request: ClientRequest): Written {
  const head = `${request.method} ${request.url} HTTP/${request.version}\r\n${writeFields(request.fields)}\r\n`;
  return { head, body: writeBody(request.fields, request.content), endsWithClose: false };
}

export function writeResponse(response: ServerResponse): Written {
  const { version, status, reason, fields, content } = response;
  const hasFraming = valueOf(fields, 'content-length') !== undefined || isChunked(fields);
  return {
    head: `HTTP/${version} ${status} ${reason}\r\n${writeFields(fields)}\r\n`,
    body: status === 204 || status === 304 ? '' : writeBody(fields, content),
    endsWithClose:
      (!hasFraming && status !== 204 && status !== 304) ||
      content?.isRaw === true ||
      valueOf(fields, 'connection') === 'close',
  };
}

/** The content alone, as far as the framing of the file lets it be read. */
export function contentOf(
  fields: readonly Field[],
  content: Content | undefined,
): ChunkedContent | undefined {
  const body = writeBody(fields, content);
  if (!isChunked(fields)) return { content: body, trailers: [] };
  const read = readChunked(body, 0);
  return read.kind === 'ok' ? read.value : undefined;
}

export function valueOf(fields: readonly Field[], name: string): string | undefined {
  const values = fields.filter(([other]) => other.toLowerCase() === name.toLowerCase());
  // Fields of one name are one list (RFC 9110 §5.3).
  return values.length === 0 ? undefined : values.map(([, value]) => value).join(', ');
}

/** Reads a message from the front of `input`. `isEnded` says that no more will come. */
export function readMessage(input: string, hasBody: (head: Head) => boolean, isEnded: boolean): ReadMessage {
  const head = readHead(input);
  if (head === undefined) return { kind: 'need', head };
  const whole = (content: ChunkedContent, framing: Message['framing'], end: number): ReadMessage => {
    const { start, fields } = head;
    return { kind: 'ok', message: { start, fields, ...content, framing }, end };
  };
  if (!hasBody(head)) return whole({ content: '', trailers: [] }, 'none', head.end);
  if (isChunked(head.fields)) {
    const read = readChunked(input, head.end);
    return read.kind === 'ok'
      ? whole(read.value, 'chunked', read.end)
      : read.kind === 'need'
        ? { kind: 'need', head }
        : read;
  }
  const length = valueOf(head.fields, 'content-length');
  if (length === undefined) {
    if (!head.start.startsWith('HTTP/')) return whole({ content: '', trailers: [] }, 'none', head.end);
    if (!isEnded) return { kind: 'need', head };
    return whole({ content: input.slice(head.end), trailers: [] }, 'close', input.length);
  }
  if (!/^[0-9]+$/.test(length)) return { kind: 'bad', text: `Content-Length: ${length}` };
  const end = head.end + Number(length);
  if (input.length < end) return { kind: 'need', head };
  return whole({ content: input.slice(head.end, end), trailers: [] }, 'length', end);
}

export interface ChunkedContent {
  readonly content: string;
  readonly trailers: readonly Field[];
}

type ReadChunked =
  | { readonly kind: 'need' }
  | { readonly kind: 'ok'; readonly value: ChunkedContent; readonly end: number }
  | { readonly kind: 'bad'; readonly text: string };

export function readChunked(input: string, start: number): ReadChunked {
  const parts: string[] = [];
  for (let at = start; ;) {
    const line = input.indexOf('\r\n', at);
    if (line === -1) return { kind: 'need' };
    const size = input.slice(at, line);
    if (!/^[0-9A-Fa-f]+$/.test(size)) return { kind: 'bad', text: `chunk size ${JSON.stringify(size)}` };
    const length = Number.parseInt(size, 16);
    at = line + 2;
    if (length === 0) return readTrailers(input, at, parts.join(''));
    if (input.length < at + length + 2) return { kind: 'need' };
    parts.push(input.slice(at, at + length));
    at += length + 2;
    if (input.slice(at - 2, at) !== '\r\n') return { kind: 'bad', text: 'no line end after a chunk' };
  }
}

function readTrailers(input: string, start: number, content: string): ReadChunked {
  if (input.startsWith('\r\n', start))
    return { kind: 'ok', value: { content, trailers: [] }, end: start + 2 };
  const end = input.indexOf('\r\n\r\n', start);
  if (end === -1) return { kind: 'need' };
  return { kind: 'ok', value: { content, trailers: readFields(input.slice(start, end)) }, end: end + 4 };
}

function readHead(input: string): Head | undefined {
  const end = input.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const line = input.indexOf('\r\n');
  return {
    start: input.slice(0, line),
    fields: line === end ? [] : readFields(input.slice(line + 2, end)),
    end: end + 4,
  };
}

function readFields(text: string): Field[] {
  return text.split('\r\n').map((line) => {
    const match = /^([^\s:]+): ?(.*)$/s.exec(line);
    assert(match?.[1] !== undefined && match[2] !== undefined, `no field: ${JSON.stringify(line)}`);
    return [match[1], match[2].trim()];
  });
}

function writeFields(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

function writeBody(fields: readonly Field[], content: Content | undefined): string {
  const length = valueOf(fields, 'content-length');
  const size = content?.size ?? (length === undefined ? 0 : Number(length));
  const data = content?.data ?? generate(size);
  if (content?.isRaw === true) return data;
  if (isChunked(fields)) return writeChunked(data);
  assert(
    length === undefined || Number(length) === data.length,
    `Content-Length ${length ?? ''} is not true`,
  );
  return data;
}

function writeChunked(data: string): string {
  let out = '';
  for (let at = 0; at < data.length; at += CHUNK_BYTES) {
    const chunk = data.slice(at, at + CHUNK_BYTES);
    out += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${out}0\r\n\r\n`;
}

/** Content of which every part looks different, so that nothing can be lost or swapped unseen. */
function generate(size: number): string {
  let out = '';
  for (let count = 0; out.length < size; count++) out += `${count.toString(36)}.`;
  return out.slice(0, size);
}

function isChunked(fields: readonly Field[]): boolean {
  return valueOf(fields, 'transfer-encoding')?.toLowerCase() === 'chunked';
}
