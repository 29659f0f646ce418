/** Fuzz target: headers of datagrams. FUZZ_RUNS sets the number of runs a property. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDatagramHeader } from '../../src/net/proxy-protocol/datagram.ts';
import { INET6_BLOCK, INET_BLOCK, tlvVector, v2Bytes } from '../support/proxy-vectors.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000);

const SEEDS = [
  v2Bytes(0x21, 0x12, INET_BLOCK),
  v2Bytes(0x21, 0x22, Buffer.concat([INET6_BLOCK, tlvVector(0x05, 'unique')])),
  v2Bytes(0x20, 0x00, Buffer.alloc(0)),
].map((header) => Buffer.concat([header, Buffer.from('payload')]));

/** A good datagram with some bytes changed, cut somewhere. */
const hostile = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
    fc.nat(120),
  )
  .map(([seed, changes, end]) => {
    const bytes = Buffer.from(seed);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes.subarray(0, end);
  });

test('whatever a datagram is, it has a header that lies within it and names whom an answer can reach, or none', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      const read = readDatagramHeader(bytes);
      if (read.kind === 'bad') {
        assert.match(read.text, /^[ -~]+$/);
        return;
      }
      const { header, end } = read;
      assert(end >= 16 && end <= bytes.length);
      if (header.source === undefined) return;
      assert(!('path' in header.source) && header.source.port > 0);
      assert.equal(header.transport, 'dgram');
      // What is behind the header changes nothing, and one byte less of it is none.
      assert.deepEqual(readDatagramHeader(Buffer.concat([bytes, Buffer.from('more')])), read);
      assert.equal(readDatagramHeader(bytes.subarray(0, end - 1)).kind, 'bad');
    }),
    { numRuns, seed: fuzzSeed },
  );
});
