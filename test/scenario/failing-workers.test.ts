/** Workers that fail in every way they can: what is lost, what is not, and what is said. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { StatusView } from '../../src/admin/views.ts';
import { clientsOfEach } from '../support/each-worker.ts';
import { DEAD_AT_START, FAILING_WORKER, failWorker } from '../support/failing-worker.ts';
import type { Failure } from '../support/failing-worker.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { pause, Wire } from '../support/wire.ts';

const WORKERS = 2;
/** A thread that starts on a busy machine answers nobody for seconds. */
const HANG_MS = 10_000;
const WAIT_MS = 60_000;
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const asking = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

interface Scene {
  readonly proxy: Supervised;
  readonly status: () => Promise<StatusView>;
  /** Requests that the server has got. */
  readonly targets: readonly string[];
}

/** A pool that has one place; `/wait` is never answered. */
async function start(t: TestContext, workerMemory = '1GiB'): Promise<Scene> {
  const targets: string[] = [];
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', (bytes) => {
      const target = bytes.toString('latin1').split(' ')[1] ?? '';
      targets.push(target);
      if (target !== '/wait') wire.send(RESPONSE);
    });
  });
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
          servers: [`127.0.0.1:${server.port}`],
          maxConnections: 1,
          queue: 10,
          timeouts: { queue: '60s' },
        },
      },
      log: { access: 'off' },
      admin: { socket },
      runtime: { workers: WORKERS, workerMemory },
    }),
    { worker: { entry: FAILING_WORKER, hangMs: HANG_MS, aliveMs: HANG_MS } },
  );
  return { proxy, status: () => readStatus(socket), targets };
}

function readStatus(socketPath: string): Promise<StatusView> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: '/v1/status', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(JSON.parse(body) as StatusView)); // Our own API.
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** True when the client is answered, false when its connection is gone. */
async function asks(client: Wire): Promise<boolean> {
  try {
    client.send(asking('/'));
    await client.readUntil('ok');
    return true;
  } catch {
    return false;
  }
}

/** Starting a worker takes some seconds on a busy machine. */
async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endAt = Date.now() + WAIT_MS;
  while (!(await isSo())) {
    assert(Date.now() < endAt, `waited in vain until ${what}`);
    await pause(10);
  }
}

const FAILURES: readonly (readonly [what: string, failure: Failure, why: RegExp, workerMemory?: string])[] = [
  ['ends', 'exit', /"why":"it ended with code 7"/],
  ['throws', 'throw', /"why":"thrown on purpose at [^"]*failing-worker\.ts/],
  ['rejects a promise', 'reject', /"why":"rejected on purpose at [^"]*failing-worker\.ts/],
  [
    'needs too much memory',
    'memory',
    /"why":"it needed more JavaScript memory than \\"runtime\.workerMemory\\" allows"/,
    '64MiB',
  ],
  ['hangs', 'hang', /"why":"it did not answer"/],
];

for (const [what, failure, why, workerMemory] of FAILURES) {
  test(`a worker that ${what} loses its own connections and nothing else, and is replaced`, async (t) => {
    const { proxy, status, targets } = await start(t, workerMemory);
    const [[holder, ...others] = [], staying = []] = await clientsOfEach(t, proxy, 3);
    assert(holder !== undefined);
    for (const client of [...others, ...staying]) assert.ok(await asks(client));
    await eventually('all are counted', async () => (await status()).exchanges.continue === 5);
    // It has the one place of the server when it fails.
    holder.send(asking('/wait'));
    await eventually('the server has it', () => targets.includes('/wait'));
    const waiting = staying[0];
    assert(waiting !== undefined);
    waiting.send(asking('/queued'));

    failWorker(0, failure);
    await eventually('it is noticed', () => /A worker has died/.test(proxy.log.join('')));
    await waiting.readUntil('ok');
    await holder.ended();
    for (const client of others) assert.equal(await asks(client), false, 'its own are gone');
    for (const client of staying) assert.ok(await asks(client), 'those of the other are not touched');

    await eventually('both serve again', () => proxy.supervisor.workers.serving.length === WORKERS);
    const text = proxy.log.join('');
    assert.match(text, why);
    assert.equal(text.match(/A worker has died and is replaced/g)?.length, 1);
    assert.equal(text.match(/does not answer/g)?.length ?? 0, failure === 'hang' ? 1 : 0);
    await clientsOfEach(t, proxy, 1);
    const after = await status();
    assert.deepEqual(after.workers, { count: WORKERS, answering: WORKERS, died: 1 });
    assert.equal(after.exchanges.continue, 5 + 1 + staying.length, 'what was counted is kept');
    assert.equal(after.listeners[0]?.connections, staying.length + WORKERS, 'and what is gone is not');
    assert.equal(after.pools[0]?.servers[0]?.busy, 0);
  });
}

test('while a worker hangs, nobody who comes is kept waiting longer than it takes to notice', async (t) => {
  const { proxy } = await start(t);
  failWorker(0, 'hang');
  await eventually('it is noticed', () => /does not answer/.test(proxy.log.join('')));
  for (let count = 0; count < 20; count++) {
    const client = await Wire.connect(proxy.port());
    assert.ok(await asks(client));
    client.close();
  }
});

