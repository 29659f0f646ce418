/**
 * Fuzz target: PROXY protocol headers of both versions. FUZZ_RUNS sets the number of runs a property.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { addressFromBytes, parseAddress } from '../../src/net/address.ts';
import type { Endpoint } from '../../src/net/address.ts';
import type { ProxyHeader, ProxyVersions } from '../../src/net/proxy-protocol/header.ts';
import { isUnixAddress, PROXY_LIMITS } from '../../src/net/proxy-protocol/header.ts';
import { readProxyHeader } from '../../src/net/proxy-protocol/read.ts';
import { describeTlv, readSslTlv } from '../../src/net/proxy-protocol/tlv.ts';
import { writeProxyV1 } from '../../src/net/proxy-protocol/v1.ts';
import { writeProxyV2 } from '../../src/net/proxy-protocol/v2-write.ts';
import { INET6_BLOCK, INET_BLOCK, tlvVector, unixBlock, v2Bytes } from '../support/proxy-vectors.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000);

const endpoint: fc.Arbitrary<Endpoint> = fc
  .tuple(
    fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
    fc.integer({ min: 0, max: 65_535 }),
  )
  .map(([bytes, port]) => ({ address: addressFromBytes(bytes), port }));

/** Valid headers, from which the hostile ones are made by changing bytes. */
const seeds: readonly Buffer[] = [
  Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n'),
  Buffer.from('PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1 65535\r\n'),
  Buffer.from('PROXY UNKNOWN 1 2 3\r\n'),
  v2Bytes(0x20, 0x00, Buffer.alloc(0)),
  v2Bytes(0x21, 0x11, INET_BLOCK),
  v2Bytes(0x21, 0x21, INET6_BLOCK),
  v2Bytes(0x21, 0x31, unixBlock('/a', '\0b')),
  v2Bytes(
    0x21,
    0x12,
    Buffer.concat([
      INET_BLOCK,
      tlvVector(2, 'a.example'),
      tlvVector(0x20, '\x01\0\0\0\0\x21\0\x01x'),
      tlvVector(5, 'id'),
    ]),
  ),
];

const change = fc.tuple(
  fc.nat(),
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom('set', 'insert', 'remove'),
);
const mutated = fc
  .tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 4 }), fc.uint8Array({ maxLength: 12 }))
  .map(([seed, changes, tail]) => Buffer.concat([changes.reduce(applyChange, seed), tail]));
