/**
 * HAProxy and ours in front of servers that may each have one request in hand: who is served, who waits, and who is next
 * is the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import { until, Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';
import { Operator } from '../support/operator.ts';
import { serverStatistics } from './haproxy-statistics.ts';

const SKIP = needs('haproxy');

/** A server on which each request is in hand until it is told to answer. */
interface Holding {
  readonly port: number;
  /** Names of the requests in hand. */
  readonly inHand: ReadonlyMap<string, Wire>;
  release(): void;
}

async function startHolding(t: TestContext): Promise<Holding> {
  const inHand = new Map<string, Wire>();
  const server = await scriptedServer(async (wire) => {
    for (;;) {
      const request = await wire.readRequest().catch(() => undefined);
      if (request === undefined) return;
      const name = request.startLine.split(' ')[1]?.slice(1) ?? '';
      inHand.set(name, wire);
    }
  });
  t.after(() => server.close());
  return {
    port: server.port,
    inHand,
    release: () => {
      for (const [name, wire] of inHand)
        wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
      inHand.clear();
    },
  };
}

/** One product with servers `a` and `b`. */
interface Scene {
  readonly port: number;
  readonly servers: Readonly<Record<string, Holding>>;
  /** How many wait: for any server and for one of them. */
  waiting(): Promise<number>;
}

async function startTheirs(t: TestContext, timeout: string): Promise<Scene> {
  const [a, b] = [await startHolding(t), await startHolding(t)];
  const { ports } = await startHaproxy(
    t,
    // Still in the section of defaults.
    `    option abortonclose
global
    stats socket ipv4@127.0.0.1:@stats level admin
frontend front
    mode http
    bind 127.0.0.1:@front
    default_backend app
backend app
    mode http
    balance roundrobin
    timeout queue ${timeout}
    cookie S insert indirect nocache
    server a 127.0.0.1:${a.port} cookie a maxconn 1
    server b 127.0.0.1:${b.port} cookie b maxconn 1
`,
  );
  const queued = async (name: string): Promise<number> =>
    Number((await serverStatistics(ports['stats'] ?? 0, 'app', name))('qcur'));
  return {
    port: ports['front'] ?? 0,
    servers: { a, b },
    waiting: async () => (await queued('BACKEND')) + (await queued('a')) + (await queued('b')),
  };
}

async function startOurs(t: TestContext, timeout: string): Promise<Scene> {
  const [a, b] = [await startHolding(t), await startHolding(t)];
  const operator = new Operator(t);
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: Object.fromEntries(
            Object.entries({ a, b }).map(([name, { port }]) => [
              name,
              { address: `127.0.0.1:${port}`, cookie: name },
            ]),
          ),
          maxConnections: 1,
          queue: 100,
          timeouts: { queue: timeout },
          persistence: { by: 'cookie', cookie: 'S' },
        },
      },
      log: { access: 'off' },
      admin: { socket: operator.socket },
      runtime: { workers: 1 },
    }),
  );
  return {
    port: proxy.port(),
    servers: { a, b },
    waiting: () => operator.metric('sallyport_pool_waiting{kind="pool",pool="app"}'),
  };
}

/** What happens, and who is in hand where then; `w` is how many wait. */
const STORY: readonly (readonly [what: string, then: string])[] = [
  ['send 1', 'a:1 b: w0'],
  ['send 2', 'a:1 b:2 w0'],
  ['send 3', 'a:1 b:2 w1'],
  ['send 4', 'a:1 b:2 w2'],
  ['send 5', 'a:1 b:2 w3'],
  // Who came first is next.
  ['answer a', 'a:3 b:2 w2'],
  ['answer b', 'a:3 b:4 w1'],
  // Who goes away waits no more.
  ['leave 5', 'a:3 b:4 w0'],
  ['send 6', 'a:3 b:4 w1'],
  ['answer a', 'a:6 b:4 w0'],
  // A session waits for its server while others are served by the other one.
  ['send 7 a', 'a:6 b:4 w1'],
  ['send 8', 'a:6 b:4 w2'],
  ['answer b', 'a:6 b:8 w1'],
  ['answer b', 'a:6 b: w1'],
  ['answer a', 'a:7 b: w0'],
  // A session whose server has room is served at once.
  ['send 9 b', 'a:7 b:9 w0'],
  ['send 10 b', 'a:7 b:9 w1'],
  ['answer a', 'a: b:9 w1'],
  ['answer b', 'a: b:10 w0'],
  ['answer b', 'a: b: w0'],
];

for (const [product, start] of [
  ['HAProxy', startTheirs],
  ['Sallyport', startOurs],
] as const) {
  test(`one at a time: who waits and who is next, in ${product}`, { skip: SKIP }, async (t) => {
    const scene = await start(t, '60s');
    const clients = new Map<string, Wire>();
    t.after(() => {
      for (const client of clients.values()) client.close();
    });
    for (const [what, then] of STORY) {
      const [verb = '', name = '', session] = what.split(' ');
      if (verb === 'send') clients.set(name, await send(scene.port, name, session));
      else if (verb === 'leave') clients.get(name)?.close();
      else scene.servers[name]?.release();
      let state = '';
      await until(`${then} after "${what}"`, async () => {
        state = await stateOf(scene);
        return state === then;
      }).catch((error: unknown) => assert.fail(`it is ${state}: ${String(error)}`));
    }
    for (const [name, client] of clients) {
      if (name === '5') continue;
      const response = await client.readResponse();
      assert.equal(`${response.startLine.slice(9, 12)} ${response.body.toString()}`, `200 ${name}`);
    }
  });

  test(`who waits for too long is told 503, in ${product}`, { skip: SKIP }, async (t) => {
    const scene = await start(t, '300ms');
    const clients: Wire[] = [];
    t.after(() => {
      for (const client of clients) client.close();
    });
    for (const name of ['1', '2', '3']) {
      clients.push(await send(scene.port, name));
      const inHand = Math.min(clients.length, 2);
      await until('it is in hand', () => countOf(scene) === inHand);
    }
    assert.match((await clients[2]!.readResponse()).startLine, / 503 /);
    await until('nobody waits', async () => (await stateOf(scene)) === 'a:1 b:2 w0');
    // The others are none the worse for it.
    for (const server of Object.values(scene.servers)) server.release();
    for (const client of clients.slice(0, 2)) assert.match((await client.readResponse()).startLine, / 200 /);
  });
}

async function send(port: number, name: string, session?: string): Promise<Wire> {
  const client = await Wire.connect(port);
  const cookie = session === undefined ? '' : `Cookie: S=${session}\r\n`;
  client.send(`GET /${name} HTTP/1.1\r\nHost: app.example\r\n${cookie}\r\n`);
  return client;
}

async function stateOf(scene: Scene): Promise<string> {
  const waiting = await scene.waiting();
  const inHand = Object.entries(scene.servers).map(
    ([name, server]) => `${name}:${[...server.inHand.keys()].join()}`,
  );
  return `${inHand.join(' ')} w${waiting}`;
}

function countOf({ servers }: Scene): number {
  return Object.values(servers).reduce((sum, { inHand }) => sum + inHand.size, 0);
}
