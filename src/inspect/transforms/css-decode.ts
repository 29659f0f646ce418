/**
 * `cssDecode`. Description: decodes the escapes of CSS 2: a backslash and up to six hexadecimal digits with one space
 * behind them, a backslash before a line feed (both vanish), before another character (that character). Full-width
 * forms become ASCII, other code points above 127 UTF-8. Example: `java\0073 cript` becomes `javascript`.
 */
import { foldFullWidth, hexDigit, isSpace } from './characters.ts';
import { decodeEscapes, DROP_BACKSLASH, DROP_BOTH, escapeOf } from './escapes.ts';
import type { Escape } from './escapes.ts';
import { writeCodePoint } from './scratch.ts';

const DIGITS_MAX = 6;

export function cssDecode(value: string): string {
  return decodeEscapes(value, readEscape, writeCodePoint);
}

function readEscape(value: string, at: number): Escape {
  let code = 0;
  let end = at + 1;
  for (; end <= at + DIGITS_MAX; end++) {
    const digit = hexDigit(value.charCodeAt(end));
    if (digit < 0) break;
    code = code * 16 + digit;
  }
  if (end > at + 1) {
    if (isSpace(value.charCodeAt(end))) end++;
    return escapeOf(foldFullWidth(code), end - at);
  }
  if (value.charCodeAt(end) === 0x0a) return DROP_BOTH;
  // Another backslash behind it is that character, and begins no escape.
  return value.charCodeAt(end) === 0x5c ? escapeOf(0x5c, 2) : DROP_BACKSLASH;
}
