/** Live reload: another configuration under load, and nobody notices but by what it says. */
import assert from 'node:assert/strict';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import { until } from '../support/wire.ts';

/** How many reloads the load has to bear. A few in the ordinary suite; the bar is 1,000. */
const RELOADS = Number(process.env['RELOADS'] ?? 60);
const CLIENTS = 8;

/** A server that says its name, and counts connections. */
async function origin(t: TestContext, name: string): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    incoming.resume();
    incoming.on('end', () => response.end(name));
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(agent: Agent, port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, port, host: '127.0.0.1', path }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

interface Settings {
  readonly pools: Readonly<Record<string, unknown>>;
  readonly listener?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

function configOf({ pools, listener = {}, more = {} }: Settings): string {
  return JSON.stringify({
    listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off', ...listener } },
    pools,
    log: { access: 'off' },
    admin: { socket: 'off' },
    runtime: { workers: 2 },
    ...more,
  });
}

async function reload(proxy: Supervised, text: string): Promise<void> {
  proxy.configure(text);
  const reloaded = await proxy.supervisor.reload();
  assert.equal(reloaded.kind, 'ok', reloaded.kind === 'bad' ? reloaded.problems.join('\n') : '');
}

test('a request on a connection that stays is served by the configuration of its moment', async (t) => {
  const [one, two] = [await origin(t, 'one'), await origin(t, 'two')];
  const proxy = await startSupervised(
    t,
    configOf({ pools: { app: { servers: [`127.0.0.1:${one.port}`] } } }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  assert.equal((await get(agent, proxy.port(), '/')).body, 'one');
  const port = proxy.port();
  await reload(proxy, configOf({ pools: { app: { servers: [`127.0.0.1:${two.port}`] } } }));
  assert.equal(proxy.port(), port, 'the socket stays');
  assert.equal((await get(agent, port, '/')).body, 'two');
  assert.equal(Object.values(agent.freeSockets).flat().length, 1, 'the connection stays');
});

test('connections to servers that stay are kept', async (t) => {
  const one = await origin(t, 'one');
  const proxy = await startSupervised(
    t,
    configOf({ pools: { app: { servers: [`127.0.0.1:${one.port}`] } } }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  await get(agent, proxy.port(), '/');
  await reload(proxy, configOf({ pools: { app: { servers: [`127.0.0.1:${one.port}`], retries: 0 } } }));
  await get(agent, proxy.port(), '/');
  assert.equal(one.connections(), 1);
});

const BAD: readonly [string, string, RegExp][] = [
  ['no YAML', '{', /error/],
  ['a pool that is not there', configOf({ pools: {} }), /app/],
  [
    'rules that are not there',
    configOf({
      pools: { app: { servers: ['127.0.0.1:9'] } },
      listener: { inspection: 'on' },
      more: { inspection: { rules: ['/nowhere/x.conf'] } },
    }),
    /no file has this name/,
  ],
  [
    'an address of another host',
    configOf({ pools: { app: { servers: ['127.0.0.1:9'] } }, listener: { bind: '192.0.2.1:80' } }),
    /this host does not have the address/,
  ],
];

for (const [name, text, expected] of BAD) {
  test(`a configuration with ${name} changes nothing and says why`, async (t) => {
    const one = await origin(t, 'one');
    const good = configOf({ pools: { app: { servers: [`127.0.0.1:${one.port}`] } } });
    const proxy = await startSupervised(t, good);
    proxy.configure(text);
    const reloaded = await proxy.supervisor.reload();
    assert.equal(reloaded.kind, 'bad');
    assert.match(reloaded.problems.join('\n'), expected);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    assert.equal((await get(agent, proxy.port(), '/')).body, 'one');
    await reload(proxy, good);
  });
}

test('the log level is that of the last configuration, whatever was set meanwhile', async (t) => {
  const pools = { app: { servers: ['127.0.0.1:1'] } };
  const log = { access: 'off', level: 'error' };
  const proxy = await startSupervised(t, configOf({ pools }));
  assert.equal(proxy.supervisor.log.level, 'info');
  await reload(proxy, configOf({ pools, more: { log } }));
  assert.equal(proxy.supervisor.log.level, 'error');
  proxy.supervisor.log.level = 'debug';
  await reload(proxy, configOf({ pools, more: { log } }));
  assert.equal(proxy.supervisor.log.level, 'error');
});

test('a listener that is new opens, one that is gone closes, with its idle connections', async (t) => {
  const one = await origin(t, 'one');
  const pools = { app: { servers: [`127.0.0.1:${one.port}`] } };
  const web = { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' };
  const proxy = await startSupervised(t, configOf({ pools }));
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const port = proxy.port('web');
  await get(agent, port, '/');
  await reload(
    proxy,
    configOf({ pools, more: { listeners: { web, other: { ...web, bind: '127.0.0.2:0' } } } }),
  );
  assert.equal(proxy.port('web'), port);
  const other = proxy.supervisor.bound.find(({ listener }) => listener === 'other');
  assert.equal(other?.host, '127.0.0.2');
  await reload(proxy, configOf({ pools, more: { listeners: { other: { ...web, bind: '127.0.0.2:0' } } } }));
  await assert.rejects(get(new Agent(), port, '/'), { code: 'ECONNREFUSED' });
  await until('the idle connection is closed', () => Object.values(agent.freeSockets).flat().length === 0);
});

test(`${RELOADS} reloads under load: not one request fails or is answered by what never was`, async (t) => {
  const names = ['one', 'two', 'three'];
  const origins = await Promise.all(names.map((name) => origin(t, name)));
  const servers = origins.map(({ port }, index) => ({
    name: names[index] ?? '',
    address: `127.0.0.1:${port}`,
  }));
  /** Every configuration has two of the three servers, and says which by a path that only it refuses. */
  const configAt = (turn: number): string => {
    const some = servers.filter((_, index) => index !== turn % 3);
    const pool = Object.fromEntries(
      some.map(({ name, address }) => [name, { address, weight: 1 + (turn % 4) }]),
    );
    return configOf({
      pools: { app: { servers: pool }, [`spare${turn % 5}`]: { servers: ['127.0.0.1:9'] } },
      more: { routes: { spare: { paths: ['/spare'], pool: `spare${turn % 5}` } } },
      listener: { routes: ['spare'], limits: { headerCount: 50 + (turn % 2) } },
    });
  };
  const proxy = await startSupervised(t, configAt(0));
  const port = proxy.port();
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  t.after(() => agent.destroy());
  let isOver = false;
  let answered = 0;
  const problems: string[] = [];
  const client = async (): Promise<void> => {
    while (!isOver) {
      try {
        const { status, body } = await get(agent, port, '/');
        answered++;
        if (status !== 200 || !names.includes(body)) problems.push(`${status} ${body}`);
      } catch (error) {
        problems.push(String(error));
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  for (let turn = 1; turn <= RELOADS; turn++) {
    if (turn % 10 === 0) {
      proxy.configure('listeners: nonsense');
      assert.equal((await proxy.supervisor.reload()).kind, 'bad');
    } else {
      await reload(proxy, configAt(turn));
    }
  }
  isOver = true;
  await Promise.all(clients);
  assert.deepEqual(problems.slice(0, 5), []);
  assert.ok(answered > RELOADS / 4, `only ${answered} requests were answered meanwhile`);
  await until('nothing works by an earlier configuration', () => proxy.supervisor.workers.isSettled);
});

test('more attackers than there is memory for are warned of, fewer are not', async (t) => {
  const { port } = await origin(t, 'one');
  const withMax = (max: number): string =>
    configOf({ pools: { app: { servers: [`127.0.0.1:${port}`] } }, more: { attackers: { max } } });
  const proxy = await startSupervised(t, withMax(100));
  for (const [max, warnings] of [
    [50, []],
    [100, []],
    [
      101,
      [
        'Key "attackers.max" is 101, and there is memory for 100 marks: beyond that the one that ends first makes room until Sallyport is started anew',
      ],
    ],
  ] as const) {
    proxy.configure(withMax(max));
    assert.deepEqual(await proxy.supervisor.reload(), { kind: 'ok', warnings });
  }
});

test('reloads that are asked for while another one waits are one', async (t) => {
  const app = await origin(t, 'app');
  const text = (server: string): string =>
    configOf({ pools: { app: { servers: { [server]: `127.0.0.1:${app.port}` } } } });
  const proxy = await startSupervised(t, text('a'));
  const reloads = (): number => proxy.log.filter((line) => line.includes('"Reloaded"')).length;
  const first = Array.from({ length: 50 }, () => proxy.supervisor.reload());
  assert.equal(new Set(first).size, 1);
  await until('it has begun', () => proxy.supervisor.reload() !== first[0]);
  // The one that waits reads what is there when it begins.
  proxy.configure('nothing: right');
  const second = Array.from({ length: 50 }, () => proxy.supervisor.reload());
  assert.equal(new Set(second).size, 1);
  proxy.configure(text('b'));
  assert.equal((await first[0])?.kind, 'ok');
  assert.equal((await second[0])?.kind, 'ok');
  assert.equal(reloads(), 2);
  assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  assert.equal(reloads(), 3);
});