test('workers that die as soon as they are started are given up, with the reason', async (t) => {
  const { proxy } = await start(t);
  const hopeless = assert.rejects(proxy.supervisor.hopeless, {
    message: 'Cannot go on: workers die as soon as they are started: it ended with code 9',
  });
  process.env[DEAD_AT_START] = '1';
  t.after(() => Reflect.deleteProperty(process.env, DEAD_AT_START));
  for (let worker = 0; worker < WORKERS; worker++) failWorker(worker, 'exit');
  await hopeless;
  await assert.rejects(Wire.connect(proxy.port()).then((client) => client.readUntil('ok')));
});

test('one worker that cannot be replaced is no reason to end the others', async (t) => {
  const { proxy, status } = await start(t);
  let isHopeless = false;
  proxy.supervisor.hopeless.catch(() => {
    isHopeless = true;
  });
  process.env[DEAD_AT_START] = '1';
  t.after(() => Reflect.deleteProperty(process.env, DEAD_AT_START));
  failWorker(0, 'exit');
  const deaths = (): number => proxy.log.join('').match(/A worker has died/g)?.length ?? 0;
  await eventually('it has died again and again', () => deaths() > 6);
  await eventually('the watchdog is not fed', () => !proxy.supervisor.workers.isAlive);
  assert.equal(isHopeless, false);
  for (let count = 0; count < 10; count++) {
    const client = await Wire.connect(proxy.port());
    assert.ok(await asks(client));
    client.close();
  }
  const { workers } = await status();
  assert.equal(workers.answering, 1);
  Reflect.deleteProperty(process.env, DEAD_AT_START);
  await eventually('both serve again', () => proxy.supervisor.workers.serving.length === WORKERS);
  await eventually('the watchdog is fed again', () => proxy.supervisor.workers.isAlive);
});

test('a worker that dies is replaced by the thread that waits for it, which has the rules of the last reload', async (t) => {
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', () => wire.send(RESPONSE));
  });
  t.after(() => server.close());
  const folder = mkdtempSync(join(tmpdir(), 'spt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rules = join(folder, 'rules.conf');
  const denies = (word: string): void =>
    writeFileSync(rules, `SecRule ARGS "@contains ${word}" "id:1,phase:1,deny,status:403"`);
  denies('first');
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'on' } },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
      inspection: { rules: [rules] },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: 1 },
    }),
    { worker: { entry: FAILING_WORKER, spareAfterMs: 1 } },
  );
  const statusOf = async (path: string): Promise<string> => {
    const client = await Wire.connect(proxy.port());
    client.send(asking(path));
    const text = await client.readUntil('\r\n\r\n');
    client.close();
    return text.slice(9, 12);
  };
  const { workers } = proxy.supervisor;
  for (const word of ['first', 'second', 'third']) {
    await eventually('a thread waits', () => workers.hasSpare);
    denies(word);
    assert.equal((await proxy.supervisor.reload()).kind, 'ok');
    const [before] = workers.serving;
    failWorker(0, 'throw');
    await eventually('another one serves', () => workers.serving.some((worker) => worker !== before));
    assert.equal(workers.serving[0]?.isSpare, true);
    assert.equal(await statusOf(`/?a=${word}`), '403');
    assert.equal(await statusOf('/?a=other'), '200');
  }
  assert.doesNotMatch(proxy.log.join(''), /A thread that waited/);
});

/** So many that they need more than the least memory that a worker can be given. */
function heavyRules(count: number): string {
  const rule = (index: number): string =>
    `SecRule ARGS "@rx word${index}[a-z]{3,9}" "id:${1_000_000 + index},deny"`;
  return Array.from({ length: count }, (_, index) => rule(index)).join('\n');
}

test('rules that need more memory than a worker may have are a reload that fails, and cost nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'spt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rules = join(folder, 'rules.conf');
  writeFileSync(rules, heavyRules(1));
  const text = (header: number): string =>
    JSON.stringify({
      listeners: {
        web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'on', limits: { headerCount: header } },
      },
      pools: { app: { servers: ['127.0.0.1:9'] } },
      inspection: { rules: [rules] },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: WORKERS, workerMemory: '64MiB' },
    });
  const proxy = await startSupervised(t, text(50));
  const staying = (await clientsOfEach(t, proxy, 2)).flat();
  writeFileSync(rules, heavyRules(100_000));
  proxy.configure(text(51));
  const reloaded = await proxy.supervisor.reload();
  assert.equal(reloaded.kind, 'bad');
  assert.match(
    reloaded.problems.join('\n'),
    /^Cannot compile the rules: it needed more JavaScript memory than "runtime\.workerMemory" allows \(while reading .*rules\.conf\)$/,
  );
  writeFileSync(rules, heavyRules(1));
  for (const client of staying) {
    client.send(asking('/'));
    await client.readUntil('HTTP/1.1 50');
  }
  assert.doesNotMatch(proxy.log.join(''), /has died/);
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
});
