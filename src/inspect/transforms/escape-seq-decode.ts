/**
 * `escapeSeqDecode`. Description: decodes the escapes of ANSI C: one-letter escapes, `\xXX`, octal of up to three digits
 * (its low byte). A `\x` without two digits stays as it is; before any other character the backslash is removed.
 * Example: `\x2fbin\57sh` becomes `/bin/sh`.
 */
import { hexByte } from './characters.ts';
import { controlOf, decodeEscapes, escapeOf, KEEP_BACKSLASH, readOctal, writeLowByte } from './escapes.ts';
import type { Escape } from './escapes.ts';

export function escapeSeqDecode(value: string): string {
  return decodeEscapes(value, readEscape, writeLowByte);
}

function readEscape(value: string, at: number): Escape {
  if (at + 1 === value.length) return KEEP_BACKSLASH;
  const letter = value.charCodeAt(at + 1);
  if ((letter | 0x20) === 0x78) {
    const byte = hexByte(value, at + 2);
    return byte < 0 ? KEEP_BACKSLASH : escapeOf(byte, 4);
  }
  return readOctal(value, at, 0o777) ?? escapeOf(controlOf(letter), 2);
}
