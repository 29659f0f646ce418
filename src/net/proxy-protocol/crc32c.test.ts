import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { crc32c } from './crc32c.ts';

suite('crc32c', () => {
  // The check value of the catalogue of CRCs, and RFC 3720 §B.4 (whose bytes are in wire order, low byte first).
  const rows: readonly (readonly [name: string, bytes: Uint8Array, sum: number])[] = [
    ['nothing', new Uint8Array(0), 0],
    ['"123456789"', Buffer.from('123456789'), 0xe306_9283],
    ['32 bytes of zeros', new Uint8Array(32), 0x8a91_36aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['32 rising bytes', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd_794e],
    ['32 falling bytes', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113f_db5c],
  ];
  for (const [name, bytes, sum] of rows) {
    test(`of ${name} is ${sum.toString(16)}`, () => assert.equal(crc32c(bytes), sum));
  }

  test('of each single byte is what division bit by bit gives', () => {
    for (let byte = 0; byte < 256; byte++) {
      let crc = 0xffff_ffff ^ byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
      assert.equal(crc32c(Uint8Array.of(byte)), (crc ^ 0xffff_ffff) >>> 0);
    }
  });
});
