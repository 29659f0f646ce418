/**
 * `hexEncode`, `hexDecode`, `sqlHexDecode`.
 *
 * hexDecode. Description: pairs of digits to bytes; anything else makes the result empty. Example: `4142` is `AB`.
 * sqlHexDecode. Description: replaces SQL's hexadecimal strings by their bytes. Example: `a=0x4142` is `a=AB`.
 */
import { Buffer } from 'node:buffer';
import { hexByte } from './characters.ts';
import { ByteOutput } from './byte-output.ts';

export function hexEncode(value: string): string {
  return Buffer.from(value, 'latin1').toString('hex');
}

export function hexDecode(value: string): string {
  const isHex = value.length % 2 === 0 && !/[^0-9a-fA-F]/.test(value);
  return isHex ? Buffer.from(value, 'hex').toString('latin1') : '';
}

export function sqlHexDecode(value: string): string {
  if (!/0[xX]/.test(value)) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    const isStart = value.charCodeAt(at) === 0x30 && (value.charCodeAt(at + 1) | 0x20) === 0x78;
    if (isStart && hexByte(value, at + 2) >= 0) at = decodePairs(value, at + 2, output);
    else output.push(value.charCodeAt(at++));
  }
  return output.text();
}

function decodePairs(value: string, start: number, output: ByteOutput): number {
  let at = start;
  for (let byte = hexByte(value, at); byte >= 0; byte = hexByte(value, at)) {
    output.push(byte);
    at += 2;
  }
  return at;
}
