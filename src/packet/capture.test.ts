import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import {
  blockBytes,
  interfaceBytes,
  packetBlockBytes,
  pcapBytes,
  sectionBytes,
} from '../../test/support/packets.ts';
import { CaptureReader, readCapture } from './capture.ts';
import { CAPTURE_LIMITS } from './pcap.ts';

const ONE = Buffer.from('one');
const TWO = Buffer.from('the second');

function told(bytes: Uint8Array): unknown[] {
  const { packets, isCut, fault } = readCapture(bytes);
  return [
    packets.map((packet) => [packet.linkType, packet.timeMs, Buffer.from(packet.bytes).toString('latin1')]),
    isCut,
    fault?.code,
  ];
}

const BOTH = [
  [1, 1500, 'one'],
  [1, 2500, 'the second'],
];

suite('readCapture', () => {
  for (const isLittleEndian of [true, false]) {
    for (const isNanoseconds of [true, false]) {
      const order = isLittleEndian ? 'little' : 'big';
      test(`reads pcap, ${order} endian, ${isNanoseconds ? 'ns' : 'µs'}`, () => {
        const bytes = pcapBytes([ONE, TWO], { isLittleEndian, isNanoseconds, linkType: 1 });
        assert.deepEqual(told(bytes), [BOTH, false, undefined]);
      });
    }
    test(`reads pcapng, ${isLittleEndian ? 'little' : 'big'} endian`, () => {
      const bytes = Buffer.concat([
        sectionBytes(isLittleEndian),
        interfaceBytes(1, isLittleEndian),
        blockBytes(5, Buffer.from('statistics are skipped'), isLittleEndian),
        packetBlockBytes(ONE, { time: 1_500_000, isLittleEndian }),
        packetBlockBytes(TWO, { time: 2_500_000, isLittleEndian }),
      ]);
      assert.deepEqual(told(bytes), [BOTH, false, undefined]);
    });
  }

  test('reads units of time of an interface, simple packets, and sections of another byte order', () => {
    const simple = Buffer.concat([Buffer.from([3, 0, 0, 0]), ONE]);
    const bytes = Buffer.concat([
      sectionBytes(true),
      interfaceBytes(101, true, 9),
      packetBlockBytes(ONE, { time: 4_000_000_000 }),
      interfaceBytes(1, true, 0x80 | 4),
      packetBlockBytes(TWO, { id: 1, time: 32 }),
      blockBytes(3, simple),
      sectionBytes(false),
      interfaceBytes(113, false),
      packetBlockBytes(ONE, { time: 7_000_000, isLittleEndian: false }),
    ]);
    assert.deepEqual(told(bytes), [
      [
        [101, 4000, 'one'],
        [1, 2000, 'the second'],
        [101, 0, 'one'],
        [113, 7000, 'one'],
      ],
      false,
      undefined,
    ]);
  });

  const ng = Buffer.concat([sectionBytes(), interfaceBytes(1)]);
  const refused: readonly (readonly [string, Uint8Array, string])[] = [
    ['no magic number', Buffer.from('GET / HTTP/1.1\r\n'), 'capture-unknown'],
    [
      'a packet longer than the bound',
      Buffer.concat([pcapBytes([]), Buffer.from('00000000000000000000ffff00000000', 'hex')]),
      'packet-long',
    ],
    ['a section of no byte order', blockBytes(0x0a0d0d0a, Buffer.alloc(16)), 'block-bad'],
    [
      'a block shorter than its head',
      Buffer.concat([ng, Buffer.from('0600000008000000', 'hex'), ONE, ONE]),
      'block-bad',
    ],
    [
      'a block with an odd length',
      Buffer.concat([ng, Buffer.from('060000000d000000', 'hex'), TWO]),
      'block-bad',
    ],
    [
      'a block beyond the bound',
      Buffer.concat([ng, Buffer.from('06000000fcffff7f', 'hex'), TWO]),
      'block-long',
    ],
    [
      'two lengths that differ',
      Buffer.concat([ng, Buffer.from('060000000c0000000d000000', 'hex')]),
      'block-bad',
    ],
    ['a packet block too short', Buffer.concat([ng, blockBytes(6, Buffer.alloc(16))]), 'block-bad'],
    ['an interface too short', Buffer.concat([sectionBytes(), blockBytes(1, Buffer.alloc(4))]), 'block-bad'],
    [
      'an interface never described',
      Buffer.concat([ng, packetBlockBytes(ONE, { id: 1 })]),
      'interface-unknown',
    ],
    [
      'a simple packet without interface',
      Buffer.concat([sectionBytes(), blockBytes(3, Buffer.alloc(8))]),
      'interface-unknown',
    ],
    [
      'a packet longer than its block',
      Buffer.concat([
        ng,
        blockBytes(6, Buffer.concat([Buffer.alloc(12), Buffer.from([9, 0, 0, 0]), Buffer.alloc(8)])),
      ]),
      'block-bad',
    ],
    [
      'more interfaces than the bound',
      Buffer.concat([
        sectionBytes(),
        ...Array.from({ length: CAPTURE_LIMITS.interfaces + 1 }, () => interfaceBytes(1)),
      ]),
      'interfaces-many',
    ],
  ];
  for (const [name, bytes, code] of refused) {
    test(`stops at ${name}`, () => {
      const { packets, fault } = readCapture(bytes);
      assert.equal(fault?.code, code);
      assert.match(fault.text, /^Cannot read .*[^.]$/);
      assert.equal(packets.length, 0);
    });
  }

  test('says that a capture is cut, and keeps what came before', () => {
    const whole = pcapBytes([ONE, TWO]);
    for (let end = 0; end < whole.length; end++) {
      const { packets, isCut, fault } = readCapture(whole.subarray(0, end));
      const isBetween = end === 24 || end === 24 + 16 + ONE.length;
      assert.deepEqual([isCut, fault], [!isBetween, undefined], `${end}`);
      assert.equal(packets.length, end < 24 + 16 + ONE.length ? 0 : 1);
    }
  });
});

suite('CaptureReader', () => {
  const captures = {
    pcap: pcapBytes([ONE, TWO]),
    pcapng: Buffer.concat([
      sectionBytes(),
      interfaceBytes(101),
      packetBlockBytes(ONE),
      blockBytes(5, TWO),
      packetBlockBytes(TWO),
    ]),
  };
  for (const [name, whole] of Object.entries(captures)) {
    test(`reads ${name} byte by byte`, () => {
      const reader = new CaptureReader();
      const found: string[] = [];
      let at = 0;
      for (let end = 0; end <= whole.length; end++) {
        const next = reader.next(whole.subarray(0, end), at);
        assert.notEqual(next.kind, 'bad');
        at = next.kind === 'ok' ? next.end : reader.position;
        if (next.kind === 'ok') found.push(Buffer.from(next.value.bytes).toString('latin1'));
      }
      assert.deepEqual(found, ['one', 'the second']);
      assert.equal(at, whole.length);
    });
  }
});
