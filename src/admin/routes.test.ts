import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { sampleClient, sampleRecord } from '../../test/support/exchange-record.ts';
import { Attackers } from '../decoy/attackers.ts';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import { parseAddress } from '../net/address.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { FAMILIES } from '../record/metrics/families.ts';
import type { AdminAnswer, AdminServices, ServerControl, ServerPath } from './call.ts';
import { answerAdmin } from './routes.ts';
import type { ServerTraffic, TrafficView } from './traffic-view.ts';
import type { StatusView } from './views.ts';
import { exchangeView } from './views.ts';

const STATUS: StatusView = {
  version: '0.1.0',
  pid: 1,
  startedAtMs: 0,
  configuration: 'sallyport.yaml',
  workers: { count: 2, answering: 2, died: 0 },
  listeners: [],
  pools: [],
  exchanges: { continue: 1, reply: 0, deceive: 0, drop: 0 },
  attackers: { count: 0, max: 10, dropped: 0 },
  accessLog: { dropped: 0 },
};

const TRAFFIC: TrafficView = {
  atMs: 0,
  workers: [],
  cpuSeconds: 0,
  memoryBytes: 0,
  bounds: [],
  listeners: [],
  servers: [],
};

const SERVER: ServerTraffic = {
  pool: 'app',
  isDecoy: false,
  name: 's 1',
  isBackup: false,
  servedBy: null,
  state: 'up',
  mode: 'ready',
  weight: 1,
  slowStart: null,
  inUse: 0,
  waiting: 0,
  load: null,
  exchanges: 0,
  failures: 0,
  firstByteSeconds: 0,
  firstBytes: 0,
};

/** One server, "s 1" of pool "app". */
function sampleServers(): ServerControl {
  let server = SERVER;
  const isIt = ({ kind, pool, server: name }: ServerPath): boolean =>
    kind === 'pool' && pool === 'app' && name === 's 1';
  return {
    view: (path) => (isIt(path) ? server : undefined),
    change: (path, { mode, weight }) => {
      if (!isIt(path)) return undefined;
      server = {
        ...server,
        mode: mode ?? server.mode,
        weight: weight === undefined ? server.weight : (weight ?? 1),
      };
      return server;
    },
  };
}

function services(record?: ExchangeRecord): AdminServices {
  const loopback = parseCidr('127.0.0.0/8');
  assert.ok(typeof loopback === 'object');
  const never = CidrSet.of([loopback]);
  return {
    attackers: new Attackers({ markForMs: 60_000, max: 10, never }, () => 1_000_000),
    explain: (id) => Promise.resolve(record?.id === id ? exchangeView(record) : undefined),
    status: () => Promise.resolve(STATUS),
    reload: () => Promise.resolve({ kind: 'ok', warnings: ['a warning'] }),
    metrics: () => Promise.resolve([{ family: FAMILIES.attackers, labels: [], value: 3 }]),
    traffic: () => Promise.resolve({ ...TRAFFIC, cpuSeconds: 2 }),
    servers: sampleServers(),
    log: { level: 'info' },
  };
}

function call(on: AdminServices, method: string, target: string, body: unknown = ''): Promise<AdminAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answerAdmin({ method, target, accept: '', body: text }, on);
}

test('GET /v1/status shows the status', async () => {
  assert.deepEqual(await call(services(), 'GET', '/v1/status'), { status: 200, body: STATUS });
});

test('GET /v1/traffic shows counts', async () => {
  const { body } = await call(services(), 'GET', '/v1/traffic');
  assert.deepEqual(body, { ...TRAFFIC, cpuSeconds: 2 });
});

const S1 = '/v1/pools/app/servers/s%201';

test('a server is drained, weighed, and as it was again', async () => {
  const on = services();
  const changed = async (body: unknown): Promise<unknown> => (await call(on, 'PATCH', S1, body)).body;
  assert.deepEqual(await changed({ mode: 'drain' }), { ...SERVER, mode: 'drain' });
  assert.deepEqual(await changed({ weight: 0 }), { ...SERVER, mode: 'drain', weight: 0 });
  assert.deepEqual(await changed({ mode: 'ready', weight: null }), SERVER);
  assert.deepEqual((await call(on, 'GET', S1)).body, SERVER);
});

test('the log level is shown and set', async () => {
  const on = services();
  assert.deepEqual((await call(on, 'PUT', '/v1/log-level', { level: 'debug' })).body, { level: 'debug' });
  assert.deepEqual((await call(on, 'GET', '/v1/log-level')).body, { level: 'debug' });
  assert.equal(on.log.level, 'debug');
});

