/** Backup servers: when they are used, and who stays with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DOWN, UP } from '../../src/balance/server-table.ts';
import { startCrew } from '../support/crew.ts';
import { visit } from '../support/fleet.ts';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { Operator } from '../support/operator.ts';
import { ownPort } from '../support/own-port.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import { until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';

interface Backed extends Pick<World, 'proxy' | 'client' | 'record'> {
  readonly setState: (name: string, state: typeof UP | typeof DOWN) => void;
}

const named = (name: string): Script => answering(() => response(200, name));

/** Servers of one letter each; capitals are backups. */
async function start(
  t: TestContext,
  names: string,
  pool: Settings = {},
  script: (name: string) => Script = named,
): Promise<Backed> {
  const servers = await Promise.all(Array.from(names, (name) => scriptedServer(script(name))));
  t.after(() => Promise.all(servers.map((server) => server.close())));
  const entries = Array.from(names, (name, index): [string, Settings] => [
    name,
    { address: `127.0.0.1:${servers[index]?.port ?? 0}`, backup: name !== name.toLowerCase() },
  ]);
  const world = await startWorld(t, { pool: { servers: Object.fromEntries(entries), ...pool } });
  const app = world.proxy.plane.pools.get('pool app');
  assert(app !== undefined);
  return {
    proxy: world.proxy,
    client: () => world.client(),
    record: (index) => world.record(index),
    setState: (name, state) => {
      const server = app.servers.find((one) => one.name === name);
      assert(server !== undefined);
      app.table.setState(server.row, state);
    },
  };
}

test('backups serve when all others are down, one or all of them, and are relieved', async (t) => {
  for (const [backups, expected] of [
    ['first', 'abab CCCC DDDD bbbb'],
    ['all', 'abab CDCD DDDD bbbb'],
  ] as const) {
    const world = await start(t, 'abCD', { backups });
    const client = await world.client();
    const four = async (): Promise<string> => {
      let seen = '';
      for (let count = 0; count < 4; count++)
        seen += (await client.exchange(request('GET /'))).body.toString();
      return seen;
    };
    const seen = [await four()];
    world.setState('a', DOWN);
    world.setState('b', DOWN);
    seen.push(await four());
    world.setState('C', DOWN);
    seen.push(await four());
    world.setState('b', UP);
    seen.push(await four());
    assert.equal(seen.join(' '), expected);
  }
});

test('a pool whose servers and backups are down answers 503', async (t) => {
  const world = await start(t, 'aB');
  world.setState('a', DOWN);
  world.setState('B', DOWN);
  assert.equal(statusOf(await (await world.client()).exchange(request('GET /'))), 503);
  assert.equal((await world.record(0)).end, 'no-server');
});

test('when the ordinary server is full requests wait for it, and no backup stands in', async (t) => {
  const held: (() => void)[] = [];
  const world = await start(t, 'aB', { maxConnections: 1 }, (name) => async (wire) => {
    while ((await wire.readRequest()) !== undefined) {
      if (held.length === 0) await new Promise<void>((resolve) => held.push(resolve));
      wire.send(response(200, name));
    }
    wire.end();
  });
  const [one, two] = [await world.client(), await world.client()];
  one.send(request('GET /1'));
  await until('the server has it', () => held.length === 1);
  two.send(request('GET /2'));
  await until('it waits', () => world.proxy.plane.pools.get('pool app')?.waiting === 1);
  held[0]?.();
  assert.equal((await one.readResponse()).body.toString(), 'a');
  assert.equal((await two.readResponse()).body.toString(), 'a');
});

test('who waits for the ordinary server goes to a backup when that goes down', async (t) => {
  const held: (() => void)[] = [];
  const world = await start(t, 'aB', { maxConnections: 1 }, (name) => async (wire) => {
    while ((await wire.readRequest()) !== undefined) {
      if (name === 'a') await new Promise<void>((resolve) => held.push(resolve));
      wire.send(response(200, name));
    }
    wire.end();
  });
  const [one, two] = [await world.client(), await world.client()];
  one.send(request('GET /1'));
  await until('the server has it', () => held.length === 1);
  two.send(request('GET /2'));
  await until('it waits', () => world.proxy.plane.pools.get('pool app')?.waiting === 1);
  world.setState('a', DOWN);
  assert.equal((await two.readResponse()).body.toString(), 'B');
  held[0]?.();
  assert.equal((await one.readResponse()).body.toString(), 'a');
});

