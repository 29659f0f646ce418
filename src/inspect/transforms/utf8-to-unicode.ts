/**
 * `utf8toUnicode`. Description: writes each UTF-8 sequence of more than one byte as `%uXXXX`, for urlDecodeUni to fold.
 * Overlong sequences are decoded as well: a system that accepts them sees the character, so the rules must. Bytes that
 * are no sequence stay as they are. Example: the bytes `c3 a9` become `%u00e9`, the overlong `c0 af` becomes `%u002f`.
 */
import { ByteOutput } from './byte-output.ts';

export function utf8toUnicode(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const output = new ByteOutput(value.length * 2);
  let at = 0;
  while (at < value.length) {
    const length = sequenceLength(value.charCodeAt(at));
    const code = length > 1 ? readSequence(value, at, length) : -1;
    if (code >= 0) {
      output.pushText(`%u${code.toString(16).padStart(4, '0')}`);
      at += length;
    } else {
      output.push(value.charCodeAt(at++));
    }
  }
  return output.text();
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
