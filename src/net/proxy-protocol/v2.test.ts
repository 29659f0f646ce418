import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import {
  INET6_BLOCK,
  INET_BLOCK,
  readEveryWay,
  tlvVector,
  unixBlock,
  v2Bytes,
} from '../../../test/support/proxy-vectors.ts';
import type { Read } from '../../base/read.ts';
import { formatEndpoint } from '../address.ts';
import { isUnixAddress, PROXY_LIMITS } from './header.ts';
import type { ProxyAddress, ProxyHeader } from './header.ts';
import { readProxyV2 } from './v2.ts';

const NOTHING = Buffer.alloc(0);
const UNIX_BLOCK = unixBlock('/run/a.sock', '/run/b.sock');
const BLOCKS = [NOTHING, INET_BLOCK, INET6_BLOCK, UNIX_BLOCK] as const;
const INET_ENDS = ['192.0.2.1:56324', '192.0.2.2:443'] as const;
const INET6_ENDS = ['[2001:db8::1]:56324', '[2001:db8::2]:443'] as const;
const UNIX_ENDS = ['unix:/run/a.sock', 'unix:/run/b.sock'] as const;
const NO_ENDS = ['', ''] as const;

/** Written by `192.0.2.1:56324` → `192.0.2.2:443` with a checksum computed apart from this code, bit by bit. */
const CHECKED = v2Bytes(0x21, 0x11, Buffer.concat([INET_BLOCK, tlvVector(3, '\0\0\0\0')]));
CHECKED.writeUInt32BE(slowCrc32c(CHECKED), CHECKED.length - 4);

type Row = readonly [name: string, bytes: Uint8Array, expected: Expected];
interface Expected {
  readonly command: 'proxy' | 'local';
  readonly transport: ProxyHeader['transport'];
  readonly ends: readonly [string, string];
  readonly tlvs?: readonly (readonly [type: number, value: string])[];
}

