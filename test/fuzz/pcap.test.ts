/**
 * Fuzz target: captures, packets, fragments and segments. FUZZ_RUNS sets the number of runs a property.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { CaptureReader, readCapture } from '../../src/packet/capture.ts';
import { Reassembler } from '../../src/packet/reassemble.ts';
import { Replay } from '../../src/packet/replay.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../src/packet/tcp.ts';
import { mutate, pick, randomCuts } from '../support/fuzz.ts';
import {
  blockBytes,
  ethernetBytes,
  interfaceBytes,
  ipv4Bytes,
  ipv6Bytes,
  packetBlockBytes,
  pcapBytes,
  sectionBytes,
  segmentBytes,
  tcpBytes,
} from '../support/packets.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2000);
const SEGMENT = tcpBytes({ sourcePort: 4000, destinationPort: 80, sequence: 100, payload: 'GET / HTTP/1.1' });
const PACKETS: readonly Uint8Array[] = [
  segmentBytes({ sourcePort: 4000, destinationPort: 80, sequence: 99, flags: TCP_SYN }),
  ipv4Bytes({ payload: SEGMENT.subarray(0, 24), hasMore: true }),
  ipv4Bytes({ payload: SEGMENT.subarray(24), offset: 24 }),
  ipv6Bytes(0, Buffer.concat([Buffer.from('0600000000000000', 'hex'), SEGMENT])),
  ipv6Bytes(44, Buffer.concat([Buffer.from('0600000100000007', 'hex'), SEGMENT.subarray(0, 24)])),
];
const FRAMES = PACKETS.map((packet) => ethernetBytes(packet[0] === 0x45 ? 0x0800 : 0x86dd, packet, [7]));
const SEEDS: readonly string[] = [
  pcapBytes(PACKETS),
  pcapBytes(FRAMES, { isLittleEndian: false, isNanoseconds: true, linkType: 1 }),
  Buffer.concat([
    sectionBytes(),
    interfaceBytes(101),
    blockBytes(4, Buffer.from('names')),
    ...PACKETS.map((packet) => packetBlockBytes(packet)),
  ]),
].map((bytes) => bytes.toString('latin1'));
const FRAGMENTS: readonly string[] = [
  '\0\0\0\0',
  '\xff\xff\xff\xff',
  '\x0a\x0d\x0d\x0a',
  '\x45\0',
  '\x81\0',
  '\0\0\0\x06',
];

suite('captures', () => {
  test('reading and replaying never throws, and gives the same however the bytes arrive', () => {
    const random = seededRandom(fuzzSeed + 5);
    for (let run = 0; run < numRuns; run++) {
      const bytes = Buffer.from(mutate(random, SEEDS, FRAGMENTS), 'latin1');
      const { packets, fault } = readCapture(bytes);
      const total = packets.reduce((sum, packet) => sum + packet.bytes.length, 0);
      assert.ok(total <= bytes.length);
      assert.ok(fault === undefined || fault.text.startsWith('Cannot read'));
      assert.deepEqual(inPieces(bytes, randomCuts(random, bytes.length)), [packets.length, fault?.code]);
      const player = new Replay(quiet);
      for (const packet of packets) player.add(packet);
      player.end();
      const skipped = [...player.counts.faults.values()].reduce((sum, count) => sum + count, 0);
      const { tcp, other, fragments } = player.counts;
      assert.equal(tcp + other + fragments + skipped, packets.length);
    }
  });

  test('TCP comes out as it was sent, whatever order and cuts it arrives in', () => {
    const random = seededRandom(fuzzSeed + 6);
    for (let run = 0; run < numRuns; run++) {
      const text = Buffer.from(Array.from({ length: 1 + random(200) }, () => random(256)));
      const cuts = [0, ...randomCuts(random, text.length), text.length];
      const base = pick(random, [0, 1000, 0xffffff80]);
      const segments = cuts.slice(1).map((end, index) => {
        const start = Math.max(0, cuts[index]! - random(9)); // One longer than the slice.
        return { start, bytes: text.subarray(start, end) };
      });
      let seen = '';
      const reassembler = new Reassembler({
        data: (bytes) => (seen += Buffer.from(bytes).toString('latin1')),
        gap: () => assert.fail('nothing is missing'),
      });
      reassembler.open(base);
      for (const segment of shuffled(random, [...segments, ...segments.slice(random(segments.length))])) {
        reassembler.push((base + segment.start) >>> 0, segment.bytes);
      }
      reassembler.skipGaps();
      assert.equal(seen, text.toString('latin1'));
      assert.equal(reassembler.conflicts, 0);
    }
  });

  test('segments of any numbers and flags never throw and hold the bounds', () => {
    const random = seededRandom(fuzzSeed + 7);
    const flags = [TCP_ACK, TCP_SYN, TCP_SYN | TCP_ACK, TCP_FIN, TCP_RST, 0, 0xff];
    const player = new Replay(quiet);
    for (let run = 0; run < numRuns * 5; run++) {
      const isClient = random(2) === 0;
      const bytes = segmentBytes({
        sourcePort: isClient ? 4000 + random(3) : 80,
        destinationPort: isClient ? 80 : 4000 + random(3),
        sequence: pick(random, [random(64), random(2 ** 31) * 2, 0xffffffff]),
        flags: pick(random, flags),
        payload: 'x'.repeat(random(40)),
      });
      player.add({ linkType: 101, timeMs: run, bytes, wireBytes: bytes.length });
    }
    player.end();
    assert.equal(player.counts.tcp, numRuns * 5);
  });
});

const quiet = {
  open: () => {
    const sink = { data: (): void => undefined, gap: (bytes: number) => assert.ok(bytes > 0) };
    return { fromClient: sink, fromServer: sink };
  },
  close: (): void => undefined,
};

function inPieces(bytes: Buffer, cuts: readonly number[]): [number, string | undefined] {
  const reader = new CaptureReader();
  let count = 0;
  let at = 0;
  for (const end of [...cuts, bytes.length]) {
    for (;;) {
      const next = reader.next(bytes.subarray(0, end), at);
      if (next.kind === 'bad') return [count, next.code];
      at = next.kind === 'ok' ? next.end : reader.position;
      if (next.kind === 'need') break;
      count++;
    }
  }
  return [count, undefined];
}

function shuffled<T>(random: (bound: number) => number, items: readonly T[]): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = random(at + 1);
    [copy[at], copy[other]] = [copy[other]!, copy[at]!]; // Both within the array.
  }
  return copy;
}
