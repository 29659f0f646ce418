/**
 * `escapeSeqDecode`. Description: decodes the escapes of ANSI C: one-letter escapes, `\xXX`, octal of up to three digits
 * (its low byte). A `\x` without two digits stays as it is; before any other character the backslash is removed.
 * Example: `\x2fbin\57sh` becomes `/bin/sh`.
 */
import { ByteOutput } from './byte-output.ts';
import { hexByte } from './characters.ts';
import { CONTROL_LETTERS, readOctal } from './escape-letters.ts';

export function escapeSeqDecode(value: string): string {
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
  if (letter === 'x' || letter === 'X') {
    const byte = hexByte(value, at + 2);
    if (byte >= 0) output.push(byte);
    else output.pushText(`\\${letter}`);
    return at + (byte >= 0 ? 4 : 2);
  }
  const octal = readOctal(value, at + 1, 0o777);
  if (octal.length > 0) output.push(octal.value & 0xff);
  else output.push(CONTROL_LETTERS.get(letter) ?? letter.charCodeAt(0));
  return at + 1 + Math.max(octal.length, 1);
}
