/** Several workers: what one knows, all know; and what happens when one of them dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSocket } from '../../src/runtime/listen-sockets.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';

const WORKERS = 2;
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function start(t: TestContext, options?: Parameters<typeof startSupervised>[2]): Promise<Supervised> {
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', () => wire.send(RESPONSE));
  });
  t.after(() => server.close());
  return await startSupervised(
    t,
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: WORKERS },
    }),
    options,
  );
}

/** Connections per worker, in the order of their numbers. */
async function connections(proxy: Supervised): Promise<number[]> {
  const statuses = await proxy.supervisor.workers.askAll('status', undefined, 60_000);
  return statuses.map(({ listeners }) => listeners[0]?.connections ?? -1);
}

/** Opens so many clients that every worker has one, each of which has asked once. */
async function openClients(t: TestContext, proxy: Supervised): Promise<Wire[]> {
  const clients: Wire[] = [];
  t.after(() => {
    for (const client of clients) client.close();
  });
  for (let tries = 0; tries < 200; tries++) {
    const client = await Wire.connect(proxy.port());
    clients.push(client);
    client.send(REQUEST);
    await client.readUntil('ok');
    if (clients.length >= 8 && (await connections(proxy)).every((count) => count > 0)) return clients;
  }
  assert.fail('the kernel gave every connection to one worker');
}

/** True when the client is answered, false when its connection is gone. */
async function asks(client: Wire): Promise<boolean> {
  try {
    client.send(REQUEST);
    await client.readUntil('ok');
    return true;
  } catch {
    return false;
  }
}

test('a worker that dies takes its own connections along and no others, and is replaced', async (t) => {
  const proxy = await start(t);
  const clients = await openClients(t, proxy);
  const before = await connections(proxy);
  const [victim] = proxy.supervisor.workers.serving;
  assert(victim !== undefined);
  await victim.terminate();
  const survived = [];
  for (const client of clients) survived.push(await asks(client));
  assert.equal(survived.filter((is) => is).length, before[1], 'those of the other worker');
  // While it is being replaced, nobody waits.
  for (let count = 0; count < 10; count++) {
    const client = await Wire.connect(proxy.port());
    assert.equal(await asks(client), true);
    client.close();
  }
  await until('both serve again', () => proxy.supervisor.workers.serving.length === WORKERS);
  await openClients(t, proxy);
  assert.match(proxy.log.join(''), /A worker has died and is replaced/);
});

test('workers that die under load cost nobody else a request', async (t) => {
  const proxy = await start(t);
  let isOver = false;
  let refused = 0;
  let answered = 0;
  const visitor = async (): Promise<void> => {
    while (!isOver) {
      try {
        const client = await Wire.connect(proxy.port());
        if (await asks(client)) answered++;
        client.close();
      } catch {
        refused++;
      }
    }
  };
  const visitors = Array.from({ length: 4 }, visitor);
  for (let round = 0; round < 3; round++) {
    const [victim] = proxy.supervisor.workers.serving;
    await victim?.terminate();
    await until('both serve again', () => proxy.supervisor.workers.serving.length === WORKERS);
  }
  isOver = true;
  await Promise.all(visitors);
  assert.equal(refused, 0, 'no connection is refused');
  assert.ok(answered > 0);
});

test('all workers accept on a socket that was inherited, also when one of them dies', async (t) => {
  const { descriptor, port } = await openSocket('127.0.0.1', 0, false);
  const handed = {
    notifySocket: undefined,
    watchdogMs: undefined,
    descriptors: [{ descriptor, name: 'web' }],
    problems: [],
  };
  const proxy = await start(t, { handed });
  assert.equal(proxy.port(), port);
  await openClients(t, proxy);
  const [victim] = proxy.supervisor.workers.serving;
  await victim?.terminate();
  for (let count = 0; count < 10; count++) {
    const client = await Wire.connect(port);
    assert.equal(await asks(client), true);
    client.close();
  }
  await until('both serve again', () => proxy.supervisor.workers.serving.length === WORKERS);
  await openClients(t, proxy);
});
