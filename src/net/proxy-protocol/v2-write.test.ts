import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import {
  INET6_BLOCK,
  INET_BLOCK,
  tlvVector,
  unixBlock,
  v2Bytes,
} from '../../../test/support/proxy-vectors.ts';
import { parseEndpoint } from '../address.ts';
import type { Endpoint } from '../address.ts';
import type { ProxyHeader } from './header.ts';
import { readProxyHeader } from './read.ts';
import { writeProxyV2 } from './v2-write.ts';
import type { ProxyV2Content } from './v2-write.ts';

const V4 = { source: endpoint('192.0.2.1:56324'), destination: endpoint('192.0.2.2:443') };
const V6 = { source: endpoint('[2001:db8::1]:56324'), destination: endpoint('[2001:db8::2]:443') };

const ROWS: readonly (readonly [name: string, content: ProxyV2Content, bytes: Uint8Array])[] = [
  ['IPv4', { command: 'proxy', ...V4 }, v2Bytes(0x21, 0x11, INET_BLOCK)],
  ['IPv4 datagrams', { command: 'proxy', transport: 'dgram', ...V4 }, v2Bytes(0x21, 0x12, INET_BLOCK)],
  ['IPv6', { command: 'proxy', ...V6 }, v2Bytes(0x21, 0x21, INET6_BLOCK)],
  [
    'an IPv4 client of an IPv6 destination as IPv6',
    { command: 'proxy', source: V4.source, destination: V6.destination },
    v2Bytes(
      0x21,
      0x21,
      Buffer.concat([Buffer.from('00000000000000000000ffffc0000201', 'hex'), INET6_BLOCK.subarray(16)]),
    ),
  ],
  [
    'UNIX',
    { command: 'proxy', source: { path: '/a' }, destination: { path: '\0b' } },
    v2Bytes(0x21, 0x31, unixBlock('/a', '\0b')),
  ],
  ['LOCAL', { command: 'local' }, v2Bytes(0x20, 0x00, Buffer.alloc(0))],
  [
    'LOCAL without the addresses it was given',
    { command: 'local', ...V4 },
    v2Bytes(0x20, 0x00, Buffer.alloc(0)),
  ],
  ['PROXY of nobody', { command: 'proxy' }, v2Bytes(0x21, 0x00, Buffer.alloc(0))],
  [
    'a UNIX client of an IPv4 destination as UNSPEC',
    { command: 'proxy', source: { path: '/a' }, destination: V4.destination },
    v2Bytes(0x21, 0x00, Buffer.alloc(0)),
  ],
  [
    'TLVs in a fixed order',
    {
      command: 'proxy',
      ...V4,
      tlvs: {
        custom: [{ type: 0xea, value: Buffer.from('c') }],
        uniqueId: 'id',
        authority: 'example.org',
        alpn: 'h2',
      },
    },
    v2Bytes(
      0x21,
      0x11,
      Buffer.concat([
        INET_BLOCK,
        tlvVector(1, 'h2'),
        tlvVector(2, 'example.org'),
        tlvVector(5, 'id'),
        tlvVector(0xea, 'c'),
      ]),
    ),
  ],
];

suite('writeProxyV2', () => {
  for (const [name, content, bytes] of ROWS) {
    test(`writes ${name}`, () => {
      const written = writeProxyV2(content);
      assert.equal(Buffer.from(written).toString('hex'), Buffer.from(bytes).toString('hex'));
      assert.equal(readBack(written).command, content.command);
    });
  }

  test('writes a checksum that covers everything', () => {
    const tlvs = {
      crc32c: true,
      uniqueId: Uint8Array.of(0, 255),
      custom: [{ type: 0xf7, value: Buffer.from('z') }],
    };
    for (const content of [
      { command: 'proxy', ...V4, tlvs },
      { command: 'local', tlvs },
    ] as const) {
      const written = writeProxyV2(content);
      const types = readBack(written).tlvs.map((tlv) => tlv.type);
      assert.deepEqual(types, [5, 0xf7, 3]);
      for (let index = 0; index < written.length; index++) {
        const changed = Buffer.from(written);
        changed[index] = (changed[index] ?? 0) ^ 0x80;
        const answer = readProxyHeader(changed, 'v2');
        if (answer.kind === 'ok') assert.ok(!answer.value.tlvs.some((tlv) => tlv.type === 3), String(index));
      }
    }
  });

  test('writes text of an authority as UTF-8', () => {
    const value = readBack(writeProxyV2({ command: 'local', tlvs: { authority: 'bücher.example' } })).tlvs[0]
      ?.value;
    assert.equal(Buffer.from(value ?? []).toString('utf8'), 'bücher.example');
  });

  const refused: readonly (readonly [name: string, content: ProxyV2Content])[] = [
    ['a unique id of 129 bytes', { command: 'local', tlvs: { uniqueId: new Uint8Array(129) } }],
    ['more than 65535 bytes', { command: 'local', tlvs: { authority: 'x'.repeat(65_533) } }],
    [
      'a UNIX path of 109 bytes',
      { command: 'proxy', source: { path: 'x'.repeat(109) }, destination: { path: '' } },
    ],
    [
      'a registered type as a custom one',
      { command: 'local', tlvs: { custom: [{ type: 3, value: Buffer.alloc(4) }] } },
    ],
    [
      'type DF as a custom one',
      { command: 'local', tlvs: { custom: [{ type: 0xdf, value: Buffer.alloc(0) }] } },
    ],
    [
      'type F8 as a custom one',
      { command: 'local', tlvs: { custom: [{ type: 0xf8, value: Buffer.alloc(0) }] } },
    ],
  ];
  for (const [name, content] of refused) {
    test(`refuses to write ${name}`, () => assert.throws(() => writeProxyV2(content), RangeError));
  }
});

function readBack(bytes: Uint8Array): ProxyHeader {
  const answer = readProxyHeader(bytes, 'any');
  assert.ok(answer.kind === 'ok', JSON.stringify(answer));
  assert.equal(answer.end, bytes.length);
  return answer.value;
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  assert.ok(parsed, text);
  return parsed;
}
