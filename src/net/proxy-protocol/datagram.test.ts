import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  INET6_BLOCK,
  INET_BLOCK,
  tlvVector,
  unixBlock,
  v2Bytes,
} from '../../../test/support/proxy-vectors.ts';
import { readDatagramHeader } from './datagram.ts';

const PAYLOAD = Buffer.from('payload');
const NO_PORT = Buffer.from('c0000201c0000202000001bb', 'hex');

const GOOD: readonly (readonly [what: string, header: Buffer, source: string | undefined])[] = [
  ['a client of IPv4', v2Bytes(0x21, 0x12, INET_BLOCK), '192.0.2.1'],
  ['a client of IPv6', v2Bytes(0x21, 0x22, INET6_BLOCK), '2001:db8::1'],
  ['TLVs', v2Bytes(0x21, 0x12, Buffer.concat([INET_BLOCK, tlvVector(0x05, 'id')])), '192.0.2.1'],
  ['LOCAL', v2Bytes(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['LOCAL with addresses, which say nothing', v2Bytes(0x20, 0x12, INET_BLOCK), undefined],
  ['LOCAL of TCP, which says nothing either', v2Bytes(0x20, 0x11, INET_BLOCK), undefined],
  ['nobody', v2Bytes(0x21, 0x00, Buffer.alloc(0)), undefined],
];

for (const [what, header, source] of GOOD) {
  test(`a header with ${what} is read, and what is behind it is not`, () => {
    const read = readDatagramHeader(Buffer.concat([header, PAYLOAD]));
    assert(read.kind === 'ok');
    assert.equal(read.end, header.length);
    const named = read.header.source;
    assert.equal(named === undefined || 'path' in named ? undefined : named.address.text, source);
  });

  test(`a header with ${what} is bad wherever the datagram ends within it`, () => {
    for (let length = 0; length < header.length; length++)
      assert.equal(readDatagramHeader(header.subarray(0, length)).kind, 'bad', String(length));
  });
}

const BAD: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['of TCP', v2Bytes(0x21, 0x11, INET_BLOCK)],
  ['of TCP over IPv6', v2Bytes(0x21, 0x21, INET6_BLOCK)],
  ['of a UNIX datagram', v2Bytes(0x21, 0x32, unixBlock('/a', '/b'))],
  ['of a UNIX stream', v2Bytes(0x21, 0x31, unixBlock('/a', '/b'))],
  ['of a client without a port', v2Bytes(0x21, 0x12, NO_PORT)],
  ['with a length that is too short for its addresses', v2Bytes(0x21, 0x22, INET_BLOCK)],
  ['of version 1', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n')],
  ['that is none', Buffer.from('question')],
  ['behind the payload', Buffer.concat([PAYLOAD, v2Bytes(0x21, 0x12, INET_BLOCK)])],
  [
    'that is longer than is read',
    v2Bytes(0x21, 0x12, Buffer.concat([INET_BLOCK, tlvVector(0x04, 'x'.repeat(5000))])),
  ],
];

for (const [what, bytes] of BAD) {
  test(`a header ${what} is bad`, () => {
    const read = readDatagramHeader(Buffer.concat([bytes, PAYLOAD]));
    assert(read.kind === 'bad');
    assert.match(read.text, /^(?:Cannot read the PROXY header: |The datagram ends )[ -~]+[^.]$/);
  });
}
