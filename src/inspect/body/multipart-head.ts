/**
 * The header lines of one part of a multipart body.
 */
import { hasPlainCharset } from './charset.ts';
import { readTypedField, trimSpace } from './content-type.ts';
import { readDisposition } from './multipart-disposition.ts';
import type { Disposition } from './multipart-disposition.ts';
import type { FlagsBeingSet } from './multipart-flags.ts';

export interface PartHead {
  /** Whole header lines without their ends; a folded one is joined by one space. */
  readonly lines: string[];
  /** Known when the head is finished, and if it has one. */
  disposition: Disposition | undefined;
  /** The first thing that is wrong with it. */
  problem: string | undefined;
}

/** Encodings that change nothing; any other would have to be decoded. */
const IDENTITY_ENCODINGS: ReadonlySet<string> = new Set(['binary', '8bit', '7bit']);

export function newHead(): PartHead {
  return { lines: [], disposition: undefined, problem: undefined };
}

/** Takes a line; what it says is read when the head is whole, because the next line may go on with it. */
export function readHeaderLine(head: PartHead, line: string, flags: FlagsBeingSet, bytesMax: number): void {
  const first = line.charCodeAt(0);
  const isFolded = first === 0x20 || (first >= 0x09 && first <= 0x0d);
  if (!isFolded) {
    head.lines.push(line);
    return;
  }
  flags.headerFolding = true;
  const contentStart = line.search(/[^ \t-\r]/);
  const fold = contentStart < 0 ? line : line.slice(0, contentStart);
  if (/[^ \t]/.test(fold)) flags.invalidHeaderFolding = true;
  head.problem ??= 'header of a part is folded';
  const last = head.lines.pop();
  const joined = last === undefined ? line : `${last} ${line.slice(fold.length)}`;
  if (joined.length > bytesMax) head.problem = 'head of a part is cut or too long';
  head.lines.push(joined.slice(0, bytesMax));
}

export function finishHead(head: PartHead, flags: FlagsBeingSet): void {
  const seen: string[] = [];
  for (const line of head.lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    // Visible ASCII but the colon; a NUL or a bare CR anywhere ends the line for somebody.
    if (!/^[!-9;-~]+$/.test(name) || /[\r\0]/.test(line)) fail(head, 'header line of a part is malformed');
    if (seen.includes(name)) fail(head, `part has two ${nameKnown(name)} lines`);
    seen.push(name);
    readField(head, name, trimSpace(line.slice(colon + 1)), flags);
  }
  if (head.disposition === undefined) fail(head, 'part has no Content-Disposition');
  else if (head.disposition.error !== undefined) fail(head, head.disposition.error);
}

function readField(head: PartHead, name: string, value: string, flags: FlagsBeingSet): void {
  if (name === 'content-disposition') head.disposition ??= readDisposition(value, flags);
  else if (name === 'content-type') checkType(head, value);
  else if (name === 'content-transfer-encoding' && !IDENTITY_ENCODINGS.has(value.toLowerCase()))
    fail(head, 'part is encoded');
}

/** A part of parts, or text whose bytes mean something else. */
function checkType(head: PartHead, value: string): void {
  if (/^multipart\//i.test(value)) fail(head, 'part is itself multipart');
  if (!/charset/i.test(value)) return;
  const field = readTypedField(value);
  if (field.error !== undefined || !hasPlainCharset(value, field))
    fail(head, 'charset of a part is not one that is read');
}

/** Nothing that the client sent goes into a message. */
function nameKnown(name: string): string {
  return name === 'content-disposition' ? 'Content-Disposition' : 'equal header';
}

function fail(head: PartHead, problem: string): void {
  head.problem ??= problem;
}
