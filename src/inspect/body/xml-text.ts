/**
 * Text of XML: ends of lines, references, white space of attributes.
 */
import { ByteOutput } from '../transforms/byte-output.ts';
import { hexDigit } from '../transforms/characters.ts';

export interface DecodedText {
  readonly text: string;
  readonly error: string | undefined;
}

/** XML 1.0 §2.11: CRLF and CR become LF. */
export function normalizeLines(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : text;
}

/** XML 1.0 §3.3.3: each white space that stands there as itself becomes a space. */
export function normalizeAttribute(text: string): string {
  return /[\t\n\r]/.test(text) ? normalizeLines(text).replaceAll('\n', ' ').replaceAll('\t', ' ') : text;
}

/** Replaces references to characters and the five predefined entities; any other stays and is an error. */
export function decodeText(text: string): DecodedText {
  let reference = text.indexOf('&');
  if (reference < 0) return { text, error: undefined };
  const output = new ByteOutput(text.length);
  let error: string | undefined;
  let at = 0;
  while (reference >= 0) {
    output.pushText(text.slice(at, reference));
    at = pushReference(text, reference, output);
    if (at === reference) {
      error ??= 'a reference is unknown';
      output.push(text.charCodeAt(at++));
    } else if (at < 0) {
      error ??= 'a reference is to no character';
      at = -at;
    }
    reference = text.indexOf('&', at);
  }
  output.pushText(text.slice(at));
  return { text: output.text(), error };
}

const PREDEFINED: readonly (readonly [reference: string, byte: number])[] = [
  ['&lt;', 0x3c],
  ['&gt;', 0x3e],
  ['&amp;', 0x26],
  ['&quot;', 0x22],
  ['&apos;', 0x27],
];

/**
 * Adds what the reference at `start` stands for, and answers where it ends; `start` when it is none, less than 0 when
 * it is one to a character that XML does not have.
 */
function pushReference(text: string, start: number, output: ByteOutput): number {
  if (text.charCodeAt(start + 1) === 0x23) return pushCharacter(text, start, output);
  for (const [reference, byte] of PREDEFINED) {
    if (!text.startsWith(reference, start)) continue;
    output.push(byte);
    return start + reference.length;
  }
  return start;
}

/** Beyond every code point; no number is counted further. */
const CODE_MAX = 0x110000;

/** `&#60;` and `&#x3c;` with any number of leading zeros (XML 1.0 §4.1). */
function pushCharacter(text: string, start: number, output: ByteOutput): number {
  const isHex = text.charCodeAt(start + 2) === 0x78;
  const base = isHex ? 16 : 10;
  const digits = start + (isHex ? 3 : 2);
  let code = 0;
  let at = digits;
  for (; ; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0 || digit >= base) break;
    code = Math.min(code * base + digit, CODE_MAX);
  }
  if (at === digits || text.charCodeAt(at) !== 0x3b) return start;
  output.pushCodePoint(code);
  return isCharacter(code) ? at + 1 : -(at + 1);
}

/** XML 1.0 §2.2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code < CODE_MAX);
}
