/** Slow start in a running Sallyport: when it begins, what an operator sees of it, and what a reload makes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startCrew } from '../support/crew.ts';
import type { CrewServer } from '../support/crew.ts';
import { visit } from '../support/fleet.ts';
import { Operator } from '../support/operator.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';

const REQUESTS = Array.from({ length: 340 }, () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
const RATIO = 'sallyport_server_slow_start_ratio{kind="pool",pool="app",server="a"}';
const WEIGHT = 'sallyport_server_weight{kind="pool",pool="app",server="a"}';

interface Started extends Supervised {
  readonly crew: readonly CrewServer[];
  readonly operator: Operator;
  text(slowStart: string): string;
}

/** Servers `a` and `b`, both of weight 16, and a slow start so long that a test sees its first steps alone. */
async function start(t: TestContext): Promise<Started> {
  const crew = await startCrew(t, 'a', 'b');
  const operator = new Operator(t);
  const text = (slowStart: string): string =>
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: Object.fromEntries(
            crew.map(({ name, port }) => [name, { address: `127.0.0.1:${port}`, weight: 16 }]),
          ),
          maxConnections: 64,
          slowStart,
          health: { check: 'tcp', interval: '100ms', timeout: '10s', rise: 1, fall: 1 },
        },
      },
      log: { access: 'off' },
      admin: { socket: operator.socket },
      runtime: { workers: 2 },
    });
  const proxy = await startSupervised(t, text('1h'));
  return { ...proxy, crew, operator, text };
}

test('at the start every server has its whole weight', async (t) => {
  const { operator } = await start(t);
  const [a, b] = [await operator.server('app', 'a'), await operator.server('app', 'b')];
  assert.deepEqual([a.slowStart, a.weight, b.slowStart, b.weight], [null, 16, null, 16]);
});

test('a server that was down gets a sixteenth of its share, and every view says so', async (t) => {
  const proxy = await start(t);
  const { operator, crew } = proxy;
  await crew[0]?.stop();
  await operator.until('a is down', 'app', 'a', ({ state }) => state === 'down');
  await crew[0]?.start();
  const a = await operator.until('a is up', 'app', 'a', ({ state }) => state === 'up');
  assert.deepEqual([a.slowStart, a.weight], [1 / 16, 1]);
  const status = await operator.status();
  const shown = status.pools[0]?.servers[0];
  assert.deepEqual([shown?.weight, shown?.effectiveWeight, shown?.slowStart], [16, 1, 1 / 16]);
  assert.deepEqual([await operator.metric(RATIO), await operator.metric(WEIGHT)], [1 / 16, 1]);
  const names = await visit(proxy.port(), REQUESTS);
  // One in seventeen, exact in each round of each worker's turns.
  assert.equal(names.filter((name) => name === 'a').length, REQUESTS.length / 17);
});

test('maintenance begins it anew, drain does not end it, and a reload goes on with it', async (t) => {
  const proxy = await start(t);
  const { operator, supervisor } = proxy;
  await operator.setMode('app', 'a', 'maintenance');
  assert.equal((await operator.server('app', 'a')).slowStart, null);
  await operator.setMode('app', 'a', 'ready');
  assert.equal((await operator.server('app', 'a')).slowStart, 1 / 16);
  await operator.setMode('app', 'a', 'drain');
  await operator.setMode('app', 'a', 'ready');
  assert.equal((await operator.server('app', 'a')).slowStart, 1 / 16);
  proxy.configure(proxy.text('2h'));
  assert.equal((await supervisor.reload()).kind, 'ok');
  assert.equal((await operator.server('app', 'a')).slowStart, 1 / 16);
  proxy.configure(proxy.text('1s'));
  assert.equal((await supervisor.reload()).kind, 'ok');
  const a = await operator.until('it is over', 'app', 'a', ({ slowStart }) => slowStart === null);
  assert.equal(a.weight, 16);
});
