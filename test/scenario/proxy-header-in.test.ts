/**
 * The PROXY protocol from the side of clients: required from who is trusted to speak for others, never read from others.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { INET6_BLOCK, INET_BLOCK, tlvVector, v2Bytes } from '../support/proxy-vectors.ts';
import { answering } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';

const V1 = 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n';
const V2 = v2Bytes(0x21, 0x11, INET_BLOCK).toString('latin1');
const GET = request('GET /');

/** A server that tells the X-Forwarded-For of a request. */
function open(t: TestContext, identity: Settings, protocol: 'http' | 'tcp' = 'http'): Promise<World> {
  const server = answering((message) => response(200, valueOf(message, 'x-forwarded-for') ?? 'none'));
  return startWorld(t, { server, listener: { protocol, identity } });
}

const TRUSTED = { trust: ['127.0.0.0/8'], proxyProtocol: 'any' };

const ACCEPTED: readonly {
  readonly name: string;
  readonly header: string;
  readonly address: string;
  readonly by: string;
}[] = [
  { name: 'v1', header: V1, address: '192.0.2.1', by: 'proxy-v1' },
  {
    name: 'v1 with IPv6',
    header: 'PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n',
    address: '2001:db8::1',
    by: 'proxy-v1',
  },
  { name: 'v1 UNKNOWN', header: 'PROXY UNKNOWN\r\n', address: '127.0.0.1', by: 'proxy-local' },
  { name: 'v2', header: V2, address: '192.0.2.1', by: 'proxy-v2' },
  {
    name: 'v2 with IPv6',
    header: v2Bytes(0x21, 0x21, INET6_BLOCK).toString('latin1'),
    address: '2001:db8::1',
    by: 'proxy-v2',
  },
  {
    name: 'v2 with TLVs',
    header: v2Bytes(
      0x21,
      0x11,
      Buffer.concat([INET_BLOCK, tlvVector(0x05, 'unique'), tlvVector(0x02, 'host.example')]),
    ).toString('latin1'),
    address: '192.0.2.1',
    by: 'proxy-v2',
  },
  {
    name: 'v2 LOCAL',
    header: v2Bytes(0x20, 0x00, Buffer.alloc(0)).toString('latin1'),
    address: '127.0.0.1',
    by: 'proxy-local',
  },
];

for (const { name, header, address, by } of ACCEPTED) {
  test(`${name} names the client, in whatever pieces it comes`, async (t) => {
    const world = await open(t, TRUSTED);
    const all = Buffer.from(header + GET, 'latin1');
    const everywhere = Array.from({ length: all.length - 1 }, (_, index) => index + 1);
    for (const cuts of [[], everywhere, [header.length], [header.length - 1], [header.length + 1]]) {
      const client = await world.client();
      const sent = client.sendCut(all, cuts);
      assert.equal((await client.readResponse()).body.toString(), address);
      await sent;
      // It names the connection's client for all that follows.
      assert.equal((await client.exchange(GET)).body.toString(), address);
      client.close();
    }
    const record = await world.record(0);
    assert.equal(record.client.address, address);
    assert.equal(record.client.by, by);
    assert.equal(record.client.peerAddress, '127.0.0.1');
  });
}

const REFUSED: readonly { readonly name: string; readonly identity?: Settings; readonly sent: string }[] = [
  { name: 'no header but a request', sent: GET },
  { name: 'a malformed v1 line', sent: 'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n' },
  { name: 'a v1 line that is too long', sent: `PROXY UNKNOWN ${'x'.repeat(200)}` },
  { name: 'v2 of another version', sent: v2Bytes(0x31, 0x11, INET_BLOCK).toString('latin1') },
  { name: 'v1 where v2 is asked for', identity: { proxyProtocol: 'v2' }, sent: V1 },
  { name: 'v2 where v1 is asked for', identity: { proxyProtocol: 'v1' }, sent: V2 },
];

for (const { name, identity, sent } of REFUSED) {
  for (const protocol of ['http', 'tcp'] as const) {
    test(`a trusted peer of a ${protocol} listener is closed for ${name}`, async (t) => {
      const world = await open(t, { ...TRUSTED, ...identity }, protocol);
      const client = await world.client();
      client.send(sent);
      assert.equal((await client.readToEnd()).length, 0);
      assert.equal(world.server.connections.length, 0);
      const record = await world.record(0);
      assert.equal(record.end, 'proxy-header-bad');
      assert.equal(record.verdict, 'drop');
    });
  }
}

for (const [name, sent] of [
  ['says nothing', ''],
  ['says half of its header', V1.slice(0, 20)],
] as const) {
  test(`a trusted peer that ${name} is closed in time`, async (t) => {
    const world = await open(t, { ...TRUSTED, proxyHeaderTimeout: '100ms' });
    const client = await world.client();
    client.send(sent);
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal((await world.record(0)).end, 'proxy-header-missing');
  });

  test(`a trusted peer that ${name} and ends is closed at once`, async (t) => {
    const world = await open(t, TRUSTED);
    const client = await world.client();
    client.send(sent);
    client.end();
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal((await world.record(0)).end, 'proxy-header-missing');
  });
}

test('a header from a peer that is not trusted is not read but refused as a request', async (t) => {
  const world = await open(t, { trust: ['192.0.2.0/24'], proxyProtocol: 'any' });
  for (const header of [V1, V2]) {
    const client = await world.client();
    client.send(header + GET);
    assert.equal(statusOf(await client.readResponse()), 400);
  }
  const client = await world.client();
  assert.equal((await client.exchange(GET)).body.toString(), '127.0.0.1');
});

test('a header from a peer that is not trusted goes to a tcp server as it came', async (t) => {
  let seen = '';
  const world = await startWorld(t, {
    server: async (wire) => {
      seen = await wire.readUntil('\r\n');
      wire.send('ok');
    },
    listener: { protocol: 'tcp', identity: { trust: ['192.0.2.0/24'], proxyProtocol: 'any' } },
  });
  const client = await world.client();
  client.send(V1);
  await client.readBytes(2);
  assert.equal(seen, V1);
});

test('only some addresses of this host are trusted: each is treated as it is', async (t) => {
  const world = await open(t, { trust: ['127.0.0.2'], proxyProtocol: 'v1' });
  const trusted = await world.client('127.0.0.2');
  assert.equal((await trusted.exchange(V1 + GET)).body.toString(), '192.0.2.1');
  const other = await world.client('127.0.0.3');
  assert.equal((await other.exchange(GET)).body.toString(), '127.0.0.3');
});

test('a header and the bytes behind it in one packet: the server of a tcp listener gets the bytes', async (t) => {
  let seen = '';
  const world = await startWorld(t, {
    server: async (wire) => {
      seen = (await wire.readToEnd()).toString();
      wire.end();
    },
    listener: { protocol: 'tcp', identity: TRUSTED },
  });
  const client = await world.client();
  client.send(`${V1}payload`);
  client.end();
  await client.ended();
  assert.equal(seen, 'payload');
  assert.equal((await world.record(0)).client.address, '192.0.2.1');
});