test('a session that began at a backup stays there when the others are back, and no other does', async (t) => {
  const cookie = { name: 'S', httpOnly: false, noCache: false };
  const world = await start(t, 'aB', { persistence: { by: 'cookie', cookie } });
  const client = await world.client();
  world.setState('a', DOWN);
  const first = await client.exchange(request('GET /'));
  assert.equal(first.body.toString(), 'B');
  const value = /S=([^;]*)/.exec(valueOf(first, 'Set-Cookie') ?? '')?.[1] ?? '';
  world.setState('a', UP);
  const mine = await client.exchange(request('GET /', `Cookie: S=${value}\r\n`));
  assert.equal(mine.body.toString(), 'B');
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'a');
  world.setState('B', DOWN);
  const moved = await client.exchange(request('GET /', `Cookie: S=${value}\r\n`));
  assert.equal(moved.body.toString(), 'a');
});

test('keys go to backups while all others are down, and back to where they were', async (t) => {
  const world = await start(t, 'abCD', { balance: { by: 'hash', key: 'path' }, backups: 'all' });
  const client = await world.client();
  const all = async (): Promise<string> => {
    let seen = '';
    for (let path = 0; path < 20; path++)
      seen += (await client.exchange(request(`GET /${path}`))).body.toString();
    return seen;
  };
  const before = await all();
  assert.match(before, /^[ab]{20}$/);
  for (const name of ['a', 'b']) world.setState(name, DOWN);
  const meanwhile = await all();
  assert.match(meanwhile, /^[CD]{20}$/);
  assert.equal(await all(), meanwhile);
  for (const name of ['a', 'b']) world.setState(name, UP);
  assert.equal(await all(), before);
});

test('a client whose own connection is to a backup goes back to the ordinary servers', async (t) => {
  const script =
    (name: string): Script =>
    async (wire) => {
      await wire.readUntil('\r\n');
      while ((await wire.readRequest()) !== undefined) wire.send(response(200, name));
    };
  const world = await start(t, 'aB', { proxyProtocol: 'v1' }, script);
  const client = await world.client();
  world.setState('a', DOWN);
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'B');
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'B');
  world.setState('a', UP);
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'a');
});

test('a retry stays among the ordinary servers as long as one of them is up', async (t) => {
  const gone = await ownPort();
  const spare = await scriptedServer(named('B'));
  t.after(() => spare.close());
  const world = await startWorld(t, {
    pool: {
      servers: { a: `127.0.0.1:${gone}`, B: { address: `127.0.0.1:${spare.port}`, backup: true } },
    },
  });
  assert.equal(statusOf(await (await world.client()).exchange(request('GET /'))), 502);
  const record = await world.record(0);
  assert.deepEqual([record.end, record.server, record.attempts], ['origin-connect-failed', 'a', 2]);
});

test('with checks and two workers: all ordinary servers are killed, the backup takes over, and goes again', async (t) => {
  const crew = await startCrew(t, 'a', 'b', 'c');
  const [a, b, c] = crew;
  assert(a !== undefined && b !== undefined && c !== undefined);
  const operator = new Operator(t);
  const at = (port: number): string => `127.0.0.1:${port}`;
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: { a: at(a.port), b: at(b.port), c: { address: at(c.port), backup: true } },
          health: { check: 'tcp', interval: '100ms', timeout: '10s', rise: 1, fall: 1 },
        },
      },
      log: { access: 'off' },
      admin: { socket: operator.socket },
      runtime: { workers: 2 },
    }),
  );
  const served = async (): Promise<string> => {
    const names = await Promise.all(
      Array.from({ length: 8 }, () =>
        visit(
          proxy.port(),
          Array.from({ length: 10 }, () => request('GET /')),
        ),
      ),
    );
    return [...new Set(names.flat())].sort().join('');
  };
  const open = async (tier: string): Promise<number> =>
    operator.metric(`sallyport_pool_servers_open{kind="pool",pool="app",tier="${tier}"}`);
  const isUp = (name: string, state: 'up' | 'down'): Promise<unknown> =>
    operator.until(`${name} is ${state}`, 'app', name, (server) => server.state === state);
  assert.equal(await served(), 'ab');
  assert.deepEqual([await open('ordinary'), await open('backup')], [2, 1]);
  assert.equal((await operator.server('app', 'c')).isBackup, true);
  await a.stop();
  await b.stop();
  await isUp('a', 'down');
  await isUp('b', 'down');
  assert.equal(await served(), 'c');
  assert.deepEqual([await open('ordinary'), await open('backup')], [0, 1]);
  await until('it is told', () => proxy.log.some((line) => line.includes('Backups serve')));
  await b.start();
  await isUp('b', 'up');
  assert.equal(await served(), 'b');
  await until('it is told', () =>
    proxy.log.some((line) => line.includes('that are no backups serve it again')),
  );
});
