/**
 * Datagrams with PROXY headers: what is passed on, and what is not. Here the server sees an address of this host; that it
 * sees the client's is for test/network/udp.test.ts.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { DatagramOutcome } from '../../src/proxy/datagram-outcomes.ts';
import { DOWN } from '../../src/balance/server-table.ts';
import { hasDescriptors } from '../../src/linux/descriptor.ts';
import { Datagrams, local, proxied } from '../support/datagrams.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { INET_BLOCK, unixBlock, v2Bytes } from '../support/proxy-vectors.ts';
import { until } from '../support/wire.ts';
import { countsOf } from '../support/world.ts';
import type { Settings } from '../support/world.ts';

const skip = hasDescriptors() ? false : 'listeners of datagrams need Linux';

interface World {
  readonly proxy: TestProxy;
  readonly port: number;
  /** The proxy in front. */
  readonly front: Datagrams;
  /** Answers each datagram with its text in upper case. */
  readonly server: Datagrams;
  readonly outcomes: () => Partial<Record<DatagramOutcome, number>>;
}

async function open(
  t: TestContext,
  settings: {
    readonly udp?: Settings;
    readonly listener?: Settings;
    readonly pool?: Settings;
    readonly pools?: Settings;
  } = {},
): Promise<World> {
  const [front, server] = [
    await Datagrams.open(t, { host: '127.0.0.1' }),
    await Datagrams.open(t, { host: '127.0.0.1' }),
  ];
  server.onDatagram = (bytes, from) => server.send(bytes.toString('latin1').toUpperCase(), from.port);
  const proxy = await startProxy(
    JSON.stringify({
      listeners: {
        dns: {
          bind: '127.0.0.1:0',
          protocol: 'udp',
          pool: 'dns',
          identity: { trust: ['127.0.0.1'], proxyProtocol: 'v2' },
          udp: { idle: '10s', ...settings.udp },
          ...settings.listener,
        },
      },
      pools: { dns: { servers: [`127.0.0.1:${server.port}`], ...settings.pool }, ...settings.pools },
    }),
  );
  t.after(async () => {
    await proxy.close();
    assert.deepEqual(
      Object.values(countsOf(proxy)).filter((count) => count !== 0),
      [],
      'nothing is left',
    );
  });
  const total: Partial<Record<DatagramOutcome, number>> = {};
  return {
    proxy,
    port: proxy.port(),
    front,
    server,
    outcomes: () => {
      for (const [outcome, count] of proxy.plane.takeDatagrams().get('dns') ?? [])
        total[outcome] = (total[outcome] ?? 0) + count;
      return { ...total };
    },
  };
}

async function counted(world: World, outcome: DatagramOutcome, count: number): Promise<void> {
  await until(
    `${count} datagrams are counted as ${outcome}`,
    () => (world.outcomes()[outcome] ?? 0) >= count,
  );
  assert.equal(world.outcomes()[outcome], count);
}

test(
  'a datagram goes to the server without its header, and the answer back as it is',
  { skip },
  async (t) => {
    const { front, server, port, proxy, outcomes } = await open(t, { udp: { idle: '200ms' } });
    front.send(proxied('192.0.2.7:5000', 'ask'), port);
    assert.equal((await server.datagram(0)).text, 'ask');
    const answer = await front.datagram(0);
    assert.deepEqual([answer.text, answer.port], ['ASK', port]);
    const record = await proxy.record(0);
    assert.deepEqual(
      [
        record.protocol,
        record.client.address,
        record.client.port,
        record.client.by,
        record.pool,
        record.server,
        record.end,
      ],
      ['udp', '192.0.2.7', 5000, 'proxy-v2', 'dns', 's1', 'done'],
    );
    assert.deepEqual([record.bytesIn, record.bytesOut], [3, 3]);
    assert(record.times.firstByteMs >= 0);
    assert.deepEqual(outcomes(), { 'to-server': 1, 'to-client': 1 });
  },
);

