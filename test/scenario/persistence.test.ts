/**
 * Requests of one session stay with the server that answered the first, as long as that is in service.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DOWN, DRAIN, UP } from '../../src/balance/server-table.ts';
import { request, response, statusOf, valueOf, valuesOf } from '../support/message.ts';
import type { Message } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { Script } from '../support/scripted-server.ts';
import type { Wire } from '../support/wire.ts';
import { startWorld } from '../support/world.ts';
import type { Settings, World } from '../support/world.ts';

/** A server that says its name and what cookies it was sent, and sets those of `fields`. */
const named = (name: string, fields = ''): Script =>
  answering((message) => response(200, `${name} ${valuesOf(message, 'Cookie').join('|')}`, fields));

const NAMES = ['a', 'b', 'c'];

/** Servers a, b and c, whose cookies are called as they are. */
async function startServers(
  t: TestContext,
  persistence: Settings,
  scripts: readonly Script[] = NAMES.map((name) => named(name)),
  pool: Settings = {},
): Promise<World> {
  const servers = await Promise.all(scripts.map((script) => scriptedServer(script)));
  t.after(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const hasCookies = persistence['by'] === 'cookie';
  const named = servers.map(({ port }, index) => {
    const name = NAMES[index] ?? '';
    return [name, { address: `127.0.0.1:${port}`, ...(hasCookies ? { cookie: name } : {}) }];
  });
  return startWorld(t, { pool: { servers: Object.fromEntries(named) as Settings, persistence, ...pool } });
}

/** The table and the rows of the pool. */
function tableOf(world: World): {
  readonly setState: (name: string, state: 0 | 1) => void;
  readonly setMode: (name: string, mode: 0 | 1 | 2) => void;
} {
  const pool = world.proxy.plane.pools.get('pool app');
  assert(pool !== undefined);
  const row = (name: string): number => pool.servers.find((server) => server.name === name)?.row ?? -1;
  return {
    setState: (name, state) => pool.table.setState(row(name), state),
    setMode: (name, mode) => pool.table.setMode(row(name), mode),
  };
}

async function get(client: Wire, cookie = '', line = 'GET /'): Promise<Message> {
  return client.exchange(request(line, cookie === '' ? '' : `Cookie: ${cookie}\r\n`));
}

const INSERT: Settings = { by: 'cookie', cookie: { name: 'S', httpOnly: false, noCache: false } };

test('a client gets a cookie with its first response, and its server with every other request', async (t) => {
  const world = await startServers(t, INSERT);
  const client = await world.client();
  const first = await get(client);
  assert.equal(first.body.toString(), 'a ');
  assert.equal(valueOf(first, 'Set-Cookie'), 'S=a; path=/');
  for (let count = 0; count < 5; count++) {
    const other = await get(await world.client(), 'x=1; S=a');
    assert.equal(other.body.toString(), 'a x=1', 'and the server does not see our cookie');
    assert.equal(valueOf(other, 'Set-Cookie'), undefined);
    assert.equal((await world.record(1 + count)).isPersistent, true);
  }
  assert.equal((await world.record(0)).isPersistent, false);
  assert.equal((await get(client)).body.toString(), 'b ', 'others are balanced');
});

test('a cookie that names nobody is none', async (t) => {
  const world = await startServers(t, INSERT);
  const client = await world.client();
  for (const [value, name] of [
    ['z', 'a'],
    ['', 'b'],
    ['a"', 'c'],
  ] as const) {
    const answer = await get(client, `S=${value}`);
    assert.equal(answer.body.toString(), `${name} `);
    assert.equal(valueOf(answer, 'Set-Cookie'), `S=${name}; path=/`);
  }
});

test('values that are not configured do not name the server', async (t) => {
  const world = await startWorld(t, { server: [named('a'), named('b')], pool: { persistence: 'cookie' } });
  const client = await world.client();
  const first = await get(client);
  const [, value = ''] =
    /^SERVERID=([A-Za-z0-9_-]{16}); path=\/; HttpOnly$/.exec(valueOf(first, 'Set-Cookie') ?? '') ?? [];
  assert.notEqual(value, '');
  assert.equal(valueOf(first, 'Cache-Control'), 'private');
  for (let count = 0; count < 3; count++)
    assert.equal((await get(client, `SERVERID=${value}`)).body.toString(), 'a ');
});

test('a server that drains keeps its sessions; one that is down loses them to another', async (t) => {
  const world = await startServers(t, INSERT);
  const { setMode, setState } = tableOf(world);
  const client = await world.client();
  setMode('b', DRAIN);
  assert.equal((await get(client, 'S=b')).body.toString(), 'b ');
  assert.equal((await get(client)).body.toString(), 'a ');
  assert.equal((await get(client)).body.toString(), 'c ');
  setState('b', DOWN);
  const moved = await get(client, 'S=b');
  assert.equal(moved.body.toString(), 'a ');
  assert.equal(valueOf(moved, 'Set-Cookie'), 'S=a; path=/');
  setState('b', UP);
  assert.equal((await get(client, 'S=b')).body.toString(), 'b ');
});

test('a session whose server cannot be reached goes on at another, with its cookie', async (t) => {
  const dead = await ownPort();
  const servers = await Promise.all([scriptedServer(named('b'))]);
  t.after(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const world = await startWorld(t, {
    pool: {
      servers: {
        a: { address: `127.0.0.1:${dead}`, cookie: 'a' },
        b: { address: `127.0.0.1:${servers[0].port}`, cookie: 'b' },
      },
      persistence: INSERT,
    },
  });
  const client = await world.client();
  for (let count = 0; count < 3; count++) {
    const answer = await get(client, 'S=a');
    assert.equal(answer.body.toString(), 'b ');
    assert.equal(valueOf(answer, 'Set-Cookie'), 'S=b; path=/');
    assert.equal((await world.record(count)).attempts, 2);
    assert.equal((await world.record(count)).isPersistent, false);
  }
});

test('the same fields from a client and from a server that come again are changed again', async (t) => {
  const fields = 'X-Long: one and the same\r\nSet-Cookie: S=own\r\nSet-Cookie: y=2\r\n';
  const world = await startServers(t, INSERT, [named('a', fields)]);
  const client = await world.client();
  for (let count = 0; count < 4; count++) {
    const answer = await get(client, count % 2 === 0 ? 'x=1; S=q' : 'S=a; x=1');
    assert.equal(answer.body.toString(), 'a x=1');
    const expected = count % 2 === 0 ? ['y=2', 'S=a; path=/'] : ['y=2'];
    assert.deepEqual(valuesOf(answer, 'Set-Cookie'), expected);
  }
});

test('rewrite: the cookie of the servers gets our value, and no other is made', async (t) => {
  const persistence = { by: 'cookie', cookie: { name: 'S', mode: 'rewrite' } };
  const fields = 'Set-Cookie: S=whatever; Path=/x; Secure\r\nSet-Cookie: t=1\r\n';
  const world = await startServers(t, persistence, [named('a', fields), named('b')]);
  const client = await world.client();
  const one = await get(client);
  assert.deepEqual(valuesOf(one, 'Set-Cookie'), ['S=a; Path=/x; Secure', 't=1']);
  assert.equal((await get(client, 'S=a')).body.toString(), 'a S=a');
  const two = await get(client);
  assert.equal(two.body.toString(), 'b ');
  assert.deepEqual(valuesOf(two, 'Set-Cookie'), []);
});

test('prefix: our value stands before that of the servers, which never see it', async (t) => {
  const persistence = { by: 'cookie', cookie: { name: 'S', mode: 'prefix' } };
  const world = await startServers(t, persistence, [
    named('a', 'Set-Cookie: S=id~5; Path=/\r\n'),
    named('b'),
  ]);
  const client = await world.client();
  assert.deepEqual(valuesOf(await get(client), 'Set-Cookie'), ['S=a~id~5; Path=/']);
  for (let count = 0; count < 3; count++)
    assert.equal((await get(client, 'x=1; S=a~id~5')).body.toString(), 'a x=1; S=id~5');
  assert.equal((await get(client, 'S=zz~id')).body.toString(), 'b S=id', 'of nobody, and still not shown');
});

test('an entry remembers the server of an address', async (t) => {
  const world = await startServers(t, { by: 'entry' });
  const [one, two] = [await world.client('127.0.0.2'), await world.client('127.0.0.3')];
  assert.equal((await get(one)).body.toString(), 'a ');
  assert.equal((await get(two)).body.toString(), 'b ');
  for (let count = 0; count < 3; count++) {
    assert.equal((await get(await world.client('127.0.0.2'))).body.toString(), 'a ');
    assert.equal((await get(await world.client('127.0.0.3'))).body.toString(), 'b ');
  }
  const { setState } = tableOf(world);
  setState('a', DOWN);
  assert.equal((await get(one)).body.toString(), 'c ');
  setState('a', UP);
  assert.equal((await get(one)).body.toString(), 'c ', 'it has moved, and stays there');
});

test('an entry remembers the server of a TCP client', async (t) => {
  const scripts = NAMES.map((name): Script => async (wire) => {
    await wire.sendAll(name);
    wire.end();
  });
  const servers = await Promise.all(scripts.map((script) => scriptedServer(script)));
  t.after(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const world = await startWorld(t, {
    listener: { protocol: 'tcp' },
    pool: { servers: servers.map(({ port }) => `127.0.0.1:${port}`), persistence: 'entry' },
  });
  for (const [address, name] of [
    ['127.0.0.2', 'a'],
    ['127.0.0.3', 'b'],
    ['127.0.0.2', 'a'],
    ['127.0.0.3', 'b'],
  ] as const) {
    const client = await world.client(address);
    await client.readUntil(name);
  }
});

test('a session is asked for before the connection that names its client is used again', async (t) => {
  const script =
    (name: string): Script =>
    async (wire) => {
      await wire.readUntil('\r\n');
      while ((await wire.readRequest()) !== undefined) wire.send(response(200, name));
    };
  const world = await startServers(t, INSERT, NAMES.map(script), { proxyProtocol: 'v1' });
  const client = await world.client();
  assert.equal((await get(client)).body.toString(), 'a');
  assert.equal((await get(client)).body.toString(), 'a', 'its connection is kept');
  assert.equal((await get(client, 'S=c')).body.toString(), 'c');
  assert.equal((await get(client, 'S=c')).body.toString(), 'c');
});

test('a WebSocket gets its cookie with the 101', async (t) => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const world = await startServers(t, INSERT, [
    async (wire) => {
      await wire.readRequest();
      await wire.sendAll(`HTTP/1.1 101 Switching\r\n${upgrade}\r\n`);
    },
  ]);
  const client = await world.client();
  client.send(request('GET /', upgrade));
  const head = await client.readUntil('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 101 [^]*\r\nSet-Cookie: S=a; path=\/\r\n/);
});

test('a page of our own sets no cookie', async (t) => {
  const world = await startServers(t, INSERT);
  const { setState } = tableOf(world);
  for (const name of NAMES) setState(name, DOWN);
  const answer = await get(await world.client(), 'S=a');
  assert.equal(statusOf(answer), 503);
  assert.equal(valueOf(answer, 'Set-Cookie'), undefined);
});