test('the API describes itself: every path that it says is there answers', async () => {
  const { body } = await call(services(), 'GET', '/v1');
  const { openapi, paths } = body as {
    openapi: string;
    paths: Record<string, Record<string, { summary: string }>>;
  };
  assert.equal(openapi, '3.1.0');
  assert.ok(Object.keys(paths).length >= 10);
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { summary }] of Object.entries(methods)) {
      assert.match(summary, /^[A-Z].*[^.]$/);
      const answer = await call(services(), method.toUpperCase(), path.replaceAll(/[{}]/g, ''));
      const { error } = (answer.body ?? {}) as { error?: { code: string } };
      assert.ok(error?.code !== 'no-such-path' && error?.code !== 'method-not-allowed', `${method} ${path}`);
    }
  }
});

test('POST /v1/reload reloads and says what it has to say', async () => {
  assert.deepEqual(await call(services(), 'POST', '/v1/reload'), {
    status: 200,
    body: { warnings: ['a warning'] },
  });
});

test('a reload that fails says why, and that nothing has changed', async () => {
  const reload: AdminServices['reload'] = () => Promise.resolve({ kind: 'bad', problems: ['one', 'two'] });
  assert.deepEqual(await call({ ...services(), reload }, 'POST', '/v1/reload'), {
    status: 422,
    body: {
      error: { code: 'bad-configuration', message: 'Cannot reload, nothing has changed:\none\ntwo' },
    },
  });
});