test('each client is a flow with a port of its own, and keeps it', { skip }, async (t) => {
  const { front, server, port, proxy } = await open(t);
  const clients = ['192.0.2.7:5000', '192.0.2.7:5001', '[2001:db8::7]:5000'];
  for (const round of [0, 1]) {
    for (const [index, client] of clients.entries()) {
      front.send(proxied(client, `${index}`), port);
      await front.datagram(round * clients.length + index);
    }
  }
  const ports = server.received.map((one) => one.port);
  assert.equal(new Set(ports).size, 3);
  assert.deepEqual(ports.slice(0, 3), ports.slice(3));
  assert.equal(proxy.plane.host.counts.tunnels, 3);
  assert.equal(proxy.plane.listenerViews()[0]?.connections, 3);
});

test(
  'flows that begin while all servers are down go to the fallback, and the others stay',
  { skip },
  async (t) => {
    const spare = await Datagrams.open(t, { host: '127.0.0.1' });
    spare.onDatagram = (_bytes, from) => spare.send('spare', from.port);
    const { front, port, proxy } = await open(t, {
      udp: { idle: '1s' },
      pool: { fallback: 'spare' },
      pools: { spare: { servers: [`127.0.0.1:${spare.port}`] } },
    });
    const pool = proxy.plane.pools.get('pool dns');
    const row = pool?.servers[0]?.row;
    assert(pool !== undefined && row !== undefined);
    front.send(proxied('192.0.2.7:5000', 'one'), port);
    assert.equal((await front.datagram(0)).text, 'ONE');
    pool.table.setState(row, DOWN);
    front.send(proxied('192.0.2.7:5000', 'two'), port);
    assert.equal((await front.datagram(1)).text, 'TWO');
    front.send(proxied('192.0.2.7:5001', 'three'), port);
    assert.equal((await front.datagram(2)).text, 'spare');
    await proxy.record(1);
    assert.deepEqual(proxy.records.map((record) => `${record.poolMeant}>${record.pool}`).sort(), [
      '>dns',
      'dns>spare',
    ]);
  },
);

test('how long the first answer took is known where servers are chosen by that', { skip }, async (t) => {
  const { front, port, proxy } = await open(t, { pool: { balance: 'least-time' } });
  front.send(proxied('192.0.2.7:5000', 'ask'), port);
  await front.datagram(0);
  const pool = proxy.plane.pools.get('pool dns');
  assert((pool?.table.responseUs(pool.servers[0]?.row ?? 0) ?? 0) > 0);
});

test('LOCAL is the proxy in front itself', { skip }, async (t) => {
  const { front, port, proxy } = await open(t, { udp: { idle: '200ms' } });
  front.send(local('check'), port);
  assert.equal((await front.datagram(0)).text, 'CHECK');
  const { client } = await proxy.record(0);
  assert.deepEqual([client.address, client.port, client.by], ['127.0.0.1', front.port, 'proxy-local']);
});

test('an empty datagram is one', { skip }, async (t) => {
  const { front, server, port } = await open(t);
  front.send(proxied('192.0.2.7:5000', ''), port);
  assert.equal((await server.datagram(0)).text, '');
  assert.equal((await front.datagram(0)).text, '');
});

test('answers go to the port from which the client was heard last', { skip }, async (t) => {
  const { front, server, port } = await open(t);
  const other = await Datagrams.open(t, { host: '127.0.0.1' });
  server.onDatagram = () => {};
  front.send(proxied('192.0.2.7:5000', 'one'), port);
  other.send(proxied('192.0.2.7:5000', 'two'), await server.datagram(0).then(() => port));
  const { port: flow } = await server.datagram(1);
  server.send('answer', flow);
  assert.equal((await other.datagram(0)).text, 'answer');
  assert.equal(front.received.length, 0);
  assert.equal(server.received[0]?.port, flow, 'it is one flow');
});

