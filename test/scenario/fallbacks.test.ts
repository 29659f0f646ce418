/** Pools that serve in place of others, whose servers are all down: for requests, TCP connections, and the deceived. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DOWN, DRAIN, MAINTENANCE, UP } from '../../src/balance/server-table.ts';
import type { READY, ServerRow, ServerTable } from '../../src/balance/server-table.ts';
import { needleInspector } from '../support/inspector.ts';
import { request, response, statusOf, valueOf } from '../support/message.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import { until } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World, WorldOptions } from '../support/world.ts';

interface Scene {
  readonly world: World;
  /** Of the one server of a pool or decoy. */
  readonly setState: (pool: string, state: typeof UP | typeof DOWN) => void;
  readonly setMode: (pool: string, mode: typeof READY | typeof DRAIN | typeof MAINTENANCE) => void;
}

const named = (name: string): Script => answering(() => response(200, name));

/** Answers the first bytes with its name, and ends. */
const tcpNamed =
  (name: string): Script =>
  async (wire) => {
    wire.send(name);
    await wire.ended();
    wire.end();
  };

/** Pools `app` → `spare` → `sorry` with one server each, which says the name of its pool. */
async function stage(
  t: TestContext,
  script: (pool: string) => Script = named,
  pools: Readonly<Record<string, Settings>> = {},
  options: WorldOptions = {},
): Promise<Scene> {
  const addressOf = async (name: string): Promise<string> => {
    const server = await scriptedServer(script(name));
    t.after(() => server.close());
    return `127.0.0.1:${server.port}`;
  };
  const world = await startWorld(t, {
    ...options,
    config: {
      pools: {
        app: { servers: [await addressOf('app')], fallback: 'spare', ...pools['app'] },
        spare: { servers: [await addressOf('spare')], fallback: 'sorry', ...pools['spare'] },
        sorry: { servers: [await addressOf('sorry')], ...pools['sorry'] },
      },
      ...options.config,
    },
  });
  const serverOf = (pool: string): { readonly row: ServerRow; readonly table: ServerTable } => {
    const found = world.proxy.plane.pools.get(pool.includes(' ') ? pool : `pool ${pool}`);
    const row = found?.servers[0]?.row;
    assert(found !== undefined && row !== undefined);
    return { row, table: found.table };
  };
  return {
    world,
    setState: (pool, state) => {
      const { row, table } = serverOf(pool);
      table.setState(row, state);
    },
    setMode: (pool, mode) => {
      const { row, table } = serverOf(pool);
      table.setMode(row, mode);
    },
  };
}

test('the next pool on the way that is open serves, and the record says which was meant', async (t) => {
  const { world, setState, setMode } = await stage(t);
  const client = await world.client();
  const served: string[] = [];
  const ask = async (): Promise<void> => {
    const { body } = await client.exchange(request('GET /'));
    const { pool, poolMeant, server } = await world.record(served.length);
    assert.equal(body.toString(), pool);
    served.push(`${poolMeant}>${pool}/${server}`);
  };
  await ask();
  setState('app', DOWN);
  await ask();
  setState('spare', DOWN);
  await ask();
  setState('spare', UP);
  await ask();
  setState('app', UP);
  await ask();
  setMode('app', MAINTENANCE);
  await ask();
  assert.deepEqual(served, [
    '>app/s1',
    'app>spare/s1',
    'app>sorry/s1',
    'app>spare/s1',
    '>app/s1',
    'app>spare/s1',
  ]);
});

test('when all of them are down it is 503, and nobody served in place of anybody', async (t) => {
  const { world, setState } = await stage(t);
  for (const pool of ['app', 'spare', 'sorry']) setState(pool, DOWN);
  assert.equal(statusOf(await (await world.client()).exchange(request('GET /'))), 503);
  const { end, pool, poolMeant } = await world.record(0);
  assert.deepEqual([end, pool, poolMeant], ['no-server', 'app', '']);
});

test('backups come first, and then the fallback', async (t) => {
  const backup = await scriptedServer(named('backup'));
  t.after(() => backup.close());
  const address = { address: `127.0.0.1:${backup.port}`, backup: true };
  const { world, setState } = await stage(t, named, { spare: { servers: { backup: address } } });
  const client = await world.client();
  setState('app', DOWN);
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'backup');
  setState('spare', DOWN);
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'sorry');
});

test('servers that are full are waited for, and the fallback is not asked', async (t) => {
  const held: (() => void)[] = [];
  const script =
    (name: string): Script =>
    async (wire) => {
      while ((await wire.readRequest()) !== undefined) {
        if (name === 'app' && held.length === 0) await new Promise<void>((resolve) => held.push(resolve));
        wire.send(response(200, name));
      }
      wire.end();
    };
  const { world } = await stage(t, script, { app: { maxConnections: 1 } });
  const [one, two] = [await world.client(), await world.client()];
  one.send(request('GET /1'));
  await until('the server has it', () => held.length === 1);
  two.send(request('GET /2'));
  await until('it waits', () => world.proxy.plane.pools.get('pool app')?.waiting === 1);
  held[0]?.();
  assert.equal((await one.readResponse()).body.toString(), 'app');
  assert.equal((await two.readResponse()).body.toString(), 'app');
});

