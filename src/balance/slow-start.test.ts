import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHost, healthOf, watched } from '../../test/support/health-host.ts';
import type { FakeHost } from '../../test/support/health-host.ts';
import { HealthMonitor } from './health/monitor.ts';
import { DOWN, DRAIN, MAINTENANCE, READY, UP, WEIGHT_UNIT } from './server-table.ts';
import { Service } from './service.ts';
import { SlowStart } from './slow-start.ts';

interface Made {
  readonly host: FakeHost;
  readonly slow: SlowStart;
  readonly service: Service;
  /** Weight and limit of server 0, both 100 as configured. */
  now(): string;
}

/** Server 0, of weight 100 and with a limit of 100, comes back in 16 s. */
function make(lastsMs: number = 16_000): Made {
  const host = fakeHost();
  const { timers, clock, weights, limits, table } = host;
  const slow = new SlowStart({ timers, clock, ramped: [weights, limits] });
  const service = new Service(table, slow);
  limits.setConfigured(0, 100);
  slow.configure(0, lastsMs);
  service.start(0, UP);
  return {
    host,
    slow,
    service,
    now: () => `${table.weight(0) / WEIGHT_UNIT} ${table.inUseMax(0)} ${slow.shareOf(0) ?? 'whole'}`,
  };
}

function comeBack({ service }: Made): void {
  service.setState(0, DOWN);
  service.setState(0, UP);
}

test('weight and limit grow in sixteen steps, and nothing is left to do then', async () => {
  const made = make();
  comeBack(made);
  const course: string[] = [];
  for (let second = 0; second < 16; second++) {
    course.push(made.now());
    await made.host.pass(1000);
  }
  assert.deepEqual(
    course,
    Array.from({ length: 16 }, (_, step) => {
      const share = (step + 1) / 16;
      return `${100 * share} ${Math.floor(100 * share)} ${share === 1 ? 'whole' : share}`;
    }),
  );
  const { epoch } = made.host.table;
  await made.host.pass(100_000);
  assert.equal(made.host.table.epoch, epoch);
});

test('a step is taken when its time has come, and not before', async () => {
  const made = make();
  comeBack(made);
  await made.host.pass(999);
  assert.equal(made.now(), '6.25 6 0.0625');
  await made.host.pass(1);
  assert.equal(made.now(), '12.5 12 0.125');
});

test('however long it lasts, workers are told of sixteen changes for each column', async () => {
  for (const lastsMs of [1000, 30_000, 86_400_000]) {
    const made = make(lastsMs);
    made.service.setState(0, DOWN);
    const { epoch } = made.host.table;
    made.service.setState(0, UP);
    await made.host.pass(lastsMs);
    // Weight and limit each, and the state once.
    assert.equal(made.host.table.epoch - epoch, 2 * 16 + 1, `${lastsMs} ms`);
  }
});

test('without a slow start a server that comes back has its whole weight at once', () => {
  const made = make(0);
  comeBack(made);
  assert.equal(made.now(), '100 100 whole');
});

test('one that goes down in the midst of it begins anew when it comes back', async () => {
  const made = make();
  comeBack(made);
  await made.host.pass(8000);
  assert.equal(made.now(), '56.25 56 0.5625');
  made.service.setState(0, DOWN);
  await made.host.pass(3000);
  assert.equal(made.now(), '100 100 whole');
  made.service.setState(0, UP);
  assert.equal(made.now(), '6.25 6 0.0625');
  await made.host.pass(1000);
  assert.equal(made.now(), '12.5 12 0.125');
});

test('it begins after maintenance, and anew after another one', async () => {
  const made = make();
  made.service.setMode(0, MAINTENANCE);
  made.service.setMode(0, READY);
  await made.host.pass(8000);
  made.service.setMode(0, MAINTENANCE);
  made.service.setMode(0, READY);
  assert.equal(made.now(), '6.25 6 0.0625');
});

