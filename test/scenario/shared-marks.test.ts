/** What several workers see of a server counts together, and `status` shows what came of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusView } from '../../src/admin/views.ts';
import { statusText } from '../../src/cli/status.ts';
import { callAdmin } from '../support/admin-call.ts';
import { clientsOfEach } from '../support/each-worker.ts';
import { request, response, statusOf } from '../support/message.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import { until } from '../support/wire.ts';

const FAILURES = 4;

test('failures that each worker saw a part of take a server out, and status says why', async (t) => {
  let status = 500;
  const server = await scriptedServer(answering(() => response(status, 'x')));
  t.after(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'spt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, 's');
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: { one: `127.0.0.1:${server.port}` },
          retries: 0,
          health: {
            passive: { failures: FAILURES, on: ['status-5xx'], then: 'down', downFor: '1h' },
          },
        },
      },
      log: { access: 'off' },
      admin: { socket },
      runtime: { workers: 2 },
    }),
  );
  const health = async (): Promise<StatusView['pools'][number]['servers'][number]['health']> => {
    const view = (await callAdmin(socket, 'GET', '/v1/status')) as StatusView; // Our own API.
    return view.pools[0]?.servers[0]?.health ?? null;
  };
  const [[first] = [], [second] = []] = await clientsOfEach(t, proxy, 1);
  assert(first !== undefined && second !== undefined);
  const ask = async (client: typeof first): Promise<number> =>
    statusOf(await client.exchange(request('GET /')));

  // Neither worker sees as many as it takes.
  for (let count = 0; count < FAILURES - 1; count++)
    assert.equal(await ask(count % 2 === 0 ? first : second), 500);
  await until('they are counted together', async () => (await health())?.failures === FAILURES - 1);
  assert.equal((await health())?.state, 'up');
  assert.equal(await ask(second), 500);
  await until('it is out', async () => (await health())?.state === 'down');
  assert.match((await health())?.why ?? '', /failures/);
  for (const client of [first, second]) assert.equal(await ask(client), 503, 'for both workers');
  const view = (await callAdmin(socket, 'GET', '/v1/status')) as StatusView;
  assert.match(
    statusText(view, Date.now()),
    /app +one +127\.0\.0\.1:\d+ +weight 1 .* down for \d+m?s, .*failures/,
  );

  status = 200;
  assert.equal(await ask(first), 503, 'it stays out for as long as configured');
});
