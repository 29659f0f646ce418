/**
 * HTTP/1 messages as a test sees them on the wire. Written for tests, with nothing of src/http in it: a mistake there
 * must not hide itself here.
 */
import { Buffer } from 'node:buffer';

/** A message as it arrived. */
export interface Message {
  /** Request line or status line. */
  readonly startLine: string;
  /** The whole head as it came, with its empty line, latin1. */
  readonly head: string;
  /** Fields in the order and case in which they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** The data of each chunk of a chunked body. */
  readonly chunks: readonly number[];
}

/** The status code of a response. */
export function statusOf(message: Message): number {
  return Number(message.startLine.split(' ')[1]);
}

/** Every value of a field, in order; the case of the name does not matter. */
export function valuesOf(message: Message, name: string): string[] {
  return message.fields
    .filter(([field]) => field.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

/** The value of a field that is there once; undefined when it is missing, joined with `|` when it is there again. */
export function valueOf(message: Message, name: string): string | undefined {
  const values = valuesOf(message, name);
  return values.length === 0 ? undefined : values.join('|');
}

/** The names of all fields as they were written. */
export function namesOf(message: Message): string[] {
  return message.fields.map(([name]) => name);
}

/** Splits a head into its lines. */
export function readHead(head: string): Pick<Message, 'startLine' | 'head' | 'fields'> {
  const [startLine = '', ...lines] = head.slice(0, -4).split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { startLine, head, fields };
}

/** `content` in chunks of at most `size` bytes, with the last chunk and `trailers` (whole lines). */
export function chunked(content: Uint8Array | string, size: number = Infinity, trailers = ''): Buffer {
  const bytes = Buffer.from(content as string, 'latin1');
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, Math.min(at + size, bytes.length));
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`, 'latin1')]);
}

/** A whole response with a Content-Length. `fields` are whole lines. */
export function response(status: number, body = '', fields = ''): string {
  return `HTTP/1.1 ${status} Some Reason\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A whole request. `fields` are whole lines besides Host. */
export function request(line: string, fields = '', body = ''): string {
  return `${line} HTTP/1.1\r\nHost: app.example\r\n${fields}\r\n${body}`;
}

/** Bytes that a seed fixes: no byte value is left out and no two places look alike for long. */
export function content(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed | 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
