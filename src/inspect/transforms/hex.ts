/**
 * `hexEncode`, `hexDecode`, `sqlHexDecode`.
 *
 * hexDecode. Description: pairs of digits to bytes; anything else makes the result empty. Example: `4142` is `AB`.
 * sqlHexDecode. Description: replaces SQL's hexadecimal strings by their bytes. Example: `a=0x4142` is `a=AB`.
 */
import { Buffer } from 'node:buffer';
import { hexByte } from './characters.ts';
import { copyBytes, outputFor, textOf } from './scratch.ts';

export function hexEncode(value: string): string {
  return Buffer.from(value, 'latin1').toString('hex');
}

export function hexDecode(value: string): string {
  const isHex = value.length % 2 === 0 && !/[^0-9a-fA-F]/.test(value);
  return isHex ? Buffer.from(value, 'hex').toString('latin1') : '';
}

export function sqlHexDecode(value: string): string {
  let next = nextString(value, 0);
  if (next < 0) return value;
  const output = outputFor(value.length);
  let length = 0;
  let at = 0;
  while (next >= 0) {
    length = copyBytes(output, length, value, at, next);
    at = next + 2;
    for (let byte = hexByte(value, at); byte >= 0; byte = hexByte(value, at)) {
      output[length++] = byte;
      at += 2;
    }
    next = nextString(value, at);
  }
  return textOf(output, copyBytes(output, length, value, at, value.length));
}

/** Where the next `0x` with two digits behind it begins, -1 when there is none. */
function nextString(value: string, start: number): number {
  for (let at = start; at < value.length; at++) {
    const isStart = value.charCodeAt(at) === 0x30 && (value.charCodeAt(at + 1) | 0x20) === 0x78;
    if (isStart && hexByte(value, at + 2) >= 0) return at;
  }
  return -1;
}