const VALID: readonly Row[] = [
  [
    'TCP over IPv4',
    v2Bytes(0x21, 0x11, INET_BLOCK),
    { command: 'proxy', transport: 'stream', ends: INET_ENDS },
  ],
  [
    'UDP over IPv4',
    v2Bytes(0x21, 0x12, INET_BLOCK),
    { command: 'proxy', transport: 'dgram', ends: INET_ENDS },
  ],
  [
    'TCP over IPv6',
    v2Bytes(0x21, 0x21, INET6_BLOCK),
    { command: 'proxy', transport: 'stream', ends: INET6_ENDS },
  ],
  [
    'UDP over IPv6',
    v2Bytes(0x21, 0x22, INET6_BLOCK),
    { command: 'proxy', transport: 'dgram', ends: INET6_ENDS },
  ],
  [
    'UNIX stream',
    v2Bytes(0x21, 0x31, UNIX_BLOCK),
    { command: 'proxy', transport: 'stream', ends: UNIX_ENDS },
  ],
  [
    'UNIX datagram',
    v2Bytes(0x21, 0x32, UNIX_BLOCK),
    { command: 'proxy', transport: 'dgram', ends: UNIX_ENDS },
  ],
  [
    'an unnamed UNIX socket and an abstract one',
    v2Bytes(0x21, 0x31, unixBlock('', '\0name')),
    { command: 'proxy', transport: 'stream', ends: ['unix:', 'unix:\0name'] },
  ],
  [
    'UNIX paths of all 108 bytes',
    v2Bytes(0x21, 0x31, unixBlock('a'.repeat(108), 'b'.repeat(108))),
    { command: 'proxy', transport: 'stream', ends: [`unix:${'a'.repeat(108)}`, `unix:${'b'.repeat(108)}`] },
  ],
  [
    'a UNIX path with bytes behind its NUL',
    v2Bytes(0x21, 0x31, unixBlock('/a\0junk', '/b')),
    { command: 'proxy', transport: 'stream', ends: ['unix:/a', 'unix:/b'] },
  ],
  ['UNSPEC', v2Bytes(0x21, 0x00, NOTHING), { command: 'proxy', transport: 'unspec', ends: NO_ENDS }],
  ['LOCAL', v2Bytes(0x20, 0x00, NOTHING), { command: 'local', transport: 'unspec', ends: NO_ENDS }],
  [
    'LOCAL with addresses, which do not count',
    v2Bytes(0x20, 0x11, INET_BLOCK),
    { command: 'local', transport: 'stream', ends: NO_ENDS },
  ],
  [
    'LOCAL of a family without its addresses',
    v2Bytes(0x20, 0x21, NOTHING),
    { command: 'local', transport: 'stream', ends: NO_ENDS },
  ],
  [
    'LOCAL with bytes that are no TLVs',
    v2Bytes(0x20, 0x00, Buffer.from('garbage')),
    { command: 'local', transport: 'unspec', ends: NO_ENDS },
  ],
  [
    'LOCAL with a TLV',
    v2Bytes(0x20, 0x00, tlvVector(4, 'pad')),
    { command: 'local', transport: 'unspec', ends: NO_ENDS, tlvs: [[4, 'pad']] },
  ],
  [
    'UNSPEC with bytes that are no TLVs',
    v2Bytes(0x21, 0x00, Buffer.from('address information')),
    { command: 'proxy', transport: 'unspec', ends: NO_ENDS },
  ],
  [
    'IPv4-mapped addresses, which become IPv4',
    v2Bytes(0x21, 0x21, mapped('c0000201', 'c0000202')),
    { command: 'proxy', transport: 'stream', ends: ['192.0.2.1:1', '192.0.2.2:2'] },
  ],
  [
    'every registered TLV in turn',
    v2Bytes(
      0x21,
      0x11,
      Buffer.concat([
        INET_BLOCK,
        tlvVector(1, 'h2'),
        tlvVector(2, 'example.org'),
        tlvVector(4, ''),
        tlvVector(4, '\0\0'),
        tlvVector(5, 'x'.repeat(128)),
        tlvVector(0x20, `\x07\0\0\0\0${tlvVector(0x21, 'TLSv1.3').toString('latin1')}`),
        tlvVector(0x30, 'ns1'),
        tlvVector(0xea, 'first'),
        tlvVector(0xea, 'second'),
      ]),
    ),
    {
      command: 'proxy',
      transport: 'stream',
      ends: INET_ENDS,
      tlvs: [
        [1, 'h2'],
        [2, 'example.org'],
        [4, ''],
        [4, '\0\0'],
        [5, 'x'.repeat(128)],
        [0x20, '\x07\0\0\0\0\x21\0\x07TLSv1.3'],
        [0x30, 'ns1'],
        [0xea, 'first'],
        [0xea, 'second'],
      ],
    },
  ],
  [
    'a right checksum',
    CHECKED,
    {
      command: 'proxy',
      transport: 'stream',
      ends: INET_ENDS,
      tlvs: [[3, CHECKED.subarray(-4).toString('latin1')]],
    },
  ],
];

