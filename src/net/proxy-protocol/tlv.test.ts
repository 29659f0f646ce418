import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { tlvVector } from '../../../test/support/proxy-vectors.ts';
import { describeTlv, findTlv, readSslTlv, readTlvs } from './tlv.ts';

suite('describeTlv', () => {
  const rows: readonly (readonly [type: number, value: string, text: string])[] = [
    [0x01, 'h2', 'alpn "h2"'],
    [0x02, 'example.org', 'authority "example.org"'],
    [0x02, '', 'authority ""'],
    [0x02, 'a"\r\n\x1b[31m\xff', 'authority "a\\x22\\x0d\\x0a\\x1b[31m\\xff"'],
    [0x02, 'x'.repeat(65), `authority "${'x'.repeat(64)}"...`],
    [0x05, '\0\xff', 'unique-id 00ff'],
    [0xea, 'x'.repeat(65), `0xea ${'78'.repeat(64)}...`],
    [0x07, '', '0x07 '],
  ];
  for (const [type, value, text] of rows) {
    test(`shows ${text.slice(0, 40)}`, () => {
      assert.equal(describeTlv({ type, value: Buffer.from(value, 'latin1') }), text);
    });
  }
});

suite('readSslTlv', () => {
  test('gives the flags, the result of the verification and the TLVs inside', () => {
    const value = Buffer.concat([
      Buffer.from('0700000102', 'hex'),
      tlvVector(0x21, 'TLSv1.3'),
      tlvVector(0x22, 'me'),
    ]);
    const ssl = readSslTlv(value);
    assert.ok(ssl);
    assert.deepEqual([ssl.client, ssl.verify], [7, 0x102]);
    assert.deepEqual(
      ssl.tlvs.map((tlv) => describeTlv(tlv)),
      ['ssl-version "TLSv1.3"', 'ssl-cn "me"'],
    );
  });
  for (const hex of ['', '07', '07000000', '070000000021', '07000000002100', '0700000000210001']) {
    test(`refuses ${hex === '' ? 'nothing' : hex}`, () =>
      assert.equal(readSslTlv(Buffer.from(hex, 'hex')), undefined));
  }
});

test('findTlv gives the value of the first TLV of a type, or nothing', () => {
  const tlvs = readTlvs(Buffer.concat([tlvVector(4, 'a'), tlvVector(4, 'b')]), 9);
  assert.ok(!('kind' in tlvs));
  assert.equal(Buffer.from(findTlv(tlvs, 4) ?? []).toString(), 'a');
  assert.equal(findTlv(tlvs, 5), undefined);
});
