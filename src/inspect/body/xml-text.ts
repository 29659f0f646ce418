/**
 * Text of XML: ends of lines, references, white space of attributes.
 */
import { Buffer } from 'node:buffer';
import { hexDigit } from '../transforms/characters.ts';
import { writeCodePoint } from './utf8.ts';

export interface DecodedText {
  readonly text: string;
  readonly error: string | undefined;
}

/** Ends of lines alone (XML 1.0 §2.11): CRLF and CR become LF. For CDATA sections, which have no references. */
export function decodeCdata(text: string): string {
  return text.includes('\r') ? decode(text, 0x0a, 0).text : text;
}

/** Ends of lines, references to characters, and the five predefined entities; any other stays and is an error. */
export function decodeText(text: string): DecodedText {
  const isPlain = !text.includes('&') && !text.includes('\r');
  return isPlain ? { text, error: undefined } : decode(text, 0x0a, 0x26);
}

/** As decodeText; and each white space that stands there as itself becomes a space (XML 1.0 §3.3.3). */
export function decodeAttribute(text: string): DecodedText {
  return /[&\t\n\r]/.test(text) ? decode(text, 0x20, 0x26) : { text, error: undefined };
}

/**
 * `lineEnd` is what an end of a line becomes; where that is a space, so does a tab. `ampersand` is the byte that begins
 * a reference; 0 when none does.
 */
function decode(text: string, lineEnd: number, ampersand: number): DecodedText {
  // Decoded in place: no reference is shorter than what it stands for.
  const bytes = Buffer.from(text, 'latin1');
  const tab = lineEnd === 0x20 ? 0x20 : 0x09;
  let error: string | undefined;
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!; // Within the loop's bound.
    if (byte === ampersand) {
      const end = referenceEnd(bytes, at);
      const code = end < 0 ? -1 : codeOf(text, at, end);
      if (code < 0) error ??= 'a reference is unknown';
      else if (!isCharacter(code)) error ??= 'a reference is to no character';
      length = writeCodePoint(bytes, length, code < 0 ? ampersand : code);
      if (code >= 0) at = end;
    } else if (byte === 0x0d || byte === 0x0a) {
      if (byte === 0x0d && bytes[at + 1] === 0x0a) at++;
      bytes[length++] = lineEnd;
    } else {
      bytes[length++] = byte === 0x09 ? tab : byte;
    }
  }
  return { text: bytes.toString('latin1', 0, length), error };
}

/** Bytes of a reference that are looked at. `&#x0010ffff;` has 12; more leading zeros are not for readers. */
const REFERENCE_BYTES_MAX = 32;

/** Where the semicolon of the reference at `start` is, -1 when there is none near. */
function referenceEnd(bytes: Uint8Array, start: number): number {
  const max = Math.min(bytes.length, start + REFERENCE_BYTES_MAX);
  for (let at = start + 1; at < max; at++) {
    const byte = bytes[at]!; // Within the text.
    if (byte === 0x3b) return at;
    // Neither is in a reference; so many ampersands cost no more than one look each.
    if (byte === 0x26 || byte <= 0x20) return -1;
  }
  return -1;
}

const PREDEFINED: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', 0x26],
  ['quot', 0x22],
  ['apos', 0x27],
]);

/** What the reference from `&` to `;` stands for, -1 when nobody says. */
function codeOf(text: string, start: number, end: number): number {
  if (text.charCodeAt(start + 1) !== 0x23) return PREDEFINED.get(text.slice(start + 1, end)) ?? -1;
  const isHex = text.charCodeAt(start + 2) === 0x78;
  const base = isHex ? 16 : 10;
  let code = -1;
  for (let at = start + (isHex ? 3 : 2); at < end; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0 || digit >= base) return -1;
    code = Math.min(Math.max(code, 0) * base + digit, CODE_MAX);
  }
  return code;
}

/** Beyond every code point; no number is counted further. */
const CODE_MAX = 0x110000;

/** XML 1.0 §2.2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code < CODE_MAX);
}
