/**
 * `urlDecode`. Description: decodes `%XX` and turns `+` into a space. What is no complete escape stays as it is, so that
 * `%%20` becomes `% `. Example: `a%3Db+c` becomes `a=b c`.
 */
import { hexByte } from './characters.ts';
import { copyBytes, outputFor, textOf } from './scratch.ts';

const PLUS = 0x2b;
const SPACE = 0x20;

export function urlDecode(value: string): string {
  return decode(value, SPACE);
}

/** As urlDecode, for paths: a `+` stays (RFC 3986 §2). */
export function urlDecodePercent(value: string): string {
  return value.includes('%') ? decode(value, PLUS) : value;
}

/** `plus` is the byte that a `+` becomes. */
function decode(value: string, plus: number): string {
  const first = firstChange(value, plus);
  if (first < 0) return value;
  const output = outputFor(value.length);
  let length = copyBytes(output, 0, value, 0, first);
  for (let at = first; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    const decoded = byte === 0x25 ? hexByte(value, at + 1) : -1;
    if (decoded >= 0) at += 2;
    output[length++] = decoded >= 0 ? decoded : byte === PLUS ? plus : byte;
  }
  return textOf(output, length);
}

function firstChange(value: string, plus: number): number {
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (byte === PLUS ? plus !== PLUS : byte === 0x25 && hexByte(value, at + 1) >= 0) return at;
  }
  return -1;
}
