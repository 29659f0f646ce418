/**
 * UTF-8 written byte by byte.
 */

/**
 * Writes a code point at `at`, at most four bytes, and answers where the next one goes. What is no Unicode scalar value
 * becomes U+FFFD, as in every decoder of UTF-8.
 */
export function writeCodePoint(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = 0x80 | (code & 0x3f);
    return at + 2;
  }
  const scalar = (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff ? 0xfffd : code;
  if (scalar < 0x10000) {
    bytes[at] = 0xe0 | (scalar >> 12);
    bytes[at + 1] = 0x80 | ((scalar >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (scalar & 0x3f);
    return at + 3;
  }
  bytes[at] = 0xf0 | (scalar >> 18);
  bytes[at + 1] = 0x80 | ((scalar >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((scalar >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (scalar & 0x3f);
  return at + 4;
}
