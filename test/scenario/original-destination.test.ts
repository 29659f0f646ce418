/** A pool that is the original destination: here as a PROXY header of a trusted peer names it (test/network has TPROXY). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request, response, statusOf } from '../support/message.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';

const IDENTITY = { trust: ['127.0.0.0/8'], proxyProtocol: 'v1' };

interface Parts {
  readonly protocol?: 'http' | 'tcp';
  readonly pool?: Settings;
  readonly onward?: Settings;
}

function open(t: TestContext, { protocol = 'http', pool = {}, onward = {} }: Parts = {}): Promise<World> {
  return startWorld(t, {
    server: answering(() => response(200, 'first')),
    listener: { protocol, identity: IDENTITY, pool: 'onward' },
    config: { pools: { onward: { originalDestination: { within: ['127.0.0.1'], ...onward }, ...pool } } },
  });
}

async function second(t: TestContext): Promise<ScriptedServer> {
  const server = await scriptedServer(answering(() => response(200, 'second')));
  t.after(() => server.close());
  return server;
}

/** The PROXY header of a client that wanted this address. */
function wanting(port: number, address = '127.0.0.1'): string {
  return `PROXY TCP4 192.0.2.7 ${address} 50000 ${port}\r\n`;
}

async function ask(
  world: World,
  header: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const client = await world.client();
  client.send(header);
  const message = await client.exchange(request('GET /'));
  client.close();
  return { status: statusOf(message), body: message.body.toString() };
}

test('each client gets to the address and port that it wanted', async (t) => {
  const other = await second(t);
  const world = await open(t);
  assert.equal((await ask(world, wanting(world.server.port))).body, 'first');
  assert.equal((await ask(world, wanting(other.port))).body, 'second');
  const { destination, pool, server, end } = await world.record(1);
  assert.deepEqual(
    { destination, pool, server, end },
    { destination: `127.0.0.1:${other.port}`, pool: 'onward', server: 'original-destination', end: 'done' },
  );
});

test('a kept connection serves who wants the same address, and nobody else', async (t) => {
  const other = await second(t);
  const world = await open(t);
  for (let round = 0; round < 3; round++) {
    assert.equal((await ask(world, wanting(world.server.port))).body, 'first');
    assert.equal((await ask(world, wanting(other.port))).body, 'second');
  }
  assert.equal(world.server.connections.length, 1);
  assert.equal(other.connections.length, 1);
});

test('an address that is not allowed is answered with 403, and the log says why', async (t) => {
  const world = await open(t);
  assert.equal((await ask(world, wanting(world.server.port, '127.0.0.2'))).status, 403);
  const { end, because, destination } = await world.record(0);
  assert.equal(end, 'destination-refused');
  assert.equal(because.code, 'destination-not-allowed');
  assert.equal(destination, `127.0.0.2:${world.server.port}`);
});

test('a client of which it is not known where it wanted to go is refused', async (t) => {
  const world = await open(t, { onward: { within: ['192.0.2.0/24'] } });
  // Without addresses, the only one that is known is ours.
  assert.equal((await ask(world, 'PROXY UNKNOWN\r\n')).status, 403);
  assert.equal((await world.record(0)).because.code, 'destination-not-allowed');
});

test('a destination that leads back here ends after one round', async (t) => {
  const world = await open(t, { pool: { proxyProtocol: 'v1' } });
  assert.equal((await ask(world, wanting(world.port))).status, 403);
  const inner = await world.record(0);
  assert.equal(inner.because.code, 'destination-loop');
  assert.equal((await world.record(1)).status, 403);
});

test('a destination that does not answer is tried again at the same address, and then 502', async (t) => {
  const gone = await second(t);
  await gone.close();
  const world = await open(t);
  assert.equal((await ask(world, wanting(gone.port))).status, 502);
  const { end, attempts } = await world.record(0);
  assert.equal(end, 'origin-connect-failed');
  assert.equal(attempts, 2);
  // What failed there says nothing about another one.
  assert.equal((await ask(world, wanting(world.server.port))).body, 'first');
});

test('with the most destinations in use, another one is answered with 503', async (t) => {
  const server = await scriptedServer(() => {});
  t.after(() => server.close());
  const world = await open(t, { onward: { max: 1 } });
  const waiting = await world.client();
  waiting.send(wanting(server.port) + request('GET /'));
  await server.connection(0);
  assert.equal((await ask(world, wanting(world.server.port))).status, 503);
  assert.equal((await world.record(0)).end, 'destinations-full');
});

test('with the most destinations kept, the one used least recently makes room', async (t) => {
  const other = await second(t);
  const world = await open(t, { onward: { max: 1 } });
  assert.equal((await ask(world, wanting(world.server.port))).body, 'first');
  assert.equal((await ask(world, wanting(other.port))).body, 'second');
  assert.equal((await ask(world, wanting(world.server.port))).body, 'first');
  assert.equal(world.server.connections.length, 2);
});

test('a tcp listener relays to where the client wanted, and resets what is not allowed', async (t) => {
  const world = await open(t, { protocol: 'tcp' });
  assert.equal((await ask(world, wanting(world.server.port))).body, 'first');
  const refused = await world.client();
  refused.send(wanting(world.server.port, '127.0.0.2'));
  assert.equal(await refused.ended(), 'reset');
  await world.idle();
  const records = [await world.record(0), await world.record(1)];
  const { because, destination } = records.find(({ end }) => end === 'destination-refused') ?? {};
  assert.equal(because?.code, 'destination-not-allowed');
  assert.equal(destination, `127.0.0.2:${world.server.port}`);
});

test('a tcp loop ends after one round', async (t) => {
  const world = await open(t, { protocol: 'tcp', pool: { proxyProtocol: 'v1' } });
  const client = await world.client();
  client.send(wanting(world.port));
  await client.ended();
  await world.idle();
  const codes = [await world.record(0), await world.record(1)].map(({ because }) => because.code);
  assert(codes.includes('destination-loop'), codes.join(' '));
});
