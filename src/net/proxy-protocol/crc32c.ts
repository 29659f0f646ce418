/**
 * CRC32C (Castagnoli, polynomial 1EDC6F41 reflected), the checksum of PROXY protocol version 2 (§2.2.3, RFC 4960
 * Appendix B). Four bits a step: a header is small and seldom carries a checksum, so 16 numbers to check by eye are
 * worth more here than a table of 256.
 */
const NIBBLES: readonly number[] = [
  0x0000_0000, 0x105e_c76f, 0x20bd_8ede, 0x30e3_49b1, 0x417b_1dbc, 0x5125_dad3, 0x61c6_9362, 0x7198_540d,
  0x82f6_3b78, 0x92a8_fc17, 0xa24b_b5a6, 0xb215_72c9, 0xc38d_26c4, 0xd3d3_e1ab, 0xe330_a81a, 0xf36e_6f75,
];

/** The checksum as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    // In range: an index is four bits.
    crc = (crc >>> 4) ^ NIBBLES[crc & 15]!;
    crc = (crc >>> 4) ^ NIBBLES[crc & 15]!;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
