/**
 * `cssDecode`. Description: decodes the escapes of CSS 2: a backslash and up to six hexadecimal digits with one space
 * behind them, a backslash before a line feed (both vanish), before another character (that character). Full-width
 * forms become ASCII, other code points above 127 UTF-8. Example: `java\0073 cript` becomes `javascript`.
 */
import { ByteOutput } from './byte-output.ts';
import { foldFullWidth, hexDigit, isSpace } from './characters.ts';

const DIGITS_MAX = 6;

export function cssDecode(value: string): string {
  if (!value.includes('\\')) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    if (value.charCodeAt(at) === 0x5c) at = decodeEscape(value, at + 1, output);
    else output.push(value.charCodeAt(at++));
  }
  return output.text();
}

/** Decodes what follows the backslash before `start` and answers where it ends. */
function decodeEscape(value: string, start: number, output: ByteOutput): number {
  let code = 0;
  let at = start;
  for (; at < start + DIGITS_MAX; at++) {
    const digit = hexDigit(value.charCodeAt(at));
    if (digit < 0) break;
    code = code * 16 + digit;
  }
  if (at > start) {
    output.pushCodePoint(foldFullWidth(code));
    return isSpace(value.charCodeAt(at)) ? at + 1 : at;
  }
  if (at < value.length && value.charCodeAt(at) !== 0x0a) output.push(value.charCodeAt(at));
  return at + 1;
}