const BAD: readonly (readonly [name: string, bytes: Uint8Array, code: string])[] = [
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'proxy-signature'],
  ['version 1', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'), 'proxy-signature'],
  ['two empty lines', Buffer.from('\r\n\r\nGET / HTTP/1.1\r\n'), 'proxy-signature'],
  ['version 1 in the binary form', v2Bytes(0x11, 0x11, INET_BLOCK), 'proxy-version'],
  ['version 3', v2Bytes(0x31, 0x11, INET_BLOCK), 'proxy-version'],
  ['command 2', v2Bytes(0x22, 0x11, INET_BLOCK), 'proxy-command'],
  ['family 4', v2Bytes(0x21, 0x41, INET_BLOCK), 'proxy-family'],
  ['family 4 for LOCAL', v2Bytes(0x20, 0x41, NOTHING), 'proxy-family'],
  ['transport 3', v2Bytes(0x21, 0x13, INET_BLOCK), 'proxy-transport'],
  ['transport 3 of no family', v2Bytes(0x21, 0x03, NOTHING), 'proxy-transport'],
  ['IPv4 without a transport', v2Bytes(0x21, 0x10, INET_BLOCK), 'proxy-transport'],
  ['IPv6 without a transport', v2Bytes(0x21, 0x20, INET6_BLOCK), 'proxy-transport'],
  ['UNIX without a transport', v2Bytes(0x21, 0x30, UNIX_BLOCK), 'proxy-transport'],
  ['IPv4 without a transport for LOCAL', v2Bytes(0x20, 0x10, NOTHING), 'proxy-transport'],
  ['IPv4 without addresses', v2Bytes(0x21, 0x11, NOTHING), 'proxy-address-length'],
  ['IPv4 with a byte too few', v2Bytes(0x21, 0x11, INET_BLOCK.subarray(1)), 'proxy-address-length'],
  ['IPv6 with the block of IPv4', v2Bytes(0x21, 0x21, INET_BLOCK), 'proxy-address-length'],
  ['IPv6 with a byte too few', v2Bytes(0x21, 0x21, INET6_BLOCK.subarray(1)), 'proxy-address-length'],
  ['UNIX with a byte too few', v2Bytes(0x21, 0x31, UNIX_BLOCK.subarray(1)), 'proxy-address-length'],
  ['one byte behind the addresses', withTlvs(Buffer.from([4])), 'proxy-tlv'],
  ['two bytes behind the addresses', withTlvs(Buffer.from([4, 0])), 'proxy-tlv'],
  ['a TLV that is longer than the header', withTlvs(Buffer.from([4, 0, 1])), 'proxy-tlv'],
  ['a TLV of 65535 bytes that are not there', withTlvs(Buffer.from([4, 0xff, 0xff])), 'proxy-tlv'],
  ['a second TLV that is cut', withTlvs(tlvVector(4, 'ok'), Buffer.from([4, 0, 2, 1])), 'proxy-tlv'],
  ['the block of IPv6 said to be IPv4', v2Bytes(0x21, 0x11, INET6_BLOCK), 'proxy-tlv'],
  ['a unique id of 129 bytes', withTlvs(tlvVector(5, 'x'.repeat(129))), 'proxy-tlv'],
  ['an empty checksum', withTlvs(tlvVector(3, '')), 'proxy-tlv'],
  ['a checksum of 3 bytes', withTlvs(tlvVector(3, 'abc')), 'proxy-tlv'],
  ['a checksum of 5 bytes', withTlvs(tlvVector(3, 'abcde')), 'proxy-tlv'],
  ['a checksum of zeros', withTlvs(tlvVector(3, '\0\0\0\0')), 'proxy-checksum'],
  ['a checksum with the bytes turned round', turned(CHECKED), 'proxy-checksum'],
  ['a wrong checksum for LOCAL', v2Bytes(0x20, 0x00, tlvVector(3, 'abcd')), 'proxy-checksum'],
  ['a wrong checksum for UNSPEC', v2Bytes(0x21, 0x00, tlvVector(3, 'abcd')), 'proxy-checksum'],
  ['two checksums', withTlvs(tlvVector(3, 'abcd'), tlvVector(3, 'abcd')), 'proxy-tlv-duplicate'],
  ['two unique ids', withTlvs(tlvVector(5, 'a'), tlvVector(5, 'a')), 'proxy-tlv-duplicate'],
  [
    'two authorities',
    withTlvs(tlvVector(2, 'a'), tlvVector(4, ''), tlvVector(2, 'b')),
    'proxy-tlv-duplicate',
  ],
  ['an SSL TLV of 4 bytes', withTlvs(tlvVector(0x20, '\x01\0\0\0')), 'proxy-tlv'],
  ['an SSL TLV with a cut TLV inside', withTlvs(tlvVector(0x20, '\x01\0\0\0\0\x21\0')), 'proxy-tlv'],
  ['an SSL TLV with a long TLV inside', withTlvs(tlvVector(0x20, '\x01\0\0\0\0\x21\0\x05abcd')), 'proxy-tlv'],
  [
    'an SSL TLV with two names inside',
    withTlvs(tlvVector(0x20, '\x01\0\0\0\0\x22\0\x01a\x22\0\x01b')),
    'proxy-tlv-duplicate',
  ],
  ['65 TLVs', withTlvs(...Array.from({ length: 65 }, () => tlvVector(4, ''))), 'proxy-tlv-count'],
  [
    '65 TLVs, 64 of them inside of the SSL TLV',
    withTlvs(tlvVector(0x20, `\x01\0\0\0\0${'\x04\0\0'.repeat(64)}`)),
    'proxy-tlv-count',
  ],
  ['a header of 4097 bytes', v2Bytes(0x21, 0x00, Buffer.alloc(4097 - 16)), 'proxy-length'],
  ['a header of 65551 bytes', v2Bytes(0x20, 0x00, Buffer.alloc(65_535)), 'proxy-length'],
];

