import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import {
  CLIENT_ADDRESS,
  SERVER_ADDRESS,
  ipv4Bytes,
  segmentBytes,
  tcpBytes,
} from '../../test/support/packets.ts';
import { LINK_RAW } from './frame.ts';
import { Replay, REPLAY_LIMITS } from './replay.ts';
import type { ReplayLimits } from './replay.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from './tcp.ts';
import type { TcpConnection, TcpEndpoint } from './tcp-connections.ts';

interface Seen {
  client: number;
  fromClient: string;
  fromServer: string;
  isWhole: boolean | undefined;
}

function replay(
  packets: readonly Uint8Array[],
  limits: ReplayLimits = REPLAY_LIMITS,
): { seen: Seen[]; counts: Replay['counts'] } {
  const seen: Seen[] = [];
  const player = new Replay(
    {
      open(client: TcpEndpoint) {
        const one: Seen = { client: client.port, fromClient: '', fromServer: '', isWhole: undefined };
        seen.push(one);
        const sink = (side: 'fromClient' | 'fromServer') => ({
          data: (bytes: Uint8Array): void => {
            one[side] += Buffer.from(bytes).toString('latin1');
          },
          gap: (bytes: number): void => {
            one[side] += `<${bytes}>`;
          },
        });
        return { fromClient: sink('fromClient'), fromServer: sink('fromServer') };
      },
      close(connection: TcpConnection) {
        const one = seen.find(
          (candidate) => candidate.client === connection.client.port && candidate.isWhole === undefined,
        );
        assert.ok(one !== undefined);
        one.isWhole = connection.isWhole;
      },
    },
    limits,
  );
  for (const bytes of packets) {
    player.add({ linkType: LINK_RAW, timeMs: 0, bytes, wireBytes: bytes.length });
  }
  player.end();
  return { seen, counts: player.counts };
}

const PORTS = { sourcePort: 40_000, destinationPort: 80 };
const fromClient = (sequence: number, payload: string, flags: number = TCP_ACK): Buffer =>
  segmentBytes({ ...PORTS, sequence, payload, flags });
const fromServer = (sequence: number, payload: string, flags: number = TCP_ACK): Buffer =>
  segmentBytes({
    source: SERVER_ADDRESS,
    destination: CLIENT_ADDRESS,
    sourcePort: 80,
    destinationPort: 40_000,
    sequence,
    payload,
    flags,
  });
const SYN = fromClient(99, '', TCP_SYN);
const SYN_ACK = fromServer(499, '', TCP_SYN | TCP_ACK);

suite('Replay', () => {
  const whole: Seen = { client: 40_000, fromClient: 'GET', fromServer: 'OK', isWhole: true };
  const rows: readonly (readonly [string, readonly Uint8Array[], readonly Seen[]])[] = [
    [
      'takes a connection from SYN to FIN',
      [SYN, SYN_ACK, fromClient(100, 'GET', TCP_FIN), fromServer(500, 'OK', TCP_FIN)],
      [whole],
    ],
    [
      'takes bytes that come with the SYN',
      [fromClient(99, 'GE', TCP_SYN), SYN_ACK, fromClient(102, 'T'), fromServer(500, 'OK')],
      [whole],
    ],
    [
      'takes a repeated SYN for the same connection',
      [SYN, SYN, SYN_ACK, fromClient(100, 'GET'), fromServer(500, 'OK')],
      [whole],
    ],
    [
      'ends at a reset, and begins again',
      [
        SYN,
        fromClient(100, 'one'),
        fromServer(500, '', TCP_RST),
        fromClient(9000, '', TCP_SYN),
        fromClient(9001, 'two'),
      ],
      [
        { ...whole, fromClient: 'one', fromServer: '' },
        { ...whole, fromClient: 'two', fromServer: '' },
      ],
    ],
    [
      'begins again when the ports are used again',
      [SYN, fromClient(100, 'one'), fromClient(7000, '', TCP_SYN), fromClient(7001, 'two')],
      [
        { ...whole, fromClient: 'one', fromServer: '' },
        { ...whole, fromClient: 'two', fromServer: '' },
      ],
    ],
    [
      'knows the client by SYN and ACK of the server',
      [SYN_ACK, fromClient(100, 'GET'), fromServer(500, 'OK')],
      [{ ...whole, isWhole: false }],
    ],
    [
      'knows it by its port in the middle',
      [fromServer(500, 'OK'), fromClient(100, 'GET')],
      [{ ...whole, isWhole: false }],
    ],
    ['opens nothing for what has no bytes', [fromClient(100, ''), fromClient(100, '', TCP_FIN)], []],
    [
      'tells what is missing',
      [SYN, fromClient(104, 'late')],
      [{ ...whole, fromClient: '<4>late', fromServer: '' }],
    ],
  ];
  for (const [name, packets, seen] of rows) test(name, () => assert.deepEqual(replay(packets).seen, seen));

  test('puts fragments together first', () => {
    const payload = tcpBytes({ ...PORTS, sequence: 100, payload: 'fragmented' });
    const packets = [
      SYN,
      ipv4Bytes({ payload: payload.subarray(24), offset: 24, id: 3 }),
      ipv4Bytes({ payload: payload.subarray(0, 24), id: 3, hasMore: true }),
    ];
    const { seen, counts } = replay(packets);
    assert.equal(seen[0]?.fromClient, 'fragmented');
    assert.equal(counts.fragments, 1);
  });

  test('counts what it skips', () => {
    const packets = [
      Buffer.alloc(0),
      Buffer.from([0x50]),
      ipv4Bytes({ protocol: 17, payload: Buffer.alloc(8) }),
      ipv4Bytes({ payload: Buffer.alloc(4) }),
      SYN,
    ];
    const { counts } = replay(packets);
    assert.deepEqual([counts.packets, counts.tcp, counts.other], [5, 1, 1]);
    assert.deepEqual(
      [...counts.faults],
      [
        ['cut', 2],
        ['version-bad', 1],
      ],
    );
  });

  test('makes room for new connections', () => {
    const limits = { ...REPLAY_LIMITS, tcp: { ...REPLAY_LIMITS.tcp, connections: 2 } };
    const packets = [1, 2, 3].map((port) =>
      segmentBytes({ ...PORTS, sourcePort: 50_000 + port, sequence: 1, payload: `${port}` }),
    );
    const { seen } = replay(
      [...packets, segmentBytes({ ...PORTS, sourcePort: 50_002, sequence: 2, payload: '!' })],
      limits,
    );
    assert.deepEqual(
      seen.map((one) => one.fromClient),
      ['1', '2!', '3'],
    );
  });
});
