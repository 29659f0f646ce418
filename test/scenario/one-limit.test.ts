/** A limit is one limit, however many workers there are, and what a worker had when it died is given back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { clientsOfEach, connectionsOf, untilServing } from '../support/each-worker.ts';
import { statusOf } from '../support/message.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';

const WORKERS = 2;
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Scene {
  readonly proxy: Supervised;
  /** The configuration with other keys of the listener. */
  readonly configure: (listener: object) => string;
}

async function start(t: TestContext, listener: object, config: object = {}): Promise<Scene> {
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', () => wire.send(RESPONSE));
  });
  t.after(() => server.close());
  const configure = (keys: object): string =>
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', ...keys } },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: WORKERS },
      ...config,
    });
  return { proxy: await startSupervised(t, configure(listener)), configure };
}

/** Whether one more client is served; it stays open. */
async function getsIn(t: TestContext, proxy: Supervised): Promise<boolean> {
  const client = await Wire.connect(proxy.port());
  t.after(() => client.close());
  try {
    client.send(REQUEST);
    await client.readUntil('ok');
    return true;
  } catch {
    return false;
  }
}

test('limits.connections bounds the connections of all workers together', async (t) => {
  const { proxy, configure } = await start(t, { inspection: 'off', limits: { connections: 6 } });
  const clients = await clientsOfEach(t, proxy, 3);
  for (let count = 0; count < 4; count++) assert.equal(await getsIn(t, proxy), false);
  clients[1]![0]!.close();
  await until('it is gone', async () => (await connectionsOf(proxy))[1] === 2);
  assert.equal(await getsIn(t, proxy), true, 'whichever worker gets it');
  assert.equal(await getsIn(t, proxy), false);
  // A reload forgets nothing of it.
  proxy.configure(configure({ inspection: 'off', limits: { connections: 7 } }));
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  assert.equal(await getsIn(t, proxy), true);
  assert.equal(await getsIn(t, proxy), false);
});

test('what a worker had that died is free for all', async (t) => {
  const { proxy } = await start(t, { inspection: 'off', limits: { connections: 6 } });
  await clientsOfEach(t, proxy, 3);
  assert.equal(await getsIn(t, proxy), false);
  const [victim] = proxy.supervisor.workers.serving;
  await victim?.terminate();
  await untilServing(proxy, WORKERS);
  for (let count = 0; count < 3; count++) assert.equal(await getsIn(t, proxy), true);
  assert.equal(await getsIn(t, proxy), false);
});

test('inspection.body.heldTotal bounds what all workers hold together', async (t) => {
  const { proxy } = await start(
    t,
    { inspection: 'on' },
    { inspection: { body: { held: '900000', heldTotal: '1MiB' } } },
  );
  const [[first, second] = [], [third] = []] = await clientsOfEach(t, proxy, 2);
  const clients = [first, second, third].filter((client) => client !== undefined);
  assert.equal(clients.length, 3);
  for (const client of clients) {
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 450000\r\n\r\n');
    client.send('a'.repeat(400_000));
  }
  await until('one is refused', () => clients.some(({ received }) => received > 0));
  const refused = clients.filter(({ received }) => received > 0);
  assert.equal(refused.length, 1);
  for (const client of clients) {
    if (!refused.includes(client)) client.send('a'.repeat(50_000));
    assert.equal(statusOf(await client.readResponse()), refused.includes(client) ? 503 : 200);
  }
});
