/** HAProxy and ours in front of one server that goes away and comes back: its weight grows by the same course. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCrew } from '../support/crew.ts';
import { Operator } from '../support/operator.ts';
import { startSupervised } from '../support/supervised.ts';
import { pause } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';
import { serverStatistics } from './haproxy-statistics.ts';

/** As short as HAProxy's clock allows: it looks once a second, and counts whole ones. */
const LASTS_S = 8;
const WEIGHT = 64;
const LIMIT = 32;
/** HAProxy reckons with the second in which the server came, and changes a second later at the latest: 1 s is 2/16. */
const SLACK = 2 / 16 + 2 / 16 + 1 / 16;

test('the weight of a server that comes back grows as in HAProxy', { skip: needs('haproxy') }, async (t) => {
  const [server] = await startCrew(t, 'a');
  assert(server !== undefined);
  const { ports } = await startHaproxy(
    t,
    `global
    stats socket ipv4@127.0.0.1:@stats level admin
frontend web
    mode http
    bind 127.0.0.1:@web
    default_backend app
backend app
    mode http
    balance roundrobin
    server a 127.0.0.1:${server.port} weight ${WEIGHT} maxconn ${LIMIT} check inter 100ms rise 1 fall 1 slowstart ${LASTS_S}s
`,
  );
  const operator = new Operator(t);
  await startSupervised(
    t,
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: { a: { address: `127.0.0.1:${server.port}`, weight: WEIGHT } },
          maxConnections: LIMIT,
          slowStart: `${LASTS_S}s`,
          health: { check: 'tcp', interval: '100ms', timeout: '10s', rise: 1, fall: 1 },
        },
      },
      log: { access: 'off' },
      admin: { socket: operator.socket },
      runtime: { workers: 1 },
    }),
  );
  const theirs = async (): Promise<{ readonly isUp: boolean; readonly share: number }> => {
    const cell = await serverStatistics(ports['stats'] ?? 0, 'app', 'a');
    return { isUp: cell('status').startsWith('UP'), share: Number(cell('weight')) / WEIGHT };
  };
  const ours = async (): Promise<{ readonly isUp: boolean; readonly share: number }> => {
    const { state, weight } = await operator.server('app', 'a');
    return { isUp: state === 'up', share: weight / WEIGHT };
  };
  const both = async (isUp: boolean): Promise<void> => {
    for (let tries = 0; tries < 2_000; tries++) {
      const seen = [await theirs(), await ours()];
      if (seen.every((one) => one.isUp === isUp)) return;
      await pause(20);
    }
    assert.fail(`not both of them say that the server is ${isUp ? 'up' : 'down'}`);
  };
  await both(true);
  assert.deepEqual([(await theirs()).share, (await ours()).share], [1, 1], 'nothing is slow at the start');
  await server.stop();
  await both(false);
  await server.start();
  await both(true);
  const course: { readonly theirs: number; readonly ours: number; readonly apart: number }[] = [];
  for (let isOver = false; !isOver && course.length < 400;) {
    // What HAProxy says between two looks at ours is compared with all that lies between them: looking takes time.
    const [before, one, after] = [await ours(), await theirs(), await ours()];
    const apart = Math.max(before.share - one.share, one.share - after.share, 0);
    course.push({ theirs: one.share, ours: after.share, apart });
    isOver = one.share === 1 && after.share === 1;
    await pause(50);
  }
  const steps = (who: 'theirs' | 'ours'): readonly number[] => [...new Set(course.map((look) => look[who]))];
  t.diagnostic(`HAProxy ${steps('theirs').join(' ')}`);
  t.diagnostic(`ours    ${steps('ours').join(' ')}`);
  for (const who of ['theirs', 'ours'] as const) {
    const shares = steps(who);
    assert((shares[0] ?? 1) <= 4 / 16, `${who} begins with ${shares[0]}`);
    assert.equal(shares.at(-1), 1);
    assert.deepEqual(
      shares,
      [...shares].sort((left, right) => left - right),
      `${who} only grows`,
    );
    for (const share of shares) assert(Number.isInteger(16 * share), `${who}: ${share} is no sixteenth`);
  }
  const apart = Math.max(...course.map((look) => look.apart));
  assert(apart <= SLACK, `they are ${apart} apart`);
});