const WHOLE = proxied('192.0.2.7:5000', 'payload');
const HEADER_BYTES = WHOLE.length - 'payload'.length;

test('a datagram that ends within its header is dropped, wherever it ends', { skip }, async (t) => {
  const world = await open(t);
  for (let length = 0; length < HEADER_BYTES; length++)
    world.front.send(WHOLE.subarray(0, length), world.port);
  world.front.send(WHOLE, world.port);
  assert.equal((await world.front.datagram(0)).text, 'PAYLOAD');
  // An empty datagram is one too: what has not come is no beginning of a header.
  await counted(world, 'proxy-header-bad', HEADER_BYTES);
  assert.equal(world.server.received.length, 1);
  assert.equal((await world.proxy.record(0)).end, 'proxy-header-bad');
});

const BAD: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['no header', Buffer.from('just a question')],
  ['a header of version 1', Buffer.from('PROXY UDP4 192.0.2.7 192.0.2.9 5000 53\r\nask')],
  ['a header of TCP', Buffer.concat([v2Bytes(0x21, 0x11, INET_BLOCK), Buffer.from('ask')])],
  [
    'a header of a UNIX socket',
    Buffer.concat([v2Bytes(0x21, 0x32, unixBlock('/a', '/b')), Buffer.from('ask')]),
  ],
  ['another version', Buffer.concat([v2Bytes(0x31, 0x12, INET_BLOCK), Buffer.from('ask')])],
  ['an unknown command', Buffer.concat([v2Bytes(0x22, 0x12, INET_BLOCK), Buffer.from('ask')])],
  ['addresses that are too short', Buffer.concat([v2Bytes(0x21, 0x22, INET_BLOCK), Buffer.from('ask')])],
  ['a client without a port', proxied('192.0.2.7:0', 'ask')],
  ['a payload in front of the header', Buffer.concat([Buffer.from('x'), WHOLE])],
];

for (const [what, bytes] of BAD) {
  test(`${what} is dropped, and nothing is answered`, { skip }, async (t) => {
    const world = await open(t);
    world.front.send(bytes, world.port);
    await counted(world, 'proxy-header-bad', 1);
    assert.equal(world.server.received.length, 0);
    assert.equal((await world.proxy.record(0)).client.address, '127.0.0.1');
    assert.equal(world.front.received.length, 0);
  });
}

test('who is not trusted is not heard, with or without a header', { skip }, async (t) => {
  const world = await open(t, { listener: { identity: { trust: ['192.0.2.1'], proxyProtocol: 'v2' } } });
  for (const bytes of [WHOLE, Buffer.from('question')]) world.front.send(bytes, world.port);
  await counted(world, 'peer-untrusted', 2);
  assert.equal(world.server.received.length, 0);
  assert.equal(world.proxy.records.length, 1, 'one line tells of both');
  assert.equal(world.proxy.records[0]?.end, 'peer-untrusted');
});

test('beyond the most flows, that which was used least recently ends', { skip }, async (t) => {
  const { front, port, proxy } = await open(t, { listener: { limits: { connections: 3 } } });
  const ask = async (client: number): Promise<void> => {
    const before = front.received.length;
    front.send(proxied(`192.0.2.${client}:5000`, `${client}`), port);
    await front.datagram(before);
  };
  for (const client of [1, 2, 3, 1, 4]) await ask(client);
  const { client, end } = await proxy.record(0);
  assert.deepEqual([client.address, end], ['192.0.2.2', 'flow-evicted']);
  assert.equal(proxy.plane.host.counts.tunnels, 3);
});

test('beyond the most flows of one client, its own end, and not those of others', { skip }, async (t) => {
  const { front, port, proxy } = await open(t, { udp: { flowsPerClient: 2 } });
  for (const [index, client] of ['192.0.2.1:1', '192.0.2.2:1', '192.0.2.2:2', '192.0.2.2:3'].entries()) {
    front.send(proxied(client, 'ask'), port);
    await front.datagram(index);
  }
  const { client, end } = await proxy.record(0);
  assert.deepEqual([client.address, client.port, end], ['192.0.2.2', 1, 'flow-evicted']);
  assert.equal(proxy.records.length, 1);
});

