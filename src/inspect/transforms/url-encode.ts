/**
 * `urlEncode`. Description: writes every byte but letters, digits and `*` as `%xx`, a space as `+`.
 * Example: `a b=c` becomes `a+b%3dc`.
 */
import { outputFor, textOf } from './scratch.ts';

const HEX = '0123456789abcdef';
const IS_KEPT = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9*]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

export function urlEncode(value: string): string {
  const output = outputFor(3 * value.length);
  let length = 0;
  let isChanged = false;
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at) & 0xff;
    if (IS_KEPT[byte] === 1) {
      output[length++] = byte;
      continue;
    }
    isChanged = true;
    if (byte === 0x20) {
      output[length++] = 0x2b;
      continue;
    }
    output[length++] = 0x25;
    output[length++] = HEX.charCodeAt(byte >> 4);
    output[length++] = HEX.charCodeAt(byte & 15);
  }
  return isChanged ? textOf(output, length) : value;
}
