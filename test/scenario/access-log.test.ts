/** The access log of several workers: one writer, whatever happens to those who make the lines. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';

const CLIENTS = 12;
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Scene {
  readonly proxy: Supervised;
  readonly file: string;
  /** The configuration with another log. */
  readonly configure: (log: object) => void;
  /** Sends so many requests with targets `/name-N`, over connections of several workers, and reads the answers. */
  readonly ask: (name: string, count: number) => Promise<void>;
}

async function start(t: TestContext): Promise<Scene> {
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', () => wire.send(RESPONSE));
  });
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-access-log-'));
  const file = join(folder, 'access.log');
  const text = (log: object): string =>
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
      log,
      admin: { socket: 'off' },
      runtime: { workers: 2 },
    });
  const proxy = await startSupervised(t, text({ access: 'json', to: file }));
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return {
    proxy,
    file,
    configure: (log) => proxy.configure(text(log)),
    ask: async (name, count) => {
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Wire.connect(proxy.port())));
      for (let index = 0; index < count; index += CLIENTS) {
        const asked = clients.slice(0, count - index).map(async (client, place) => {
          client.send(`GET /${name}-${index + place} HTTP/1.1\r\nHost: a\r\n\r\n`);
          await client.readUntil('ok');
        });
        await Promise.all(asked);
      }
      for (const client of clients) client.close();
    },
  };
}

/** How many lines end in a file now. */
function countIn(file: string): number {
  return existsSync(file) ? readFileSync(file, 'latin1').split('\n').length - 1 : 0;
}

/** The targets of the lines in a file, each of which has to be whole. */
function targetsIn(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'latin1').split('\n');
  assert.equal(lines.pop(), '', 'the last line is whole');
  return lines.map((line) => (JSON.parse(line) as { request: { target: string } }).request.target);
}

const expected = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `/${name}-${index}`).sort();

test('the lines of a worker that dies are written, and those of its successor after them', async (t) => {
  const { proxy, file, ask } = await start(t);
  const [victim] = proxy.supervisor.workers.serving;
  assert(victim !== undefined);
  await ask('before', 240);
  // A line is made once its answer is sent. Who answers this has made all of them.
  await victim.link.ask('ping', undefined, { withinMs: 10_000 });
  // At once: what was put into the rings during the last tenth of a second is not in the file yet.
  await victim.terminate();
  await until('a successor serves', () => proxy.supervisor.workers.serving.length === 2);
  await ask('after', 240);
  await until('all is written', () => countIn(file) >= 480);
  assert.deepEqual(targetsIn(file).sort(), [...expected('after', 240), ...expected('before', 240)].sort());
});

test('a rotation under load loses no line and cuts none', async (t) => {
  const { proxy, file, ask } = await start(t);
  // For as long as there is something to rotate, however fast this machine is.
  const load = { isOver: false };
  const asked = (async (): Promise<string[]> => {
    const all: string[] = [];
    for (let round = 0; round < 10 || (!load.isOver && round < 500); round++) {
      await ask(`round-${round}`, 120);
      all.push(...expected(`round-${round}`, 120));
    }
    return all.sort();
  })();
  for (let rotation = 1; rotation <= 3; rotation++) {
    await until('there is a line', () => countIn(file) > 0);
    renameSync(file, `${file}.${rotation}`);
    proxy.supervisor.reopenLogs();
  }
  load.isOver = true;
  const all = await asked;
  const files = [`${file}.1`, `${file}.2`, `${file}.3`, file];
  await until('all is written', () => files.reduce((sum, one) => sum + countIn(one), 0) >= all.length);
  assert.deepEqual(files.flatMap(targetsIn).sort(), all);
});

test('a reload that moves the log leaves earlier lines where they were, and none is written while it is off', async (t) => {
  const { proxy, file, configure, ask } = await start(t);
  await ask('one', 50);
  configure({ access: 'json', to: `${file}.next` });
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  assert.deepEqual(targetsIn(file).sort(), expected('one', 50));
  await ask('two', 50);
  configure({ access: 'off' });
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  await ask('silent', 50);
  configure({ access: 'json', to: `${file}.last` });
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  await ask('three', 50);
  await proxy.supervisor.stop(1000);
  assert.deepEqual(targetsIn(`${file}.next`).sort(), expected('two', 50));
  assert.deepEqual(targetsIn(`${file}.last`).sort(), expected('three', 50));
});
