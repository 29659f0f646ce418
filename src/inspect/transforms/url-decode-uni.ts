/**
 * `urlDecodeUni`. Description: as urlDecode, and decodes `%uXXXX` as IIS and some frameworks do: full-width forms and
 * characters that look like ASCII become that ASCII character, others their low byte.
 * Example: `%u003cscript%u201d` becomes `<script"`.
 */
import { bestFitByte } from './best-fit.ts';
import { hexByte, hexWord } from './characters.ts';
import { copyBytes, inputBytes, LONG_BYTES_MIN, outputFor, textOf } from './scratch.ts';

export function urlDecodeUni(value: string): string {
  const first = firstChange(value);
  if (first < 0) return value;
  if (value.length >= LONG_BYTES_MIN) return decodeLong(value);
  const output = outputFor(value.length);
  let length = copyBytes(output, 0, value, 0, first);
  let at = first;
  while (at < value.length) {
    const byte = value.charCodeAt(at);
    const escape = byte === 0x25 ? readEscape(value, at) : -1;
    output[length++] = escape >= 0 ? escape & 0xff : byte === 0x2b ? 0x20 : byte;
    at += escape >= 0 ? escape >> 8 : 1;
  }
  return textOf(output, length);
}

/** The same over bytes, from the beginning. */
function decodeLong(value: string): string {
  const bytes = inputBytes(value);
  const output = outputFor(value.length);
  const end = value.length;
  let length = 0;
  for (let at = 0; at < end;) {
    const byte = bytes[at]!; // Below the end.
    if (byte !== 0x25) {
      output[length++] = byte === 0x2b ? 0x20 : byte;
      at++;
      continue;
    }
    const escape = readEscape(value, at);
    output[length++] = escape >= 0 ? escape & 0xff : byte;
    at += escape >= 0 ? escape >> 8 : 1;
  }
  return textOf(output, length);
}

/** What a table says of the bytes of `urlDecodeUni(value)` together, if `bits` is what it says of those of the value. */
export function urlDecodeUniBits(value: string, table: Int32Array, bits: number): number {
  let all = bits | table[0x20]!; // 256 entries, here and below.
  for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at + 1)) {
    const escape = readEscape(value, at);
    if (escape >= 0) all |= table[escape & 0xff]!;
  }
  return all;
}

function firstChange(value: string): number {
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (byte === 0x2b || (byte === 0x25 && readEscape(value, at) >= 0)) return at;
  }
  return -1;
}

/** The byte for the escape at `at`, plus 256 times the length of the escape; -1 when there is none. */
function readEscape(value: string, at: number): number {
  if ((value.charCodeAt(at + 1) | 0x20) === 0x75) {
    const word = hexWord(value, at + 2);
    return word < 0 ? -1 : bestFitByte(word) | (6 << 8);
  }
  const byte = hexByte(value, at + 1);
  return byte < 0 ? -1 : byte | (3 << 8);
}