test('who waits goes to the fallback when the last server goes down', async (t) => {
  const held: (() => void)[] = [];
  const script =
    (name: string): Script =>
    async (wire) => {
      while ((await wire.readRequest()) !== undefined) {
        if (name === 'app') await new Promise<void>((resolve) => held.push(resolve));
        wire.send(response(200, name));
      }
      wire.end();
    };
  const { world, setState } = await stage(t, script, { app: { maxConnections: 1 } });
  const [one, two] = [await world.client(), await world.client()];
  one.send(request('GET /1'));
  await until('the server has it', () => held.length === 1);
  two.send(request('POST /2', 'Content-Length: 2\r\n', 'hi'));
  await until('it waits', () => world.proxy.plane.pools.get('pool app')?.waiting === 1);
  setState('app', DOWN);
  assert.equal((await two.readResponse()).body.toString(), 'spare');
  held[0]?.();
  assert.equal((await one.readResponse()).body.toString(), 'app');
});

test('a session stays at a server that drains, and its pool falls back for all others', async (t) => {
  const cookie = { name: 'S', httpOnly: false, noCache: false };
  const { world, setMode } = await stage(t, named, { app: { persistence: { by: 'cookie', cookie } } });
  const client = await world.client();
  const first = await client.exchange(request('GET /'));
  const value = /S=([^;]*)/.exec(valueOf(first, 'Set-Cookie') ?? '')?.[1] ?? '';
  setMode('app', DRAIN);
  assert.equal((await client.exchange(request('GET /', `Cookie: S=${value}\r\n`))).body.toString(), 'app');
  assert.equal((await client.exchange(request('GET /'))).body.toString(), 'spare');
});

test('a retry of a request whose pool has gone down meanwhile goes to the fallback', async (t) => {
  const script = (name: string): Script =>
    name === 'app'
      ? async (wire) => {
          await wire.expectRequest();
          scene.setState('app', DOWN);
          wire.reset();
        }
      : named(name);
  const scene = await stage(t, script, { app: { retries: { max: 1, on: ['closed'] } } });
  const { world } = scene;
  assert.equal((await (await world.client()).exchange(request('GET /'))).body.toString(), 'spare');
  const { pool, poolMeant, attempts } = await world.record(0);
  assert.deepEqual([pool, poolMeant, attempts], ['spare', 'app', 2]);
});

test('TCP connections go to the fallback, too', async (t) => {
  const { world, setState } = await stage(t, tcpNamed, {}, { listener: { protocol: 'tcp' } });
  setState('app', DOWN);
  setState('spare', DOWN);
  const client = await world.client();
  assert.equal(await client.readUntil('sorry'), 'sorry');
  client.close();
  const { pool, poolMeant, server } = await world.record(0);
  assert.deepEqual([pool, poolMeant, server], ['sorry', 'app', 's1']);
});

test('TCP connections are reset when no pool on the way is open', async (t) => {
  const { world, setState } = await stage(t, tcpNamed, {}, { listener: { protocol: 'tcp' } });
  for (const pool of ['app', 'spare', 'sorry']) setState(pool, DOWN);
  const client = await world.client();
  await client.ended().catch(() => {});
  const { end, pool, poolMeant } = await world.record(0);
  assert.deepEqual([end, pool, poolMeant], ['no-server', 'app', '']);
});

test('who is deceived goes from a decoy to the next one, and never to a pool', async (t) => {
  const [honey, pot] = [await scriptedServer(named('honey')), await scriptedServer(named('pot'))];
  t.after(() => Promise.all([honey.close(), pot.close()]));
  const { world, setState } = await stage(
    t,
    named,
    {},
    {
      inspector: needleInspector({ head: 'attack' }),
      listener: { decoy: 'honey' },
      config: {
        decoys: {
          honey: { servers: [`127.0.0.1:${honey.port}`], fallback: 'pot' },
          pot: { servers: [`127.0.0.1:${pot.port}`] },
        },
      },
    },
  );
  const client = await world.client();
  setState('decoy honey', DOWN);
  assert.equal((await client.exchange(request('GET /?q=attack'))).body.toString(), 'pot');
  const { verdict, pool, poolMeant } = await world.record(0);
  assert.deepEqual([verdict, pool, poolMeant], ['deceive', 'pot', 'honey']);
  setState('decoy pot', DOWN);
  assert.equal(statusOf(await client.exchange(request('GET /'))), 503);
});
