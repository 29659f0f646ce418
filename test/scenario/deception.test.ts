/**
 * The decoy: what the rules hit never reaches a real server, the decoy answers on the same connection, and the attacker
 * stays with it until the mark ends.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { needleInspector } from '../support/inspector.ts';
import type { NeedleInspector, Needles } from '../support/inspector.ts';
import { chunked, request, response, statusOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { answering } from '../support/scripted-server.ts';
import { pause, until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';

interface Scene extends World {
  readonly inspector: NeedleInspector;
  /** What the real server and the decoy were asked. */
  readonly asked: { readonly real: Message[]; readonly decoy: Message[] };
}

/** A real server and a decoy that say who they are. */
async function stage(
  t: TestContext,
  needles: Needles,
  listener: Settings = {},
  config: Settings = {},
): Promise<Scene> {
  const inspector = needleInspector(needles);
  const asked = { real: [] as Message[], decoy: [] as Message[] };
  const world = await startWorld(t, {
    inspector,
    server: answering((message) => {
      asked.real.push(message);
      return response(200, 'real');
    }),
    decoy: answering((message) => {
      asked.decoy.push(message);
      return response(200, 'decoy');
    }),
    listener: { decoy: 'trap', ...listener },
    config,
  });
  return Object.assign(world, { inspector, asked });
}

const ATTACK = request('GET /?q=attack');
const CLEAN = request('GET /clean');

test('an attack is answered by the decoy, and the client stays there on every connection', async (t) => {
  const scene = await stage(t, { head: 'attack' });
  const client = await scene.client();
  assert.equal((await client.exchange(CLEAN)).body.toString(), 'real');
  assert.equal((await client.exchange(ATTACK)).body.toString(), 'decoy');
  const before = scene.server.received;
  assert.equal((await client.exchange(CLEAN)).body.toString(), 'decoy');
  const other = await scene.client();
  assert.equal((await other.exchange(CLEAN)).body.toString(), 'decoy');
  assert.equal(scene.server.received, before);
  // Whoever is marked is not inspected any more.
  assert.deepEqual(scene.inspector.shown, [
    'head GET /clean',
    'body 0',
    'response 200',
    'response body 0',
    'head GET /?q=attack',
  ]);
  const records = scene.proxy.records;
  assert.deepEqual(
    records.map(({ verdict, pool, because }) => `${verdict} ${pool} ${because.code}`),
    ['continue app ', 'deceive trap rule-hit', 'deceive trap marked', 'deceive trap marked'],
  );
  assert.deepEqual(
    records.map(({ hits }) => hits.length),
    [0, 1, 0, 0],
  );
  const [mark] = scene.proxy.plane.attackers.list();
  assert.equal(mark?.address, '127.0.0.1');
  assert.equal(mark.cause.rule, '100');
  assert.equal(mark.cause.exchange, records[1]?.id);
  assert.equal(mark.visits, 2);
});

test('the decoy sees the whole request with the same headers as a server would', async (t) => {
  const scene = await stage(t, { body: 'evil' });
  const client = await scene.client();
  await client.exchange(request('POST /x', 'X-One: 1\r\nContent-Length: 4\r\n', 'good'));
  await client.exchange(request('POST /x', 'X-One: 1\r\nContent-Length: 4\r\n', 'evil'));
  const [real] = scene.asked.real;
  const [decoy] = scene.asked.decoy;
  assert.equal(decoy?.head, real?.head);
  assert.equal(decoy?.body.toString(), 'evil');
});

const BODIES: readonly { readonly name: string; readonly bytes: string }[] = [
  {
    name: 'with a Content-Length',
    bytes: request('POST /', 'Content-Length: 30\r\n', `${'a'.repeat(13)}evil${'b'.repeat(13)}`),
  },
  {
    name: 'in chunks that cut the attack',
    bytes: request('POST /', 'Transfer-Encoding: chunked\r\n', chunked('aaaevilbbb', 1).toString()),
  },
];

for (const { name, bytes } of BODIES) {
  test(`an attack in a body ${name}, cut anywhere, never reaches the server`, async (t) => {
    const scene = await stage(t, { body: 'evil' }, {}, { attackers: { never: ['127.0.0.0/8'] } });
    const all = new TextEncoder().encode(bytes);
    const send = async (cuts: readonly number[]): Promise<void> => {
      const client = await scene.client();
      const sent = client.sendCut(all, cuts);
      assert.equal((await client.readResponse()).body.toString(), 'decoy', `cut at ${cuts.join(', ')}`);
      await sent;
      client.close();
    };
    await send([]);
    await send(Array.from({ length: all.length - 1 }, (_, index) => index + 1));
    for (let cut = 1; cut < all.length; cut += 3) await send([cut]);
    assert.equal(scene.server.received, 0);
    // Allow-listed clients are deceived one by one.
    assert.equal(scene.proxy.plane.attackers.list().length, 0);
    const client = await scene.client();
    assert.equal((await client.exchange(CLEAN)).body.toString(), 'real');
  });
}