suite('readProxyV2', () => {
  for (const [name, bytes, expected] of VALID) {
    test(`reads ${name}`, () => {
      const answer = readEveryWay(bytes, read);
      assert.ok(answer.kind === 'ok', JSON.stringify(answer));
      const { value, end } = answer;
      assert.equal(end, bytes.length);
      assert.deepEqual(
        [value.version, value.command, value.transport],
        [2, expected.command, expected.transport],
      );
      assert.deepEqual([print(value.source), print(value.destination)], expected.ends);
      const tlvs = value.tlvs.map((tlv) => [tlv.type, Buffer.from(tlv.value).toString('latin1')]);
      assert.deepEqual(tlvs, expected.tlvs ?? []);
    });
  }
  for (const [name, bytes, code] of BAD) {
    test(`refuses ${name}: ${code}`, () => {
      // The longest are cut at their first bytes only: what is decided there is decided.
      const answer = bytes.length > 5000 ? read(bytes) : readEveryWay(bytes, read);
      assert.ok(answer.kind === 'bad', answer.kind);
      assert.equal(answer.code, code);
      assert.match(answer.text, /^Cannot read the PROXY header: [ -~]+[^.]$/);
    });
  }

  test('takes 64 TLVs and a header of 4096 bytes', () => {
    assert.equal(read(withTlvs(...Array.from({ length: 64 }, () => tlvVector(4, '')))).kind, 'ok');
    assert.equal(read(v2Bytes(0x21, 0x00, Buffer.alloc(4096 - 16))).kind, 'ok');
  });

  test('refuses a header that is too long with its 16th byte, not after all of it has come', () => {
    const head = v2Bytes(0x21, 0x11, Buffer.alloc(5000)).subarray(0, 16);
    assert.equal(read(head.subarray(0, 15)).kind, 'need');
    assert.equal(read(head).kind, 'bad');
  });

  test('obeys the limits it is given', () => {
    const bytes = withTlvs(tlvVector(4, 'a'), tlvVector(4, 'b'));
    const answer = (headerBytesMax: number, tlvCountMax: number): string => {
      const given = readProxyV2(bytes, { headerBytesMax, tlvCountMax });
      return given.kind === 'bad' ? given.code : given.kind;
    };
    assert.equal(answer(bytes.length, 2), 'ok');
    assert.equal(answer(bytes.length - 1, 2), 'proxy-length');
    assert.equal(answer(bytes.length, 1), 'proxy-tlv-count');
  });

  test('judges all 256 values of each byte of the signature', () => {
    const good = v2Bytes(0x21, 0x11, INET_BLOCK);
    for (let place = 0; place < 12; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.from(good);
        bytes[place] = byte;
        const expected = byte === good[place] ? 'ok' : 'proxy-signature';
        assert.equal(codeOf(read(bytes)), expected);
        assert.equal(codeOf(read(bytes.subarray(0, place + 1))), expected === 'ok' ? 'need' : expected);
      }
    }
  });

  test('judges all 256 values of version and command', () => {
    for (let byte = 0; byte < 256; byte++) {
      const expected =
        byte === 0x20 || byte === 0x21 ? 'ok' : byte >> 4 === 2 ? 'proxy-command' : 'proxy-version';
      const bytes = v2Bytes(byte, 0x11, INET_BLOCK);
      assert.equal(codeOf(read(bytes)), expected, byte.toString(16));
      assert.equal(codeOf(read(bytes.subarray(0, 13))), expected === 'ok' ? 'need' : expected);
    }
  });

  test('judges all 256 values of family and transport, for PROXY and for LOCAL', () => {
    // 00, 01 and 02 name no family, so nobody gets an address from them.
    const known = [0x00, 0x01, 0x02, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32];
    for (let byte = 0; byte < 256; byte++) {
      const family = byte >> 4;
      const expected = known.includes(byte) ? 'ok' : family > 3 ? 'proxy-family' : 'proxy-transport';
      for (const command of [0x20, 0x21]) {
        const answer = read(v2Bytes(command, byte, BLOCKS[family] ?? UNIX_BLOCK));
        assert.equal(codeOf(answer), expected, byte.toString(16));
        if (answer.kind !== 'ok') continue;
        const hasAddresses = command === 0x21 && family > 0;
        assert.equal(answer.value.source !== undefined, hasAddresses);
        assert.equal(answer.value.destination !== undefined, hasAddresses);
      }
    }
  });

  test('reads every length against every family', () => {
    for (const [family, needed] of [0, 12, 36, 216].entries()) {
      for (let length = 0; length < 240; length++) {
        // Zeros behind the addresses are TLVs of type 0 without a value, three bytes each.
        const answer = read(v2Bytes(0x21, family === 0 ? 0 : (family << 4) | 1, Buffer.alloc(length)));
        const spare = length - needed;
        const expected =
          family === 0 ? 'ok' : spare < 0 ? 'proxy-address-length' : spare % 3 === 0 ? 'ok' : 'proxy-tlv';
        if (spare / 3 > PROXY_LIMITS.tlvCountMax) continue;
        assert.equal(codeOf(answer), expected, `family ${family}, ${length} bytes`);
      }
    }
  });

  test('keeps TLVs of all 256 types, but holds some to rules', () => {
    for (let type = 0; type < 256; type++) {
      const expected = type === 0x03 || type === 0x20 ? 'proxy-tlv' : 'ok';
      assert.equal(codeOf(read(withTlvs(tlvVector(type, 'x')))), expected, type.toString(16));
      const isSingle = [0x01, 0x02, 0x05, 0x21, 0x22, 0x23, 0x24, 0x25, 0x30].includes(type);
      const twice = codeOf(read(withTlvs(tlvVector(type, 'x'), tlvVector(type, 'x'))));
      const expectedTwice = isSingle || expected !== 'ok' ? 'proxy-tlv-duplicate' : 'ok';
      assert.equal(twice, expectedTwice, type.toString(16));
    }
  });

  test('finds every single flipped bit of a header with a checksum', () => {
    for (let bit = 0; bit < 8 * CHECKED.length; bit++) {
      const bytes = Buffer.from(CHECKED);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const answer = read(bytes);
      if (answer.kind !== 'ok') continue;
      // What is left: the checksum is no longer seen as one, because its type changed or the family takes its place.
      assert.ok(!answer.value.tlvs.some((tlv) => tlv.type === 3), `bit ${bit}`);
    }
  });

  test('keeps nothing of the bytes it was given', () => {
    const bytes = Buffer.from(withTlvs(tlvVector(2, 'example.org')));
    const answer = read(bytes);
    const before = JSON.stringify(answer);
    bytes.fill(0xee);
    assert.equal(JSON.stringify(answer), before);
  });
});

function read(input: Uint8Array): Read<ProxyHeader> {
  return readProxyV2(input, PROXY_LIMITS);
}

function codeOf(answer: Read<ProxyHeader>): string {
  return answer.kind === 'bad' ? answer.code : answer.kind;
}

function withTlvs(...tlvs: readonly Uint8Array[]): Buffer {
  return v2Bytes(0x21, 0x11, Buffer.concat([INET_BLOCK, ...tlvs]));
}

function mapped(source: string, destination: string): Buffer {
  const prefix = '00000000000000000000ffff';
  return Buffer.from(`${prefix}${source}${prefix}${destination}00010002`, 'hex');
}

/** The last four bytes in the other order. */
function turned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, -4), Buffer.from(bytes.subarray(-4)).reverse()]);
}

function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

function print(address: ProxyAddress | undefined): string {
  if (address === undefined) return '';
  return isUnixAddress(address) ? `unix:${address.path}` : formatEndpoint(address);
}
