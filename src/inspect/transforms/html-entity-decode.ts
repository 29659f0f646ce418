/**
 * `htmlEntityDecode`. Description: decodes `&#DDD;`, `&#xHHH;` (the semicolon may be missing, as browsers allow) and the
 * named references that stand for ASCII characters. Code points above 127 become UTF-8.
 * Example: `&lt;b&#62;&colon;` becomes `<b>:`.
 */
import { hexDigit } from './characters.ts';
import { copyBytes, outputFor, textOf, writeCodePoint } from './scratch.ts';

/** Names of HTML's table that an attacker can use for bytes of ASCII; compared without regard to case. */
const NAMED: ReadonlyMap<string, number> = new Map([
  ['amp', 0x26],
  ['apos', 0x27],
  ['ast', 0x2a],
  ['bsol', 0x5c],
  ['colon', 0x3a],
  ['comma', 0x2c],
  ['commat', 0x40],
  ['dollar', 0x24],
  ['equals', 0x3d],
  ['excl', 0x21],
  ['grave', 0x60],
  ['gt', 0x3e],
  ['hat', 0x5e],
  ['lbrace', 0x7b],
  ['lbrack', 0x5b],
  ['lcub', 0x7b],
  ['lowbar', 0x5f],
  ['lpar', 0x28],
  ['lsqb', 0x5b],
  ['lt', 0x3c],
  ['nbsp', 0xa0],
  ['newline', 0x0a],
  ['num', 0x23],
  ['percnt', 0x25],
  ['period', 0x2e],
  ['plus', 0x2b],
  ['quest', 0x3f],
  ['quot', 0x22],
  ['rbrace', 0x7d],
  ['rbrack', 0x5d],
  ['rcub', 0x7d],
  ['rpar', 0x29],
  ['rsqb', 0x5d],
  ['semi', 0x3b],
  ['sol', 0x2f],
  ['tab', 0x09],
  ['verbar', 0x7c],
  ['vert', 0x7c],
]);
/** Those that browsers decode without the semicolon too. None begins with another one. */
const WITHOUT_SEMICOLON: readonly (readonly [name: string, code: number])[] = [
  ['amp', 0x26],
  ['gt', 0x3e],
  ['lt', 0x3c],
  ['nbsp', 0xa0],
  ['quot', 0x22],
];
/** The letters with which these begin. */
const BEGINS_SHORT = 'aglnq';
/** Length of the longest name. */
const NAME_LENGTH_MAX = 7;
/** One above the largest code point: what larger numbers are read as. */
const BEYOND_UNICODE = 0x110000;

export function htmlEntityDecode(value: string): string {
  let next = value.indexOf('&');
  if (next < 0) return value;
  const reference: Reference = { code: 0, end: 0 };
  // Forms are full of ampersands, and hold no references.
  while (!readReference(value, next + 1, reference)) {
    next = value.indexOf('&', next + 1);
    if (next < 0) return value;
  }
  // No reference is shorter than its code point in UTF-8.
  const output = outputFor(value.length);
  let length = 0;
  let at = 0;
  while (next >= 0) {
    const isRead = readReference(value, next + 1, reference);
    length = copyBytes(output, length, value, at, isRead ? next : next + 1);
    if (isRead) length = writeCodePoint(output, length, reference.code);
    at = isRead ? reference.end : next + 1;
    next = value.indexOf('&', at);
  }
  return textOf(output, copyBytes(output, length, value, at, value.length));
}

/** Whether there is a reference in the value. */
export function hasReference(value: string): boolean {
  const reference: Reference = { code: 0, end: 0 };
  for (let at = value.indexOf('&'); at >= 0; at = value.indexOf('&', at + 1))
    if (readReference(value, at + 1, reference)) return true;
  return false;
}

/** What a reference stands for and where it ends: filled by the readers below, so that none is allocated. */
interface Reference {
  code: number;
  end: number;
}

/** Reads the reference behind the ampersand before `start`; false when there is none. */
function readReference(value: string, start: number, into: Reference): boolean {
  if (value.charCodeAt(start) !== 0x23) return readNamed(value, start, into);
  const isHex = (value.charCodeAt(start + 1) | 0x20) === 0x78;
  return readNumber(value, start + (isHex ? 2 : 1), isHex ? 16 : 10, into);
}

/** Any number of digits, leading zeros included; each is read once, because a reference without digits is none. */
function readNumber(value: string, start: number, base: number, into: Reference): boolean {
  let code = 0;
  let at = start;
  for (; at < value.length; at++) {
    const digit = hexDigit(value.charCodeAt(at));
    if (digit < 0 || digit >= base) break;
    code = Math.min(code * base + digit, BEYOND_UNICODE);
  }
  into.code = code;
  into.end = behindSemicolon(value, at);
  return at > start;
}

function readNamed(value: string, start: number, into: Reference): boolean {
  let end = start;
  while (end < start + NAME_LENGTH_MAX && isLetter(value.charCodeAt(end))) end++;
  if (value.charCodeAt(end) === 0x3b) {
    const code = NAMED.get(value.slice(start, end).toLowerCase());
    if (code !== undefined) {
      into.code = code;
      into.end = end + 1;
      return true;
    }
  }
  if (!BEGINS_SHORT.includes(value.charAt(start).toLowerCase())) return false;
  const name = value.slice(start, end).toLowerCase();
  for (const [short, shortCode] of WITHOUT_SEMICOLON) {
    if (!name.startsWith(short)) continue;
    into.code = shortCode;
    into.end = behindSemicolon(value, start + short.length);
    return true;
  }
  return false;
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

function behindSemicolon(value: string, at: number): number {
  return value.charCodeAt(at) === 0x3b ? at + 1 : at;
}
