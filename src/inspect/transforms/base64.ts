/**
 * `base64Encode`, `base64Decode`, `base64DecodeExt`.
 *
 * base64Decode. Description: decodes up to the first byte that is not of the alphabet. Example: `VGVzdA==` is `Test`.
 * base64DecodeExt. Description: skips such bytes, as lenient decoders (PHP's) do. Example: `V.GVz dA` is `Test`.
 */
import { Buffer } from 'node:buffer';
import { outputFor, textOf } from './scratch.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The six bits of each byte, 255 for bytes outside of the alphabet. */
const SIX_BITS = Uint8Array.from(
  { length: 256 },
  (_, byte) => ALPHABET.indexOf(String.fromCharCode(byte)) & 0xff,
);

/** 1 for each byte at which base64Decode ends: what is behind it says nothing. */
export const BASE64_ENDS: Uint8Array = SIX_BITS.map((bits) => (bits === 255 ? 1 : 0));

export function base64Encode(value: string): string {
  return Buffer.from(value, 'latin1').toString('base64');
}

export function base64Decode(value: string): string {
  return decode(value, false);
}

export function base64DecodeExt(value: string): string {
  return decode(value, true);
}

/** What a table says of the bytes of `base64Decode(value)` together. */
export function base64Bits(value: string, table: Int32Array): number {
  let bits = 0;
  let held = 0;
  let heldBits = 0;
  for (let at = 0; at < value.length; at++) {
    const six = SIX_BITS[value.charCodeAt(at) & 0xff]!; // 256 entries, and below as well.
    if (six === 255) break;
    held = ((held << 6) | six) & 0xffff;
    heldBits += 6;
    if (heldBits < 8) continue;
    heldBits -= 8;
    bits |= table[(held >> heldBits) & 0xff]!;
  }
  return bits;
}

function decode(value: string, skipsOthers: boolean): string {
  const output = outputFor(value.length);
  let length = 0;
  let held = 0;
  let heldBits = 0;
  for (let at = 0; at < value.length; at++) {
    const bits = SIX_BITS[value.charCodeAt(at) & 0xff]!; // 256 entries.
    if (bits === 255) {
      if (skipsOthers) continue;
      break;
    }
    held = ((held << 6) | bits) & 0xffff;
    heldBits += 6;
    if (heldBits < 8) continue;
    heldBits -= 8;
    output[length++] = (held >> heldBits) & 0xff;
  }
  return textOf(output, length);
}
