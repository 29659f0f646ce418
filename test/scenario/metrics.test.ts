/** Metrics outlive what they were counted by: a worker that is killed, a configuration that is replaced. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';

const WORKERS = 2;
const EXCHANGES = 'sallyport_exchanges_total{listener="web",route="",verdict="continue",class="2xx"}';
const ofServer = (server: string): string =>
  `sallyport_server_exchanges_total{kind="pool",pool="app",server="${server}",class="2xx"}`;

interface Counted extends Supervised {
  /** The value of a series, 0 where it is not shown. */
  value(series: string): Promise<number>;
  /** The configuration with servers of these names. */
  text(...servers: readonly string[]): string;
  /** Asks so many times, each over a connection of its own, so that both workers have their part. */
  ask(count: number): Promise<void>;
}

async function start(t: TestContext): Promise<Counted> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-metrics-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, 'admin.sock');
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', () => wire.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  t.after(() => server.close());
  const text = (...servers: readonly string[]): string =>
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: { servers: Object.fromEntries(servers.map((name) => [name, `127.0.0.1:${server.port}`])) },
      },
      log: { access: 'off' },
      admin: { socket },
      runtime: { workers: WORKERS },
    });
  const proxy = await startSupervised(t, text('s1'));
  return {
    ...proxy,
    text,
    value: async (series) => valueIn(await readMetrics(socket), series),
    ask: async (count) => {
      for (let index = 0; index < count; index++) {
        const client = await Wire.connect(proxy.port());
        client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        await client.readUntil('ok');
        client.close();
      }
    },
  };
}

function readMetrics(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: '/metrics', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function valueIn(exposition: string, series: string): number {
  const line = exposition.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** A client has its answer a moment before the exchange is recorded. */
async function untilValue(proxy: Counted, series: string, expected: number): Promise<void> {
  let value = NaN;
  await until(`${series} is ${expected}`, async () => {
    value = await proxy.value(series);
    return value >= expected;
  });
  assert.equal(value, expected, series);
}

test('what workers have counted stays when they are killed, and their successors count on', async (t) => {
  const proxy = await start(t);
  await proxy.ask(20);
  await untilValue(proxy, EXCHANGES, 20);
  assert.equal(await proxy.value('sallyport_workers_died_total'), 0);
  // Each of them: whichever counted, is gone.
  for (const victim of [...proxy.supervisor.workers.serving]) {
    await victim.terminate();
    await until('both serve again', () => proxy.supervisor.workers.serving.length === WORKERS);
  }
  assert.equal(await proxy.value(EXCHANGES), 20);
  assert.equal(await proxy.value(ofServer('s1')), 20);
  assert.equal(await proxy.value('sallyport_workers_died_total'), WORKERS);
  await proxy.ask(10);
  await untilValue(proxy, EXCHANGES, 30);
  await untilValue(proxy, ofServer('s1'), 30);
});

test('a name that stays through a reload keeps its counts, and one that comes begins at 0', async (t) => {
  const proxy = await start(t);
  await proxy.ask(10);
  await untilValue(proxy, ofServer('s1'), 10);
  proxy.configure(proxy.text('s0', 's1'));
  assert.deepEqual(await proxy.supervisor.reload(), { kind: 'ok', warnings: [] });
  assert.equal(await proxy.value(ofServer('s1')), 10);
  assert.equal(await proxy.value(ofServer('s0')), 0);
  await proxy.ask(10);
  await untilValue(proxy, EXCHANGES, 20);
  const [first, second] = [await proxy.value(ofServer('s0')), await proxy.value(ofServer('s1'))];
  assert.ok(first > 0 && second > 10, `both are used: ${first}, ${second}`);
  assert.equal(first + second, 20);
});

test('reloads are counted by their result, and one that is refused changes no count', async (t) => {
  const proxy = await start(t);
  await proxy.ask(5);
  await untilValue(proxy, EXCHANGES, 5);
  const results = ['ok', 'bad'].map((result) => `sallyport_reloads_total{result="${result}"}`);
  const values = (): Promise<number[]> => Promise.all(results.map((series) => proxy.value(series)));
  assert.deepEqual(await values(), [0, 0]);
  proxy.configure('listeners: {}');
  assert.equal((await proxy.supervisor.reload()).kind, 'bad');
  assert.deepEqual(await values(), [0, 1]);
  proxy.configure(proxy.text('s1'));
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  assert.deepEqual(await values(), [1, 1]);
  assert.equal(await proxy.value(EXCHANGES), 5);
});
