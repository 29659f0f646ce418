/**
 * `utf8toUnicode`. Description: writes each UTF-8 sequence of more than one byte as `%uXXXX`, for urlDecodeUni to fold.
 * Overlong sequences are decoded as well: a system that accepts them sees the character, so the rules must. Bytes that
 * are no sequence stay as they are. Example: the bytes `c3 a9` become `%u00e9`, the overlong `c0 af` becomes `%u002f`.
 */
import type { Buffer } from 'node:buffer';
import { copyBytes, outputFor, textOf } from './scratch.ts';

/** How much longer a result can be: two bytes become the six of `%uXXXX`, four at most eight. */
const GROWTH_MAX = 3;

export function utf8toUnicode(value: string): string {
  let next = nextLead(value, 0);
  if (next < 0) return value;
  const output = outputFor(GROWTH_MAX * value.length);
  let length = 0;
  let at = 0;
  while (next >= 0) {
    length = copyBytes(output, length, value, at, next);
    const bytes = sequenceLength(value.charCodeAt(next));
    length = writeEscape(output, length, readSequence(value, next, bytes));
    at = next + bytes;
    next = nextLead(value, at);
  }
  return textOf(output, copyBytes(output, length, value, at, value.length));
}

/** Where the next whole sequence of more than one byte begins, -1 when there is none. */
function nextLead(value: string, start: number): number {
  for (let at = start; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (byte < 0xc0) continue;
    const bytes = sequenceLength(byte);
    if (bytes > 1 && readSequence(value, at, bytes) >= 0) return at;
  }
  return -1;
}

function writeEscape(output: Buffer, start: number, code: number): number {
  let length = start;
  output[length++] = 0x25;
  output[length++] = 0x75;
  for (let shift = code > 0xfffff ? 20 : code > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
    const digit = (code >> shift) & 15;
    output[length++] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  return length;
}

function sequenceLength(byte: number): number {
  if ((byte & 0xe0) === 0xc0) return 2;
  if ((byte & 0xf0) === 0xe0) return 3;
  return (byte & 0xf8) === 0xf0 ? 4 : 1;
}

/** The code point, or -1 when a byte is missing or no continuation, or it is a surrogate or above U+10FFFF. */
function readSequence(value: string, at: number, length: number): number {
  let code = value.charCodeAt(at) & (0xff >> (length + 1));
  for (let index = 1; index < length; index++) {
    const byte = value.charCodeAt(at + index);
    if ((byte & 0xc0) !== 0x80) return -1;
    code = code * 64 + (byte & 0x3f);
  }
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isSurrogate || code > 0x10ffff ? -1 : code;
}
