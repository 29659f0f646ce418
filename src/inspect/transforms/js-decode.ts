/**
 * `jsDecode`. Description: decodes the escapes of JavaScript strings: `\uXXXX` (its low byte; full-width forms become
 * ASCII), `\xXX`, octal up to `\377`, and the one-letter escapes; before any other character the backslash is removed.
 * Example: `\x3cscript\u003e` becomes `<script>`.
 */
import { ByteOutput } from './byte-output.ts';
import { foldFullWidth, hexByte, hexWord } from './characters.ts';
import { CONTROL_LETTERS, readOctal } from './escape-letters.ts';

export function jsDecode(value: string): string {
  if (!value.includes('\\')) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    if (value.charCodeAt(at) !== 0x5c || at + 1 === value.length) output.push(value.charCodeAt(at++));
    else at = decodeEscape(value, at, output);
  }
  return output.text();
}

/** Decodes the escape at `at` and answers where it ends. */
function decodeEscape(value: string, at: number, output: ByteOutput): number {
  const letter = value.charAt(at + 1);
  const word = letter === 'u' ? hexWord(value, at + 2) : -1;
  const byte = letter === 'x' ? hexByte(value, at + 2) : -1;
  const octal = readOctal(value, at + 1, 0o377);
  if (word >= 0) output.push(foldFullWidth(word) & 0xff);
  else if (byte >= 0) output.push(byte);
  else if (octal.length > 0) output.push(octal.value);
  else output.push(CONTROL_LETTERS.get(letter) ?? letter.charCodeAt(0));
  return at + (word >= 0 ? 6 : byte >= 0 ? 4 : 1 + Math.max(octal.length, 1));
}
