/** The system gives few descriptors: who there is room for is served, the others are told at once, and nothing dies. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { StatusView } from '../../src/admin/views.ts';
import { request, statusOf } from '../support/message.ts';
import { until, Wire } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';

const LIMIT = 400;
const WORKERS = 2;
/** What is kept for everything else is in runtime/descriptor-room.ts: here with one address. */
const roomOf = (workers: number): number => Math.floor((LIMIT - 192 - workers * (32 + 16)) / 2);
const ROOM = roomOf(WORKERS);

const SKIP = process.platform === 'linux' ? false : 'the limit is known on Linux alone';

const limitedTo = (count: number): readonly string[] => ['sh', '-c', `ulimit -n ${count}; exec "$@"`, 'sh'];

interface Gathering {
  readonly port: number;
  /** Answers everything that waits. */
  release(): void;
  readonly waiting: number;
}

/** A server that answers nobody before it is told to. */
async function gathering(t: TestContext): Promise<Gathering> {
  let waiting: ServerResponse[] = [];
  const server = createServer((_request, response) => waiting.push(response));
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    port: (server.address() as AddressInfo).port,
    release: () => {
      for (const response of waiting) response.end('ok');
      waiting = [];
    },
    get waiting() {
      return waiting.length;
    },
  };
}

async function start(
  t: TestContext,
  servers: readonly Gathering[],
  { workers = WORKERS, pool = {} }: { readonly workers?: number; readonly pool?: object } = {},
): Promise<{ readonly command: Command; readonly port: number; readonly admin: string }> {
  const folder = makeFolder(t);
  const admin = join(folder, 'admin.sock');
  const config = {
    listeners: { web: { bind: '127.0.0.1:0', routes: servers.map((_, index) => `r${index}`) } },
    routes: Object.fromEntries(
      servers.map((_, index) => [`r${index}`, { paths: [`/${index}`], pool: `p${index}` }]),
    ),
    pools: Object.fromEntries(
      servers.map(({ port }, index) => [
        `p${index}`,
        // One failure that is its own would take a server out.
        { servers: [`127.0.0.1:${port}`], health: { passive: { failures: 1 } }, ...pool },
      ]),
    ),
    admin: { socket: admin },
    log: { access: 'json', to: 'stdout' },
    runtime: { workers },
  };
  const file = join(folder, 'sallyport.json');
  writeFileSync(file, JSON.stringify(config));
  const command = new Command(t, ['run', '-c', file], { prefix: limitedTo(LIMIT) });
  return { command, port: await command.port('web'), admin };
}

const connectMany = (port: number, count: number): Promise<Wire[]> =>
  Promise.all(Array.from({ length: count }, () => Wire.connect(port)));

test(
  'beyond the room that descriptors leave connections are closed; what is open is served',
  { skip: SKIP },
  async (t) => {
    const server = await gathering(t);
    const { command, port, admin } = await start(t, [server]);
    const wires = await connectMany(port, ROOM + 40);
    for (const wire of wires) wire.send(request('GET /0'));
    await until('all that fit have come to the server', () => server.waiting === ROOM);
    await until(
      'the others are closed',
      () => wires.filter(({ ending }) => ending !== undefined).length === 40,
    );
    server.release();
    const served = wires.filter(({ ending }) => ending === undefined);
    assert.equal(served.length, ROOM);
    for (const wire of served) assert.equal(statusOf(await wire.readResponse()), 200);
    for (const wire of served) wire.socket.destroy();
    await until('their connections are gone', async () => {
      const status = await runCommand(t, ['status', '--json', '-s', admin]);
      assert.equal(status.code, 0, status.stderr);
      return (JSON.parse(status.stdout) as StatusView).listeners[0]?.connections === 0; // Our own API.
    });
    // What they had is free again.
    const again = await Wire.connect(port);
    again.send(request('GET /0'));
    await until('it has come', () => server.waiting === 1);
    server.release();
    assert.equal(statusOf(await again.readResponse()), 200);
    assert.doesNotMatch(command.stderr, /died/);
  },
);

test(
  'idle connections to servers are closed when no descriptor is left for another one',
  { skip: SKIP },
  async (t) => {
    // Each pool keeps what it had: together that is more than there are descriptors.
    const servers = await Promise.all(Array.from({ length: 6 }, () => gathering(t)));
    const room = roomOf(1);
    assert(room * (servers.length + 1) > LIMIT);
    // Whatever retries there are: many find nothing in the turn in which the first one makes room for all. One worker: what
    // another one keeps idle, nobody else can close.
    const { command, port } = await start(t, servers, { workers: 1, pool: { retries: 0 } });
    const wires = await connectMany(port, room);
    const statuses = new Map<number, number>();
    for (const [index, server] of servers.entries()) {
      for (const wire of wires) wire.send(request(`GET /${index}`));
      const answers = Promise.all(wires.map((wire) => wire.readResponse()));
      await until(`all have come to server ${index}, or were told`, () => {
        const told = [...command.stdout.matchAll(/"end":"system-limit"/g)].length;
        return server.waiting + told - (statuses.get(503) ?? 0) >= room;
      });
      server.release();
      for (const answer of await answers) {
        const status = statusOf(answer);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }
    assert.deepEqual(Object.fromEntries(statuses), { 200: room * servers.length });
    assert.doesNotMatch(command.stderr, /died|is down/);
  },
);

test('too few for anything are a mistake that is told at the start', { skip: SKIP }, async (t) => {
  const folder = makeFolder(t, {
    'sallyport.yaml':
      'listeners: { web: { bind: "127.0.0.1:0", pool: app } }\npools: { app: { servers: ["127.0.0.1:9"] } }\nadmin: { socket: off }\nruntime: { workers: 2 }\n',
  });
  const ended = await runCommand(t, ['run', '-c', join(folder, 'sallyport.yaml')], {
    prefix: limitedTo(200),
  });
  assert.equal(ended.code, 1);
  assert.match(
    ended.stderr,
    /gives 200 open files, and at least 320 are needed; raise the limit \(ulimit -n/,
  );
});

test(
  'a listener that was given more connections than there are descriptors for is told of',
  { skip: SKIP },
  async (t) => {
    const folder = makeFolder(t, {
      'sallyport.yaml':
        'listeners: { web: { bind: "127.0.0.1:0", pool: app, limits: { connections: 5000 } } }\npools: { app: { servers: ["127.0.0.1:9"] } }\nadmin: { socket: off }\nruntime: { workers: 1 }\n',
    });
    const command = new Command(t, ['run', '-c', join(folder, 'sallyport.yaml')], {
      prefix: limitedTo(1024),
    });
    await command.port('web');
    await command.printed(
      'stderr',
      /Listener \\?"web\\?" may have 5000 connections, but .* enough for 392 of all listeners/,
    );
  },
);
