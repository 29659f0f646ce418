/**
 * `jsDecode`. Description: decodes the escapes of JavaScript strings: `\uXXXX` (its low byte; full-width forms become
 * ASCII), `\xXX`, octal up to `\377`, and the one-letter escapes; before any other character the backslash is removed.
 * Example: `\x3cscript\u003e` becomes `<script>`.
 */
import { foldFullWidth, hexByte, hexWord } from './characters.ts';
import { controlOf, decodeEscapes, escapeOf, KEEP_BACKSLASH, readOctal, writeLowByte } from './escapes.ts';
import type { Escape } from './escapes.ts';

export function jsDecode(value: string): string {
  return decodeEscapes(value, readEscape, writeLowByte);
}

function readEscape(value: string, at: number): Escape {
  if (at + 1 === value.length) return KEEP_BACKSLASH;
  const letter = value.charCodeAt(at + 1);
  const word = letter === 0x75 ? hexWord(value, at + 2) : -1;
  if (word >= 0) return escapeOf(foldFullWidth(word), 6);
  const byte = letter === 0x78 ? hexByte(value, at + 2) : -1;
  if (byte >= 0) return escapeOf(byte, 4);
  return readOctal(value, at, 0o377) ?? escapeOf(controlOf(letter), 2);
}
