/**
 * Rules of Snort on `tcp` listeners: bytes that complete a match never arrive, in whatever pieces they come; the deceived
 * go on at the decoy with all that they sent, or are cut off when the server has had something.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { makeStreamInspector } from '../../src/inspect/snort/inspect-stream.ts';
import type { StreamInspector } from '../../src/inspect/snort/inspect-stream.ts';
import { compileSnort } from '../../src/inspect/snort/snort-inspector.ts';
import type { SnortSettings } from '../../src/inspect/snort/snort-inspector.ts';
import type { Script } from '../support/scripted-server.ts';
import { until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { World, WorldOptions } from '../support/world.ts';

const RULES = `alert tcp any any -> any any (msg:"Evil"; flow:to_server; content:"evil word"; sid:1;)
drop tcp any any -> any any (msg:"Leak"; flow:to_client; content:"the secret"; sid:2;)
alert tcp any any -> any any (msg:"No end"; flow:to_server; content:"hello"; content:!"bye"; sid:3;)
`;

function streamsOf(settings: Partial<SnortSettings> = {}): StreamInspector {
  const compiled = compileSnort([{ name: 'test.rules', text: RULES }]);
  assert(compiled.kind === 'ok');
  return makeStreamInspector(compiled.plan, { mode: 'on', onBlock: 'drop', ...settings });
}

/** Says what it is, and then everything back. */
function echoOf(name: string): Script {
  return async (wire) => {
    let before = `${name}:`;
    wire.socket.on('data', (bytes: Buffer) => {
      wire.send(before + bytes.toString('latin1'));
      before = '';
    });
    await wire.ended().catch(() => {});
    wire.end();
  };
}

function inspectedWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  return startWorld(t, {
    server: echoOf('server'),
    decoy: echoOf('decoy'),
    streams: streamsOf(),
    ...options,
    listener: { protocol: 'tcp', decoy: 'trap', ...options.listener },
  });
}

test('what no rule matches passes both ways, and there is no hit', async (t) => {
  const world = await inspectedWorld(t);
  const client = await world.client();
  client.send('hello, bye');
  client.end();
  assert.equal((await client.readToEnd()).toString(), 'server:hello, bye');
  const record = await world.record(0);
  assert.deepEqual([record.verdict, record.hits.length, record.end], ['continue', 0, 'done']);
});

test('an attack that opens the connection goes to the decoy with it, and the client is marked', async (t) => {
  const world = await inspectedWorld(t);
  const client = await world.client();
  client.send('an evil word');
  assert.equal(await client.readUntil('word'), 'decoy:an evil word');
  client.send(', and the secret');
  assert.equal(await client.readUntil('secret'), ', and the secret', 'the decoy is not inspected');
  client.end();
  await client.readToEnd();
  const record = await world.record(0);
  assert.deepEqual([record.verdict, record.pool, record.because.code], ['deceive', 'trap', 'rule-snort-1']);
  assert.deepEqual(
    record.hits.map(({ rule }) => rule),
    ['snort-1'],
  );
  const next = await world.client();
  next.send('x');
  assert.equal(await next.readUntil('x'), 'decoy:x', 'a marked client goes there at once');
  next.close();
  assert.equal((await world.record(1)).because.code, 'marked');
});

const ATTACK = 'an evil word';

for (let cut = 1; cut < ATTACK.length; cut++) {
  test(`an attack cut behind byte ${cut} does not arrive whole`, async (t) => {
    let seen = '';
    const world = await inspectedWorld(t, {
      server: async (wire) => {
        wire.socket.on('data', (bytes: Buffer) => (seen += bytes.toString('latin1')));
        await wire.ended().catch(() => {});
      },
    });
    const client = await world.client();
    client.send(ATTACK.slice(0, cut));
    await until('it has come', () => seen.length >= cut);
    assert.equal(seen, ATTACK.slice(0, cut), 'what matches nothing yet passes at once');
    client.send(ATTACK.slice(cut));
    await client.readToEnd().catch(() => {});
    const record = await world.record(0);
    assert.deepEqual([record.verdict, record.end, record.hits[0]?.rule], ['drop', 'done', 'snort-1']);
    assert.equal(seen, ATTACK.slice(0, cut), 'the bytes that complete the match do not');
    assert.notEqual(world.proxy.plane.attackers.isMarked('127.0.0.1'), undefined);
  });
}

test('what a server must not say does not reach the client', async (t) => {
  const world = await inspectedWorld(t, {
    server: async (wire) => {
      wire.send('welcome\n');
      await wire.readBytes(2);
      wire.send('this is the secret\n');
      await wire.ended().catch(() => {});
    },
  });
  const client = await world.client();
  assert.equal(await client.readUntil('\n'), 'welcome\n');
  client.send('go');
  const rest = await client.readToEnd().catch(() => '');
  assert.equal(rest.toString(), '');
  const record = await world.record(0);
  assert.deepEqual([record.verdict, record.end, record.hits[0]?.rule], ['drop', 'done', 'snort-2']);
  assert.equal(world.proxy.plane.attackers.isMarked('127.0.0.1'), undefined, 'the client did nothing');
});

test('a rule about what is not there speaks at the end, for the record', async (t) => {
  const world = await inspectedWorld(t, {
    server: async (wire) => {
      await wire.ended();
      wire.end();
    },
  });
  const client = await world.client();
  client.send('hello');
  client.end();
  await client.readToEnd();
  const record = await world.record(0);
  assert.deepEqual([record.verdict, record.hits[0]?.rule], ['continue', 'snort-3']);
});

test('or when the other side speaks, which nobody hears then', async (t) => {
  const world = await inspectedWorld(t);
  const client = await world.client();
  client.send('hello');
  assert.equal((await client.readToEnd().catch(() => '')).toString(), '');
  assert.equal((await world.record(0)).end, 'done');
});

test('without a decoy the deceived are cut off', async (t) => {
  const world = await startWorld(t, {
    server: echoOf('server'),
    streams: streamsOf(),
    listener: { protocol: 'tcp' },
  });
  const client = await world.client();
  client.send(ATTACK);
  assert.equal((await client.readToEnd().catch(() => '')).toString(), '');
  assert.equal((await world.record(0)).end, 'done');
});

test('a listener that only detects passes everything, and records', async (t) => {
  const world = await inspectedWorld(t, { streams: streamsOf({ mode: 'detect' }) });
  const client = await world.client();
  client.send(ATTACK);
  assert.equal(await client.readUntil('word'), `server:${ATTACK}`);
  client.end();
  await client.readToEnd();
  const record = await world.record(0);
  assert.deepEqual([record.verdict, record.hits[0]?.rule], ['continue', 'snort-1']);
});
