/**
 * `parityEven7bit`, `parityOdd7bit`, `parityZero7bit`. Description: sets the eighth bit of each byte so that the number
 * of ones is even or odd, or clears it.
 */
import { Buffer } from 'node:buffer';

export function parityEven7bit(value: string): string {
  return mapBytes(value, (byte) => byte | (onesOf(byte) % 2 === 0 ? 0 : 0x80));
}

export function parityOdd7bit(value: string): string {
  return mapBytes(value, (byte) => byte | (onesOf(byte) % 2 === 1 ? 0 : 0x80));
}

export function parityZero7bit(value: string): string {
  return mapBytes(value, (byte) => byte);
}

/** Hands over the lower seven bits of each byte. */
function mapBytes(value: string, map: (byte: number) => number): string {
  const bytes = Buffer.from(value, 'latin1');
  for (const [index, byte] of bytes.entries()) bytes[index] = map(byte & 0x7f);
  return bytes.toString('latin1');
}

function onesOf(byte: number): number {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
}