/** The right beginning, then anything: whole bytes of the head are seldom right by chance. */
const begun = fc
  .tuple(
    fc.constantFrom('PROXY ', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n\x21\x11\0'),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]));
const input = fc.oneof(mutated, begun, fc.uint8Array({ maxLength: 200 }));
const versions = fc.constantFrom<ProxyVersions>('v1', 'v2', 'any');

suite('PROXY protocol fuzz', () => {
  test('any bytes give an answer that more bytes do not change, and no address that was not in them', () => {
    let okCount = 0;
    fc.assert(
      fc.property(input, versions, fc.nat(), (bytes, accepted, cut) => {
        const whole = readProxyHeader(bytes, accepted);
        const part = readProxyHeader(bytes.subarray(0, cut % (bytes.length + 1)), accepted);
        if (part.kind !== 'need') assert.deepEqual(part, whole);
        if (whole.kind === 'need') assert.ok(bytes.length < PROXY_LIMITS.headerBytesMax);
        if (whole.kind === 'bad') assert.match(whole.text, /^Cannot read the PROXY header: [ -~]+$/);
        if (whole.kind !== 'ok') return;
        okCount++;
        assert.ok(whole.end > 0 && whole.end <= bytes.length);
        assertGiven(whole.value, Buffer.from(bytes.subarray(0, whole.end)));
      }),
      { numRuns, seed: fuzzSeed },
    );
    assert.ok(okCount >= Math.floor(numRuns / 100), `only ${okCount} of ${numRuns} inputs were headers`);
  });

  test('version 1 reads back what it writes', () => {
    fc.assert(
      fc.property(endpoint, endpoint, (source, destination) => {
        const bytes = writeProxyV1({ source, destination });
        const answer = readProxyHeader(bytes, 'v1');
        assert.ok(answer.kind === 'ok');
        assert.deepEqual(
          [answer.value.source, answer.value.destination, answer.end],
          [source, destination, bytes.length],
        );
      }),
      { numRuns, seed: fuzzSeed },
    );
  });

  const unix = fc
    .string({ unit: fc.constantFrom('a', '/', '\xff', '.'), maxLength: 108 })
    .map((path) => ({ path }));
  const ends = fc.oneof(fc.tuple(endpoint, endpoint), fc.tuple(unix, unix));
  const custom = fc.record({
    type: fc.integer({ min: 0xe0, max: 0xf7 }),
    value: fc.uint8Array({ maxLength: 40 }),
  });
  const tlvs = fc.record(
    {
      alpn: fc.constantFrom('h2', 'http/1.1', ''),
      authority: fc.string({ unit: 'grapheme', maxLength: 40 }),
      uniqueId: fc.uint8Array({ maxLength: 128 }),
      custom: fc.array(custom, { maxLength: 5 }),
      crc32c: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  test('version 2 reads back what it writes', () => {
    fc.assert(
      fc.property(
        ends,
        tlvs,
        fc.constantFrom('stream', 'dgram'),
        ([source, destination], wanted, transport) => {
          const bytes = writeProxyV2({ command: 'proxy', transport, source, destination, tlvs: wanted });
          const answer = readProxyHeader(bytes, 'v2');
          assert.ok(answer.kind === 'ok', JSON.stringify(answer));
          const { value } = answer;
          assert.deepEqual(
            [value.source, value.destination, value.transport],
            [source, destination, transport],
          );
          const hex = (type: number): string | undefined => {
            const tlv = value.tlvs.find((one) => one.type === type);
            return tlv && Buffer.from(tlv.value).toString('hex');
          };
          const asHex = (bytesOrText: Uint8Array | string | undefined): string | undefined =>
            bytesOrText === undefined ? undefined : Buffer.from(bytesOrText as string).toString('hex');
          assert.equal(hex(1), asHex(wanted.alpn));
          assert.equal(hex(2), asHex(wanted.authority));
          assert.equal(hex(5), asHex(wanted.uniqueId));
          assert.equal(hex(3) !== undefined, wanted.crc32c === true);
          const kept = value.tlvs.filter((one) => one.type >= 0xe0);
          assert.deepEqual(
            kept,
            (wanted.custom ?? []).map(({ type, value: bytesOf }) => ({ type, value: bytesOf })),
          );
        },
      ),
      { numRuns, seed: fuzzSeed },
    );
  });
});

function applyChange(bytes: Buffer, [place, byte, kind]: readonly [number, number, string]): Buffer {
  const at = place % (bytes.length + 1);
  const rest = bytes.subarray(kind === 'insert' ? at : at + 1);
  return Buffer.concat([bytes.subarray(0, at), kind === 'remove' ? Buffer.alloc(0) : Buffer.of(byte), rest]);
}

/** Every address, path and TLV of a header stands in its bytes. */
function assertGiven(header: ProxyHeader, bytes: Buffer): void {
  for (const end of [header.source, header.destination]) {
    if (end === undefined) continue;
    if (isUnixAddress(end)) assert.ok(bytes.includes(Buffer.from(end.path, 'latin1')));
    else if (header.version === 2) assert.ok(bytes.includes(end.address.bytes));
    else {
      const fields = bytes.toString('latin1').trimEnd().split(' ');
      assert.ok(fields.some((field) => parseAddress(field)?.text === end.address.text));
      assert.ok(fields.includes(String(end.port)));
    }
  }
  for (const tlv of header.tlvs) {
    assert.ok(bytes.includes(tlv.value));
    assert.match(describeTlv(tlv), /^[ -~]*$/);
    if (tlv.type === 0x20) assert.ok(header.source === undefined || readSslTlv(tlv.value) !== undefined);
  }
}
