/**
 * Byte tests that several transformations share.
 */

/** C's `isspace`: space, tab, line feed, vertical tab, form feed, carriage return. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** As isSpace, and the no-break space of latin1, which MySQL and browsers take for a space too. */
export function isSpaceOrNoBreak(byte: number): boolean {
  return isSpace(byte) || byte === 0xa0;
}

/** The value of each byte as a hexadecimal digit, -1 for bytes that are none. */
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte >= 0x41 && byte <= 0x46 ? byte + 32 : byte)),
);

/** The value of a hexadecimal digit, -1 for any other byte (and for NaN, which charCodeAt answers past the end). */
export function hexDigit(byte: number): number {
  return HEX_DIGITS[byte & 0xff]!; // 256 entries; NaN becomes 0, which is no digit.
}

/** The byte that two hexadecimal digits at `at` stand for, -1 when they are not both there. */
export function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return (high | low) < 0 ? -1 : high * 16 + low;
}

/** The number that four hexadecimal digits at `at` stand for, -1 when they are not all there. */
export function hexWord(text: string, at: number): number {
  const high = hexByte(text, at);
  const low = hexByte(text, at + 2);
  return (high | low) < 0 ? -1 : high * 256 + low;
}

/** U+FF01 to U+FF5E are the printable characters of ASCII in full width; many systems fold them back. */
export function foldFullWidth(code: number): number {
  return code >= 0xff01 && code <= 0xff5e ? code - 0xfee0 : code;
}
