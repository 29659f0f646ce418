/**
 * A tolerant reader of HTTP/1 for the cases: it makes something of every message, as an observer of traffic has to.
 *
 * What our front takes it reads in the same way. Of the rest it takes the reading that shows the most: LF ends a line,
 * CR does where a field follows, white space and NUL are nothing, folded lines are one, an odd empty line ends nothing if
 * a field follows, `chunked` anywhere in Transfer-Encoding is chunked if the body begins like it, of several lengths the
 * largest counts, a body without a length goes to the end, and what stands before a status line is skipped.
 */
import { Buffer } from 'node:buffer';
import type { HeaderFields } from '../../../src/inspect/inspector.ts';
import { listedFields } from '../../../src/inspect/listed-fields.ts';

export interface Message {
  /** From the first line to the empty line, as it came. */
  readonly head: string;
  readonly startLine: string;
  readonly fields: HeaderFields;
  /** Without chunk framing. */
  readonly body: Buffer;
  readonly trailers: HeaderFields;
}

/** Messages of one direction, one after the other. */
export function readMessages(bytes: Buffer, isResponse: boolean): readonly Message[] {
  const text = bytes.toString('latin1');
  const messages: Message[] = [];
  let at = 0;
  while (at < text.length && messages.length < 1000) {
    const read = readMessage(text, isResponse ? skipToStatus(text, at) : skipBlank(text, at), isResponse);
    if (read === undefined) break;
    messages.push(read.message);
    at = read.end;
  }
  return messages;
}

function readMessage(
  text: string,
  start: number,
  isResponse: boolean,
): { readonly message: Message; readonly end: number } | undefined {
  if (start >= text.length) return undefined;
  const head = readHead(text, start);
  // HTTP/0.9 has neither version nor fields; and what is no response at all is its body.
  const isBare = isResponse && !/^\W*http\//i.test(head.startLine);
  if (isBare && start === 0) {
    const body = Buffer.from(text, 'latin1');
    return {
      message: { head: '', startLine: '', fields: listedFields([]), body, trailers: listedFields([]) },
      end: text.length,
    };
  }
  if (isBare) return undefined;
  const body = readBody(text, head, isResponse);
  const message = {
    head: text.slice(start, head.end),
    startLine: head.startLine,
    fields: listedFields(head.pairs),
    body: Buffer.from(body.text, 'latin1'),
    trailers: listedFields(body.trailers),
  };
  return { message, end: body.end };
}

type Pair = readonly [string, string];

interface Head {
  readonly startLine: string;
  readonly pairs: readonly Pair[];
  readonly end: number;
}

function readHead(text: string, start: number): Head {
  const first = lineAt(text, start);
  const { pairs, end } = readFields(text, first.end);
  return { startLine: first.text, pairs, end };
}

function readFields(text: string, start: number): { readonly pairs: readonly Pair[]; readonly end: number } {
  const lines: string[] = [];
  let at = start;
  while (at < text.length) {
    const line = lineAt(text, at);
    at = line.end;
    if (isEnd(text, line)) break;
    const last = lines.length - 1;
    if (/^[ \t\0]/.test(line.text) && last >= 0) lines[last] = `${lines[last] ?? ''} ${trim(line.text)}`;
    else lines.push(line.text);
  }
  return { pairs: lines.filter((line) => trim(line) !== '').map(pairOf), end: at };
}

/** An empty line; an odd one only where no field and no real one follows. */
function isEnd(text: string, line: Line): boolean {
  if (line.raw === '\n' || line.raw === '\r\n') return true;
  const isOdd = /^[\s\0]*$/.test(line.text);
  return isOdd && !/^(\r?\n|[\w-]+[ \t]*:|[ \t]+[\w:])/.test(text.slice(line.end, line.end + 100));
}

function pairOf(line: string): Pair {
  const colon = line.indexOf(':');
  return colon < 0 ? [trim(line), ''] : [trim(line.slice(0, colon)), trim(line.slice(colon + 1))];
}

interface Line {
  /** Without its end. */
  readonly text: string;
  readonly raw: string;
  readonly end: number;
}

function lineAt(text: string, start: number): Line {
  const found = text.indexOf('\n', start);
  const end = found < 0 ? text.length : found + 1;
  const raw = text.slice(start, end);
  // CR alone ends a line where something like a field follows.
  const split = /\r(?=[A-Za-z][\w-]*[ \t]*:)/.exec(raw);
  if (split !== null && split.index > 0) {
    return { text: raw.slice(0, split.index), raw, end: start + split.index + 1 };
  }
  return { text: raw.replace(/\r*\n?$/, ''), raw, end };
}

function skipBlank(text: string, start: number): number {
  let at = start;
  while (at < text.length && /[\r\n]/.test(text.charAt(at))) at++;
  return at;
}

/** Where a status line begins, if that is near. */
function skipToStatus(text: string, start: number): number {
  const found = /(^|[\r\n])[\s\0]*(?=http\/)/i.exec(text.slice(start, start + 100));
  return found === null ? skipBlank(text, start) : start + found.index + found[0].length;
}

interface Body {
  readonly text: string;
  readonly trailers: readonly Pair[];
  readonly end: number;
}

function readBody(text: string, head: Head, isResponse: boolean): Body {
  const value = (name: string): string | undefined =>
    head.pairs.find((pair) => pair[0].toLowerCase() === name)?.[1];
  const coding = head.pairs.filter((pair) => pair[0].toLowerCase() === 'transfer-encoding').join();
  if (/chunked/i.test(coding)) {
    const chunked = readChunks(text, head.end);
    if (chunked !== undefined) return chunked;
  }
  const lengths = [...(value('content-length') ?? '').matchAll(/\d+/g)].map(Number);
  if (lengths.length > 0) {
    const end = Math.min(text.length, head.end + Math.max(...lengths));
    return { text: text.slice(head.end, end), trailers: [], end };
  }
  if (!isResponse) return { text: '', trailers: [], end: head.end };
  const status = /^\S+\s+(\d{3})/.exec(head.startLine)?.[1] ?? '';
  // Not that these may have one; but where nothing else follows, something else was sent.
  const isEmpty = /^(1..|204|304)$/.test(status) && text.startsWith('HTTP/', head.end);
  return isEmpty
    ? { text: '', trailers: [], end: head.end }
    : { text: text.slice(head.end), trailers: [], end: text.length };
}

function readChunks(text: string, start: number): Body | undefined {
  const pieces: string[] = [];
  let at = start;
  while (at < text.length) {
    const line = lineAt(text, skipBlank(text, at));
    const digits = /^[ \t]*([0-9a-f]+)/i.exec(line.text)?.[1];
    if (digits === undefined)
      return pieces.length === 0 ? undefined : { text: pieces.join(''), trailers: [], end: at };
    at = line.end;
    const size = Number.parseInt(digits, 16);
    if (size === 0) {
      const trailers = readFields(text, at);
      return { text: pieces.join(''), trailers: trailers.pairs, end: trailers.end };
    }
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return { text: pieces.join(''), trailers: [], end: text.length };
}

function trim(text: string): string {
  return text.replaceAll('\0', '').trim();
}
