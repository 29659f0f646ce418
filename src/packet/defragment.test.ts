import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { ipv4Bytes, ipv6Bytes } from '../../test/support/packets.ts';
import { Defragmenter } from './defragment.ts';
import { isFault } from './fault.ts';
import { readIpv4, readIpv6 } from './ip.ts';
import type { IpPacket } from './ip.ts';

interface Part {
  readonly at: number;
  readonly text: string;
  readonly last?: boolean;
  readonly id?: number;
}

function fragment(part: Part): IpPacket {
  const packet = readIpv4(
    ipv4Bytes({
      payload: Buffer.from(part.text),
      id: part.id ?? 1,
      offset: part.at,
      hasMore: part.last !== true,
    }),
    0,
  );
  assert.ok(!isFault(packet));
  return packet;
}

function together(parts: readonly Part[], defragmenter = new Defragmenter()): string | undefined {
  let whole: string | undefined;
  for (const part of parts) {
    const packet = defragmenter.add(fragment(part), 0);
    if (packet === undefined) continue;
    assert.ok(!isFault(packet) && whole === undefined);
    whole = Buffer.from(packet.payload).toString();
  }
  return whole;
}

const FIRST: Part = { at: 0, text: 'aaaaaaaa' };
const MIDDLE: Part = { at: 8, text: 'bbbbbbbb' };
const LAST: Part = { at: 16, text: 'cc', last: true };
const WHOLE = 'aaaaaaaabbbbbbbbcc';

suite('Defragmenter', () => {
  const rows: readonly (readonly [string, readonly Part[], string | undefined])[] = [
    ['puts fragments together in order', [FIRST, MIDDLE, LAST], WHOLE],
    ['puts them together backwards', [LAST, MIDDLE, FIRST], WHOLE],
    ['takes a repetition for what it is', [FIRST, FIRST, LAST, MIDDLE], WHOLE],
    ['waits for the middle', [FIRST, LAST], undefined],
    ['waits for the first', [MIDDLE, LAST], undefined],
    ['waits for the last', [FIRST, MIDDLE], undefined],
    ['keeps other packets apart', [FIRST, { ...MIDDLE, id: 2 }, LAST], undefined],
    ['drops a packet with an overlap', [FIRST, { at: 8, text: 'x'.repeat(16) }, MIDDLE, LAST], undefined],
    [
      'drops a packet with the same place and other bytes',
      [FIRST, { at: 0, text: 'AAAAAAAA' }, MIDDLE, LAST],
      undefined,
    ],
    ['stays with its decision', [FIRST, { at: 0, text: 'AAAAAAAA' }, FIRST, MIDDLE, LAST], undefined],
    ['drops a fragment within that is no multiple of 8', [{ at: 0, text: 'abc' }, MIDDLE, LAST], undefined],
    ['drops a packet with two ends', [FIRST, LAST, { at: 8, text: 'bb', last: true }, MIDDLE], undefined],
    ['drops what lies behind the end', [FIRST, MIDDLE, { at: 32, text: 'dddddddd' }, LAST], undefined],
    ['drops an empty fragment', [FIRST, { at: 8, text: '' }, MIDDLE, LAST], undefined],
    [
      'drops a packet beyond 65,535 bytes',
      [FIRST, { at: 65_528, text: 'x'.repeat(9), last: true }],
      undefined,
    ],
  ];
  for (const [name, parts, whole] of rows) test(name, () => assert.equal(together(parts), whole));

  test('lets go of a packet that waits for too long', () => {
    const defragmenter = new Defragmenter({ packets: 4, fragments: 4, waitMs: 1000 });
    defragmenter.add(fragment(FIRST), 0);
    defragmenter.add(fragment({ ...FIRST, id: 2 }), 900);
    assert.equal(defragmenter.add(fragment(MIDDLE), 1000), undefined);
    assert.equal(defragmenter.add(fragment(LAST), 1000), undefined);
    assert.equal(defragmenter.counts.expired, 1);
  });

  test('holds its bounds', () => {
    const defragmenter = new Defragmenter({ packets: 2, fragments: 2, waitMs: 1000 });
    for (const id of [1, 2, 3]) defragmenter.add(fragment({ ...FIRST, id }), 0);
    assert.equal(defragmenter.counts.tooMany, 1);
    assert.equal(
      together(
        [
          { ...MIDDLE, id: 1 },
          { ...LAST, id: 1 },
        ],
        defragmenter,
      ),
      undefined,
    );
    assert.equal(
      together(
        [
          { ...FIRST, id: 9 },
          { ...LAST, id: 9 },
          { ...MIDDLE, id: 9 },
        ],
        defragmenter,
      ),
      undefined,
    );
  });

  test('walks the rest of the chain of an IPv6 packet', () => {
    const defragmenter = new Defragmenter();
    const chain = Buffer.concat([Buffer.from('0600000000000000', 'hex'), Buffer.from('payload!')]);
    const pieces = [
      Buffer.concat([Buffer.from('3c00000100000005', 'hex'), chain.subarray(0, 8)]),
      Buffer.concat([Buffer.from('3c00000800000005', 'hex'), chain.subarray(8)]),
    ];
    const packets = pieces.map((piece) => readIpv6(ipv6Bytes(44, piece), 0));
    const [first, second] = packets;
    assert.ok(first !== undefined && !isFault(first) && second !== undefined && !isFault(second));
    assert.equal(defragmenter.add(first, 0), undefined);
    const whole = defragmenter.add(second, 0);
    assert.ok(whole !== undefined && !isFault(whole));
    assert.deepEqual([whole.protocol, Buffer.from(whole.payload).toString()], [6, 'payload!']);
  });
});