test('it goes on while the server drains', async () => {
  const made = make();
  comeBack(made);
  made.service.setMode(0, DRAIN);
  await made.host.pass(8000);
  made.service.setMode(0, READY);
  assert.equal(made.now(), '56.25 56 0.5625');
});

test('a reload that changes nothing does not touch it', async () => {
  const made = make();
  comeBack(made);
  await made.host.pass(7500);
  const { epoch } = made.host.table;
  made.slow.configure(0, 16_000);
  assert.equal(made.host.table.epoch, epoch);
  await made.host.pass(499);
  assert.equal(made.now(), '50 50 0.5');
  await made.host.pass(1);
  assert.equal(made.now(), '56.25 56 0.5625');
});

const RELOADS: readonly (readonly [what: string, lastsMs: number, share: string])[] = [
  ['a longer one has come less far', 32_000, '31.25 31 0.3125'],
  ['a shorter one has come further', 10_000, '81.25 81 0.8125'],
  ['a shorter one that would be over is over', 8000, '100 100 whole'],
  ['none any more is over', 0, '100 100 whole'],
];

for (const [what, lastsMs, expected] of RELOADS) {
  test(`a reload in the midst of it: ${what}`, async () => {
    const made = make();
    comeBack(made);
    await made.host.pass(8000);
    made.slow.configure(0, lastsMs);
    assert.equal(made.now(), expected);
    await made.host.pass(32_000);
    assert.equal(made.now(), '100 100 whole');
  });
}

test('operator and agent have their say in the midst of it', async () => {
  const made = make();
  const { weights, limits } = made.host;
  comeBack(made);
  weights.setAgentPercent(0, 50);
  weights.setOperator(0, 32);
  limits.setAgent(0, 32);
  assert.equal(made.now(), '1 2 0.0625');
  await made.host.pass(15_000);
  assert.equal(made.now(), '16 32 whole');
});

test('a server of the least weight is open from the first step on', () => {
  const made = make();
  made.host.weights.setOperator(0, 1);
  made.host.weights.setAgentPercent(0, 1);
  comeBack(made);
  assert(made.host.table.isOpen(0));
});

test('the row of a server that is gone has no slow start', async () => {
  const made = make();
  comeBack(made);
  made.service.forget(0);
  made.host.table.setWeight(0, 7);
  await made.host.pass(16_000);
  assert.equal(made.host.table.weight(0), 7);
  made.service.setState(0, DOWN);
  made.service.setState(0, UP);
  assert.equal(made.slow.shareOf(0), undefined);
});

test('after close nothing changes any more', async () => {
  const made = make();
  comeBack(made);
  made.slow.close();
  const { epoch } = made.host.table;
  await made.host.pass(16_000);
  assert.equal(made.host.table.epoch, epoch);
});

test('checks that find a server up again begin it; the first check of all does not', async () => {
  const made = make();
  const { host, service } = made;
  const monitor = new HealthMonitor({ ...host, service, check: host.check });
  monitor.update([
    watched(0, healthOf({ check: 'http', interval: '1s', timeout: '1s', rise: 2, fall: 2, jitter: 0 })),
  ]);
  await host.pass(3000);
  assert.equal(made.now(), '100 100 whole');
  host.checks = '--+';
  await host.pass(2000);
  assert.equal(host.table.state(0), DOWN);
  await host.pass(2000);
  assert.equal(host.table.state(0), UP);
  assert.equal(made.now(), '6.25 6 0.0625');
  monitor.close();
});

test('a name that has its first address is no comeback; one that lost it and has it again is', () => {
  const made = make();
  const { host, service } = made;
  const monitor = new HealthMonitor({ ...host, service });
  const { address, ...rest } = watched(0, healthOf('off'));
  monitor.update([{ ...rest, address: undefined }]);
  monitor.update([{ ...rest, address }]);
  assert.equal(made.now(), '100 100 whole');
  monitor.update([{ ...rest, address: undefined }]);
  monitor.update([{ ...rest, address }]);
  assert.equal(made.now(), '6.25 6 0.0625');
  monitor.close();
});
