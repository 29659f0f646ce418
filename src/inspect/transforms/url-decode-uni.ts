/**
 * `urlDecodeUni`. Description: as urlDecode, and decodes `%uXXXX` as IIS and some frameworks do: full-width forms and
 * characters that look like ASCII become that ASCII character, others their low byte.
 * Example: `%u003cscript%u201d` becomes `<script"`.
 */
import { bestFitByte } from './best-fit.ts';
import { ByteOutput } from './byte-output.ts';
import { hexByte, hexWord } from './characters.ts';

export function urlDecodeUni(value: string): string {
  if (!value.includes('%') && !value.includes('+')) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    const byte = value.charCodeAt(at);
    const escape = byte === 0x25 ? readEscape(value, at) : undefined;
    if (escape !== undefined) {
      output.push(escape.byte);
      at += escape.length;
    } else {
      output.push(byte === 0x2b ? 0x20 : byte);
      at++;
    }
  }
  return output.text();
}

function readEscape(
  value: string,
  at: number,
): { readonly byte: number; readonly length: number } | undefined {
  if ((value.charCodeAt(at + 1) | 0x20) === 0x75) {
    const word = hexWord(value, at + 2);
    return word < 0 ? undefined : { byte: bestFitByte(word), length: 6 };
  }
  const byte = hexByte(value, at + 1);
  return byte < 0 ? undefined : { byte, length: 3 };
}
