/**
 * For tests: headers written out by hand after the specification, and the ways a stream can deliver bytes.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { Read } from '../../src/base/read.ts';

/** The signature of version 2, spelled out once more: a test must not take it from what it tests. */
const SIGNATURE = '0d0a0d0a000d0a515549540a';

/** A version 2 header: version and command, family and transport, then the rest; the length is computed. */
export function v2Bytes(versionCommand: number, familyTransport: number, rest: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(SIGNATURE, 'hex'),
    Buffer.of(versionCommand, familyTransport, rest.length >> 8, rest.length & 0xff),
    rest,
  ]);
}

export function tlvVector(type: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as string, 'latin1');
  return Buffer.concat([Buffer.of(type, bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** 192.0.2.1:56324 to 192.0.2.2:443. */
export const INET_BLOCK: Buffer = Buffer.from('c0000201c0000202dc0401bb', 'hex');

/** [2001:db8::1]:56324 to [2001:db8::2]:443. */
export const INET6_BLOCK: Buffer = Buffer.from(
  '20010db8000000000000000000000001' + '20010db8000000000000000000000002' + 'dc0401bb',
  'hex',
);

export function unixBlock(source: string, destination: string): Buffer {
  const block = Buffer.alloc(216);
  block.write(source, 0, 'latin1');
  block.write(destination, 108, 'latin1');
  return block;
}

/**
 * Reads `bytes` whole, byte by byte and cut at every place, and returns what the whole gave.
 *
 * Every beginning must answer `need`, or what the whole answers; once it is not `need` it must stay so. `ok` must not
 * come before its last byte, and bytes behind it must change nothing.
 */
export function readEveryWay<T>(bytes: Uint8Array, read: (input: Uint8Array) => Read<T>): Read<T> {
  const whole = read(bytes);
  let decided = false;
  for (let end = 0; end <= bytes.length; end++) {
    // A copy without anything behind it, and one in the middle of other bytes: offsets of the buffer must not matter.
    const inside = Buffer.alloc(end + 20, 0x31);
    inside.set(bytes.subarray(0, end), 10);
    const part = read(inside.subarray(10, 10 + end));
    assert.deepEqual(read(new Uint8Array(bytes.subarray(0, end))), part, `cut at ${end}`);
    if (part.kind === 'need') {
      assert.ok(!decided, `need at ${end} after an answer`);
      continue;
    }
    if (part.kind === 'ok') assert.ok(end >= part.end, `ok at ${end} before its end ${part.end}`);
    decided = true;
    assert.deepEqual(part, whole, `cut at ${end}`);
  }
  if (whole.kind === 'ok') {
    const followed = Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n\r\n')]);
    assert.deepEqual(read(followed), whole, 'with bytes behind it');
  }
  return whole;
}
