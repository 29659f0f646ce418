/**
 * The PROXY protocol towards servers: each connection names one client, and carries the requests of that client alone.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { readProxyHeader } from '../../src/net/proxy-protocol/read.ts';
import type { ProxyHeader } from '../../src/net/proxy-protocol/header.ts';
import { request, response } from '../support/message.ts';
import type { Script } from '../support/scripted-server.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';

/** Answers each request with the PROXY v1 line that its connection began with. */
const tellsLine: Script = async (wire) => {
  const line = (await wire.readUntil('\r\n')).trim();
  while ((await wire.readRequest()) !== undefined) wire.send(response(200, line));
};

/** Reads a v2 header: its fixed part says how long it is. */
async function readV2(wire: Wire): Promise<ProxyHeader> {
  const fixed = await wire.readBytes(16);
  const rest = await wire.readBytes(fixed.readUInt16BE(14));
  const read = readProxyHeader(Buffer.concat([fixed, rest]), 'v2');
  assert(read.kind === 'ok');
  return read.value;
}

test('requests of several clients on one connection of a trusted proxy go out on connections of their own', async (t) => {
  const world = await startWorld(t, {
    server: tellsLine,
    listener: { identity: { trust: ['127.0.0.0/8'], clientHeader: 'x-forwarded-for' } },
    pool: { proxyProtocol: 'v1' },
  });
  const client = await world.client();
  const ask = async (address: string): Promise<string> =>
    (await client.exchange(request('GET /', `X-Forwarded-For: ${address}\r\n`))).body.toString();
  assert.match(await ask('192.0.2.1'), /^PROXY TCP4 192\.0\.2\.1 127\.0\.0\.1 0 /);
  assert.match(await ask('192.0.2.2'), /^PROXY TCP4 192\.0\.2\.2 127\.0\.0\.1 0 /);
  assert.match(await ask('192.0.2.2'), /^PROXY TCP4 192\.0\.2\.2 /);
  assert.equal(world.server.connections.length, 2);
});

test('each client has its own connection, used again for its next request and closed with it', async (t) => {
  const world = await startWorld(t, { server: tellsLine, pool: { proxyProtocol: 'v1' } });
  const one = await world.client();
  const other = await world.client();
  for (const client of [one, other, one, other]) {
    const answer = await client.exchange(request('GET /'));
    assert.equal(answer.body.toString(), `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.port} ${world.port}`);
  }
  assert.equal(world.server.connections.length, 2);
  one.close();
  // In order, it would keep its port for a minute.
  assert.equal(await (await world.server.connection(0)).ended(), 'reset');
});

test('a kept connection that the server closes is replaced by one that names the client again', async (t) => {
  const world = await startWorld(t, {
    server: async (wire) => {
      const line = (await wire.readUntil('\r\n')).trim();
      await wire.expectRequest();
      wire.send(response(200, line));
      wire.end();
    },
    pool: { proxyProtocol: 'v1' },
  });
  const client = await world.client();
  const first = await client.exchange(request('GET /'));
  await (await world.server.connection(0)).ended();
  const second = await client.exchange(request('POST /'));
  assert.equal(second.body.toString(), first.body.toString());
});

test('v2 carries what it is asked to carry', async (t) => {
  let header: ProxyHeader | undefined;
  const world = await startWorld(t, {
    server: async (wire) => {
      header = await readV2(wire);
      while ((await wire.readRequest()) !== undefined) wire.send(response(200));
    },
    pool: { proxyProtocol: 'v2', proxyProtocolTlvs: ['unique-id', 'authority', 'crc32c'] },
  });
  const client = await world.client();
  await client.exchange('GET / HTTP/1.1\r\nHost: App.Example:8080\r\n\r\n');
  assert(header !== undefined);
  assert.equal(header.version, 2);
  const text = new Map(header.tlvs.map(({ type, value }) => [type, Buffer.from(value).toString('latin1')]));
  assert.equal(text.get(0x05), (await world.record(0)).id);
  assert.equal(text.get(0x02), 'app.example');
  assert(text.has(0x03));
});

for (const version of ['v1', 'v2'] as const) {
  test(`${version} goes in front of the bytes of a tcp listener, with the client of its own PROXY header`, async (t) => {
    let seen = '';
    const world = await startWorld(t, {
      server: async (wire) => {
        if (version === 'v1') seen = (await wire.readUntil('\r\n')).trim();
        else {
          const { source, destination } = await readV2(wire);
          seen = JSON.stringify([source, destination], (key, value: unknown) =>
            key === 'address' ? (value as { text: string }).text : value,
          );
        }
        wire.send(await wire.readBytes(7));
      },
      listener: { protocol: 'tcp', identity: { trust: ['127.0.0.1'], proxyProtocol: 'v1' } },
      pool: { proxyProtocol: version },
    });
    const client = await world.client();
    client.send('PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\npayload');
    assert.equal((await client.readBytes(7)).toString(), 'payload');
    assert.equal(
      seen,
      version === 'v1'
        ? 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443'
        : '[{"address":"192.0.2.1","port":56324},{"address":"192.0.2.2","port":443}]',
    );
  });
}

test('v2 in front of a tcp connection carries the id that is in its record', async (t) => {
  let header: ProxyHeader | undefined;
  const world = await startWorld(t, {
    server: async (wire) => {
      header = await readV2(wire);
      wire.send('ok');
    },
    listener: { protocol: 'tcp' },
    pool: { proxyProtocol: 'v2', proxyProtocolTlvs: ['unique-id', 'crc32c'] },
  });
  const client = await world.client();
  await client.readBytes(2);
  client.close();
  const { id } = await world.record(0);
  assert.equal(Buffer.from(header?.tlvs.find(({ type }) => type === 0x05)?.value ?? []).toString(), id);
});

test('a client without an address is not named', async (t) => {
  const world = await startWorld(t, {
    server: tellsLine,
    listener: { identity: { trust: ['127.0.0.1'], proxyProtocol: 'v1' } },
    pool: { proxyProtocol: 'v1' },
  });
  const client = await world.client();
  const answer = await client.exchange(`PROXY UNKNOWN\r\n${request('GET /')}`, 'GET');
  // Who sends UNKNOWN speaks for itself, and its own address is known.
  assert.equal(answer.body.toString(), `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.port} ${world.port}`);
});
