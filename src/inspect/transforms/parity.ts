/**
 * `parityEven7bit`, `parityOdd7bit`, `parityZero7bit`. Description: sets the eighth bit of each byte so that the number
 * of ones is even or odd, or clears it. What the eighth bit was does not matter.
 */
import { outputFor, textOf } from './scratch.ts';

const EVEN = Uint8Array.from(
  { length: 256 },
  (_, byte) => (byte & 0x7f) | (onesOf(byte & 0x7f) % 2 === 0 ? 0 : 0x80),
);
const ODD = EVEN.map((byte) => byte ^ 0x80);
const ZERO = EVEN.map((byte) => byte & 0x7f);

export function parityEven7bit(value: string): string {
  return mapBytes(value, EVEN);
}

export function parityOdd7bit(value: string): string {
  return mapBytes(value, ODD);
}

export function parityZero7bit(value: string): string {
  return mapBytes(value, ZERO);
}

function mapBytes(value: string, map: Uint8Array): string {
  const output = outputFor(value.length);
  let changes = 0;
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at) & 0xff;
    const mapped = map[byte]!; // 256 entries.
    changes |= byte ^ mapped;
    output[at] = mapped;
  }
  return changes === 0 ? value : textOf(output, value.length);
}

function onesOf(byte: number): number {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
}