test('nothing of a request goes out before its body was inspected', async (t) => {
  const scene = await stage(t, { body: 'evil' });
  const client = await scene.client();
  client.send(request('POST /', 'Content-Length: 8\r\n', 'good'));
  await pause(50);
  assert.equal(scene.server.connections.length, 0);
  client.send('good');
  assert.equal((await client.readResponse()).body.toString(), 'real');
  assert.equal(scene.asked.real[0]?.body.toString(), 'goodgood');
});

test('an attack among pipelined requests takes those behind it to the decoy', async (t) => {
  const scene = await stage(t, { head: 'attack' });
  const client = await scene.client();
  client.send(CLEAN + ATTACK + CLEAN);
  const bodies: string[] = [];
  for (let count = 0; count < 3; count++) bodies.push((await client.readResponse()).body.toString());
  assert.deepEqual(bodies, ['real', 'decoy', 'decoy']);
});

test('forgive ends the mark at once', async (t) => {
  const scene = await stage(t, { head: 'attack' });
  const client = await scene.client();
  await client.exchange(ATTACK);
  assert.equal(scene.proxy.plane.attackers.forgive('127.0.0.1'), true);
  assert.equal((await client.exchange(CLEAN)).body.toString(), 'real');
});

test('the mark ends with its time', async (t) => {
  const scene = await stage(t, { head: 'attack' }, {}, { attackers: { markFor: '2s' } });
  const client = await scene.client();
  await client.exchange(ATTACK);
  assert.equal((await client.exchange(CLEAN)).body.toString(), 'decoy');
  await until('the mark has ended', async () => {
    const answer = await client.exchange(CLEAN);
    return answer.body.toString() === 'real';
  });
});

test('a mark is of the client that a trusted proxy names, not of the proxy', async (t) => {
  const scene = await stage(
    t,
    { head: 'attack' },
    { identity: { trust: ['127.0.0.0/8'], clientHeader: 'x-forwarded-for' } },
  );
  const client = await scene.client();
  const from = (address: string, line: string): string => request(line, `X-Forwarded-For: ${address}\r\n`);
  assert.equal((await client.exchange(from('192.0.2.1', 'GET /attack'))).body.toString(), 'decoy');
  assert.equal((await client.exchange(from('192.0.2.2', 'GET /'))).body.toString(), 'real');
  assert.equal((await client.exchange(from('192.0.2.1', 'GET /'))).body.toString(), 'decoy');
  // The proxy itself attacks, or seems to: it is deceived, and nobody behind it is marked for that.
  assert.equal((await client.exchange(ATTACK)).body.toString(), 'decoy');
  assert.equal((await client.exchange(CLEAN)).body.toString(), 'real');
});

test('without a decoy an attack is answered with 403, and the server sees nothing', async (t) => {
  const scene = await stage(t, { head: 'attack', body: 'evil' }, { decoy: undefined });
  const client = await scene.client();
  assert.equal(statusOf(await client.exchange(ATTACK)), 403);
  const late = await client.exchange(request('POST /', 'Content-Length: 4\r\n', 'evil'));
  assert.equal(statusOf(late), 403);
  assert.equal(scene.server.received, 0);
  assert.equal((await scene.record(0)).verdict, 'deceive');
});

test('a decoy that is down does not send the attacker to the real server', async (t) => {
  const scene = await stage(t, { head: 'attack' });
  await scene.decoy.close();
  const client = await scene.client();
  assert.equal(statusOf(await client.exchange(ATTACK)), 502);
  assert.equal(statusOf(await client.exchange(CLEAN)), 502);
  assert.equal(scene.server.received, 0);
});

test('the built-in decoy answers, and its own connection is kept', async (t) => {
  const world = await startWorld(t, {
    inspector: needleInspector({ head: 'attack' }),
    server: answering(() => response(200, 'real')),
    listener: { decoy: 'trap' },
    config: { decoys: { trap: {} } },
  });
  const client = await world.client();
  const answer = await client.exchange(ATTACK);
  assert(statusOf(answer) >= 200 && statusOf(answer) < 500);
  const next = await client.exchange(CLEAN);
  assert.doesNotMatch(next.body.toString(), /^real$|sallyport/i);
  assert.equal((await world.record(1)).isOriginReused, true);
  assert.equal(world.server.received, 0);
});