test('GET /metrics shows metrics as text', async () => {
  const answer = await call(services(), 'GET', '/metrics');
  assert.equal(answer.type, 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(String(answer.body), /\nsallyport_attackers 3\n$/);
});

test('an attacker is marked, listed and forgiven', async () => {
  const on = services();
  const marked = await call(on, 'POST', '/v1/attackers', { address: '203.0.113.9', for: '2h' });
  assert.equal(marked.status, 201);
  const { total, attackers } = (await call(on, 'GET', '/v1/attackers')).body as {
    total: number;
    attackers: unknown[];
  };
  assert.equal(total, 1);
  assert.deepEqual(attackers, [
    {
      kind: 'mark',
      key: '203.0.113.9',
      address: '203.0.113.9',
      startMs: 1_000_000,
      cause: { rule: '', exchange: '', text: 'marked by an operator' },
      endMs: 8_200_000,
      offences: 1,
      visits: 0,
      lastSeenMs: 1_000_000,
    },
  ]);
  assert.deepEqual((await call(on, 'DELETE', '/v1/attackers/203.0.113.9')).body, { forgiven: '203.0.113.9' });
  assert.equal((await call(on, 'DELETE', '/v1/attackers/203.0.113.9')).status, 404);
});

test('an IPv6 mark is forgiven by its key, encoded into the path', async () => {
  const on = services();
  await call(on, 'POST', '/v1/attackers', { address: '2001:db8::1' });
  assert.equal(
    (await call(on, 'DELETE', `/v1/attackers/${encodeURIComponent('2001:db8::/64')}`)).status,
    200,
  );
});

test('without "for" a mark lasts as long as configured', async () => {
  const on = services();
  await call(on, 'POST', '/v1/attackers', { address: '203.0.113.9' });
  assert.equal(on.attackers.list()[0]?.endMs, 1_060_000);
});

test('limit bounds the list and not the total', async () => {
  const on = services();
  for (let host = 1; host <= 5; host++)
    await call(on, 'POST', '/v1/attackers', { address: `203.0.113.${host}` });
  const { total, attackers } = (await call(on, 'GET', '/v1/attackers?limit=2')).body as {
    total: number;
    attackers: [];
  };
  assert.deepEqual([total, attackers.length], [5, 2]);
});

test('an exchange is shown with its PROXY header', async () => {
  const address = parseAddress('203.0.113.9');
  assert.ok(address !== undefined);
  const on = services(
    sampleRecord({
      client: sampleClient({
        proxyHeader: {
          version: 2,
          command: 'proxy',
          transport: 'stream',
          source: { address, port: 5 },
          destination: { path: '/run/x' },
          tlvs: [{ type: 5, value: Buffer.from('id') }],
        },
      }),
    }),
  );
  const { status, body } = await call(on, 'GET', '/v1/exchanges/01JD6Z');
  assert.equal(status, 200);
  assert.deepEqual((body as { client: { proxyHeader: unknown } }).client.proxyHeader, {
    version: 2,
    command: 'proxy',
    transport: 'stream',
    source: '203.0.113.9:5',
    destination: 'unix:/run/x',
    tlvs: [{ type: 5, hex: '6964' }],
  });
});

test('an exchange without a PROXY header says null', async () => {
  const on = services(sampleRecord());
  const { body } = await call(on, 'GET', '/v1/exchanges/01JD6Z');
  assert.equal((body as { client: { proxyHeader: unknown } }).client.proxyHeader, null);
});

const REFUSED: readonly [string, string, string, unknown, number, string][] = [
  ['an unknown path', 'GET', '/', '', 404, 'no-such-path'],
  ['an unknown path below a known one', 'GET', '/v1/status/x', '', 404, 'no-such-path'],
  ['an unknown version', 'GET', '/v2/status', '', 404, 'no-such-path'],
  ['a trailing slash', 'GET', '/v1/exchanges/', '', 404, 'no-such-path'],
  ['a name that is not well encoded', 'DELETE', '/v1/attackers/%zz', '', 404, 'no-such-path'],
  ['a name of the object prototype as a method', 'constructor', '/v1/status', '', 405, 'method-not-allowed'],
  ['a method that the path does not take', 'POST', '/v1/status', '', 405, 'method-not-allowed'],
  ['the list with DELETE', 'DELETE', '/v1/attackers', '', 405, 'method-not-allowed'],
  ['a limit of nothing', 'GET', '/v1/attackers?limit=', '', 400, 'bad-limit'],
  ['a limit of 0', 'GET', '/v1/attackers?limit=0', '', 400, 'bad-limit'],
  ['a limit that is too high', 'GET', '/v1/attackers?limit=10001', '', 400, 'bad-limit'],
  ['a body that is empty', 'POST', '/v1/attackers', '', 400, 'bad-body'],
  ['a body that is no JSON', 'POST', '/v1/attackers', '{', 400, 'bad-body'],
  ['a body that is a list', 'POST', '/v1/attackers', [], 400, 'bad-body'],
  ['a body that is null', 'POST', '/v1/attackers', 'null', 400, 'bad-body'],
  ['a body without an address', 'POST', '/v1/attackers', {}, 400, 'bad-body'],
  ['an address that is a number', 'POST', '/v1/attackers', { address: 1 }, 400, 'bad-body'],
  ['a misspelt key', 'POST', '/v1/attackers', { address: '203.0.113.9', fro: '1h' }, 400, 'bad-body'],
  [
    'a time without a unit',
    'POST',
    '/v1/attackers',
    { address: '203.0.113.9', for: '5' },
    400,
    'bad-duration',
  ],
  [
    'a time that is a number',
    'POST',
    '/v1/attackers',
    { address: '203.0.113.9', for: 5 },
    400,
    'bad-duration',
  ],
  [
    'a time that is too short',
    'POST',
    '/v1/attackers',
    { address: '203.0.113.9', for: '1ms' },
    400,
    'bad-duration',
  ],
  [
    'a time that is too long',
    'POST',
    '/v1/attackers',
    { address: '203.0.113.9', for: '25d' },
    400,
    'bad-duration',
  ],
  ['an empty address', 'POST', '/v1/attackers', { address: '' }, 400, 'no-address'],
  ['a host name', 'POST', '/v1/attackers', { address: 'example.org' }, 400, 'bad-address'],
  ['an address that is never marked', 'POST', '/v1/attackers', { address: '127.0.0.1' }, 409, 'never'],
  ['an address that is not marked', 'DELETE', '/v1/attackers/203.0.113.9', '', 404, 'not-marked'],
  ['a server that is not known', 'GET', '/v1/pools/app/servers/s9', '', 404, 'no-such-server'],
  [
    'a server of a decoy that is one of a pool',
    'GET',
    '/v1/decoys/app/servers/s%201',
    '',
    404,
    'no-such-server',
  ],
  [
    'a change of a server that is not known',
    'PATCH',
    '/v1/pools/x/servers/y',
    { mode: 'drain' },
    404,
    'no-such-server',
  ],
  ['an unknown mode', 'PATCH', S1, { mode: 'off' }, 400, 'bad-mode'],
  ['a mode that is a list', 'PATCH', S1, { mode: ['drain'] }, 400, 'bad-mode'],
  ['a weight below 0', 'PATCH', S1, { weight: -1 }, 400, 'bad-weight'],
  ['a weight above 256', 'PATCH', S1, { weight: 257 }, 400, 'bad-weight'],
  ['a weight with a fraction', 'PATCH', S1, { weight: 1.5 }, 400, 'bad-weight'],
  ['a weight that is text', 'PATCH', S1, { weight: '1' }, 400, 'bad-weight'],
  ['a change of nothing', 'PATCH', S1, {}, 400, 'bad-body'],
  ['a change with a key that is not known', 'PATCH', S1, { mode: 'drain', now: true }, 400, 'bad-body'],
  ['a change that looks like an answer', 'PATCH', S1, { status: 200, body: 'x' }, 400, 'bad-body'],
  ['an unknown log level', 'PUT', '/v1/log-level', { level: 'trace' }, 400, 'bad-level'],
  ['a log level with more', 'PUT', '/v1/log-level', { level: 'info', x: 1 }, 400, 'bad-level'],
  ['an exchange that is not known', 'GET', '/v1/exchanges/x', '', 404, 'no-such-exchange'],
];

for (const [name, method, target, body, status, code] of REFUSED) {
  test(`refused: ${name}`, async () => {
    const on = services();
    const answer = await call(on, method, target, body);
    const { error } = answer.body as { error: { code: string; message: string } };
    assert.equal(answer.status, status);
    assert.equal(error.code, code);
    assert.match(error.message, /^Cannot .+[^.]$/);
    assert.equal(on.attackers.size, 0);
  });
}