test('beyond the most new flows in a second, datagrams of those that are there pass', { skip }, async (t) => {
  const world = await open(t, { udp: { flowsPerSecond: 1 } });
  world.front.send(proxied('192.0.2.1:1', 'one'), world.port);
  await world.front.datagram(0);
  for (let client = 2; client < 40; client++)
    world.front.send(proxied(`192.0.2.${client}:1`, 'new'), world.port);
  world.front.send(proxied('192.0.2.1:1', 'again'), world.port);
  await until('the old flow has passed', () => world.front.received.some(({ text }) => text === 'AGAIN'));
  assert((world.outcomes()['flow-refused'] ?? 0) >= 30, JSON.stringify(world.outcomes()));
});

test('a datagram that is too long is dropped, either way', { skip }, async (t) => {
  const world = await open(t, { udp: { datagramBytes: '10' } });
  world.front.send(proxied('192.0.2.7:5000', 'x'.repeat(11)), world.port);
  await counted(world, 'too-long', 1);
  world.server.onDatagram = (_, from) => world.server.send('y'.repeat(11), from.port);
  world.front.send(proxied('192.0.2.7:5000', 'x'.repeat(10)), world.port);
  await counted(world, 'too-long', 2);
  assert.equal(world.server.received.length, 1);
  assert.equal(world.front.received.length, 0);
});

test(
  'a server where nobody listens ends the flow, and the next datagram begins another',
  { skip },
  async (t) => {
    const { front, server, port, proxy } = await open(t);
    server.socket.close();
    front.send(proxied('192.0.2.7:5000', 'one'), port);
    assert.equal((await proxy.record(0)).end, 'origin-connect-failed');
    front.send(proxied('192.0.2.7:5000', 'two'), port);
    assert.equal((await proxy.record(1)).end, 'origin-connect-failed');
  },
);

test('a pool in which every server has its most gets no new flow', { skip }, async (t) => {
  const world = await open(t, { pool: { maxConnections: 1 } });
  world.front.send(proxied('192.0.2.7:5000', 'one'), world.port);
  await world.front.datagram(0);
  world.front.send(proxied('192.0.2.8:5000', 'two'), world.port);
  await counted(world, 'flow-refused', 1);
  assert.equal((await world.proxy.record(0)).end, 'no-server');
});

test(
  'with a header on the first datagram alone, what follows from there is passed on as it is',
  { skip },
  async (t) => {
    const { front, server, port, proxy } = await open(t, { udp: { header: 'first' } });
    const datagrams = [proxied('192.0.2.7:5000', 'first'), 'second', proxied('192.0.2.8:5000', 'third')];
    for (const [index, bytes] of datagrams.entries()) {
      front.send(bytes, port);
      await server.datagram(index);
    }
    assert.equal(server.received[1]?.text, 'second');
    // A header is looked for where one is due, and nowhere else: a client could have written this one.
    assert.equal(server.received[2]?.text, datagrams[2]?.toString('latin1'));
    assert.equal(proxy.plane.host.counts.tunnels, 1);
    const other = await Datagrams.open(t, { host: '127.0.0.1' });
    other.send('no header', port);
    await until('it is refused', () => proxy.records.length > 0);
    assert.equal(proxy.records[0]?.end, 'proxy-header-bad');
  },
);

test('stopping ends every flow, and each has its line', { skip }, async (t) => {
  const { front, port, proxy } = await open(t);
  for (const [index, client] of ['192.0.2.1:1', '192.0.2.2:1'].entries()) {
    front.send(proxied(client, 'ask'), port);
    await front.datagram(index);
  }
  await proxy.plane.stop(0);
  assert.deepEqual(
    proxy.records.map(({ end }) => end),
    ['done', 'done'],
  );
});
