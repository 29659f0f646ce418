/**
 * What the decoders of backslash escapes (C, JavaScript, CSS) have in common.
 */
import type { Buffer } from 'node:buffer';
import { copyBytes, outputFor, textOf } from './scratch.ts';

/**
 * What an escape stands for and where it ends, packed into one number so that reading one allocates nothing: the code
 * point (below 2^24) times 16, plus the length of the escape (2 to 8 bytes with its backslash).
 */
export type Escape = number;

export function escapeOf(code: number, length: number): Escape {
  return code * 16 + length;
}

/** An escape that leaves only its backslash out of the result. */
export const DROP_BACKSLASH: Escape = -1;
/** No escape: the backslash stays. */
export const KEEP_BACKSLASH: Escape = -2;
/** Leaves the backslash and the byte behind it out. */
export const DROP_BOTH: Escape = -3;

/**
 * Decodes every escape of a value. `read` tells the escape whose backslash is at `at`; `write` writes a code point and
 * answers the new length. No escape writes more bytes than it has.
 */
export function decodeEscapes(
  value: string,
  read: (value: string, at: number) => Escape,
  write: (output: Buffer, length: number, code: number) => number,
): string {
  let next = value.indexOf('\\');
  if (next < 0) return value;
  const output = outputFor(value.length);
  let length = 0;
  let at = 0;
  while (next >= 0) {
    length = copyBytes(output, length, value, at, next);
    const escape = read(value, next);
    if (escape >= 0) {
      length = write(output, length, escape >> 4);
      at = next + (escape & 15);
    } else {
      if (escape === KEEP_BACKSLASH) output[length++] = 0x5c;
      at = next + (escape === DROP_BOTH ? 2 : 1);
    }
    next = value.indexOf('\\', at);
  }
  return textOf(output, copyBytes(output, length, value, at, value.length));
}

/** Writes the low byte of a code point: for languages whose strings the servers take as bytes. */
export function writeLowByte(output: Buffer, length: number, code: number): number {
  output[length] = code & 0xff;
  return length + 1;
}

/** The control character that a letter stands for behind a backslash; any other byte stands for itself. */
export function controlOf(letter: number): number {
  switch (letter) {
    case 0x61: // a
      return 0x07;
    case 0x62: // b
      return 0x08;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    case 0x76: // v
      return 0x0b;
    default:
      return letter;
  }
}

/** The escape of a backslash with up to three octal digits behind it whose value stays within `max`; undefined for none. */
export function readOctal(value: string, at: number, max: number): Escape | undefined {
  let code = 0;
  let length = 1;
  while (length <= 3) {
    const digit = value.charCodeAt(at + length) - 0x30;
    // The negation also holds for NaN, past the end.
    if (!(digit >= 0 && digit <= 7) || code * 8 + digit > max) break;
    code = code * 8 + digit;
    length++;
  }
  return length === 1 ? undefined : escapeOf(code, length);
}
