/**
 * `urlDecode`. Description: decodes `%XX` and turns `+` into a space. What is no complete escape stays as it is, so that
 * `%%20` becomes `% `. Example: `a%3Db+c` becomes `a=b c`.
 */
import { ByteOutput } from './byte-output.ts';
import { hexByte } from './characters.ts';

export function urlDecode(value: string): string {
  if (!value.includes('%') && !value.includes('+')) return value;
  const output = new ByteOutput(value.length);
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    const decoded = byte === 0x25 ? hexByte(value, at + 1) : -1;
    if (decoded >= 0) at += 2;
    output.push(decoded >= 0 ? decoded : byte === 0x2b ? 0x20 : byte);
  }
  return output.text();
}
