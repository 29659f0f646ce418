import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHost, healthOf, watched } from '../../../test/support/health-host.ts';
import { DOWN, DRAIN, LOAD_UNKNOWN, READY, UP, WEIGHT_UNIT } from '../server-table.ts';
import { readAgentJson, readAgentLine } from './agent-answer.ts';
import type { AgentReading } from './agent-answer.ts';
import { HealthMonitor } from './monitor.ts';
import { HISTORY_MAX } from './server-health.ts';

const HTTP = { check: 'http', interval: '2s', rise: 2, fall: 3, jitter: 0 };
const KEY = 'pool app/a';

/** Times at which it was asked. */
function times(events: readonly string[], what: string): number[] {
  return events.filter((event) => event.endsWith(` ${what}`)).map((event) => parseInt(event, 10));
}

test('a server is asked an interval after the last answer, and at once at the start', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP))]);
  await host.pass(7000);
  assert.deepEqual(times(host.events, 'check'), [0, 2000, 4000, 6000]);
  monitor.close();
  await host.pass(7000);
  assert.equal(times(host.events, 'check').length, 4, 'nothing is asked any more');
});

test('intervals are fast while it changes and slow while it is down', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf({ ...HTTP, fastInterval: '200ms', downInterval: '5s' }))]);
  host.checks = '+---++';
  await host.pass(20_000);
  // up 2000, going down 200 and 200, down 5000, going up 200, up 2000.
  assert.deepEqual(times(host.events, 'check').slice(0, 7), [0, 2000, 2200, 2400, 7400, 7600, 9600]);
  assert.deepEqual(
    host.events.filter((event) => !event.endsWith('check')),
    [
      '2400 warn Server "a" of "app" is down: L4CON connection refused',
      '2400 error No server of "app" is up',
      '7600 begins 0',
      '7600 info Server "a" of "app" is up: L7OK status 200',
      '7600 info "app" has a server that is up again',
    ],
  );
  monitor.close();
});

test('a decoy with the name of a pool is another one', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP)), watched(1, healthOf('off'), { key: 'decoy app/b' })]);
  host.checks = '+---++';
  await host.pass(20_000);
  assert(host.events.some((event) => event.endsWith('error No server of "app" is up')));
  assert(host.events.some((event) => event.endsWith('info "app" has a server that is up again')));
  monitor.close();
});

test('the table says down when enough checks have failed, and up when enough have not', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP)), watched(1, healthOf('off'))]);
  host.checks = '+--+---++';
  const states: number[] = [];
  for (let count = 0; count < 9; count++) {
    await host.pass(count === 0 ? 0 : 2000);
    states.push(host.table.state(0));
  }
  assert.deepEqual(states, [UP, UP, UP, UP, UP, UP, DOWN, DOWN, UP]);
  assert.equal(host.table.state(1), UP, 'its neighbour is as it was');
  assert.equal(
    host.events.some((event) => event.includes('No server')),
    false,
    'its neighbour is up',
  );
  monitor.close();
});

test('what is shown says where a server stands, why, and since when', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP))]);
  assert.deepEqual([monitor.view(KEY)?.phase, monitor.view(KEY)?.check], ['unchecked', null]);
  host.checks = '+-';
  await host.pass(2000);
  assert.deepEqual(monitor.view(KEY)?.progress, { done: 1, of: 3 });
  assert.equal(monitor.view(KEY)?.state, 'up');
  await host.pass(4000);
  const view = monitor.view(KEY);
  assert.deepEqual(
    [view?.state, view?.phase, view?.why, view?.sinceMs],
    ['down', 'down', 'L4CON connection refused', 1_006_000],
  );
  assert.deepEqual(view?.history, [
    { atMs: 1_006_000, from: 'up', to: 'down', reason: 'L4CON connection refused', lastedMs: 6000 },
  ]);
  monitor.close();
});

test('the history of a server that flaps is bounded', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf({ ...HTTP, rise: 1, fall: 1 }))]);
  host.checks = '+-'.repeat(50);
  await host.pass(99 * 2000);
  assert.equal(monitor.view(KEY)?.history.length, HISTORY_MAX);
  monitor.close();
});

test('a reload leaves the state and the check of a server that stays alone', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP))]);
  host.checks = '-';
  await host.pass(3000);
  assert.equal(host.table.state(0), DOWN);
  monitor.update([watched(0, healthOf(HTTP)), watched(1, healthOf('off'))]);
  assert.equal(host.table.state(0), DOWN);
  await host.pass(1000);
  assert.deepEqual(times(host.events, 'check'), [0, 2000, 4000], 'the rhythm goes on');
  monitor.close();
});

test('a check that is another begins at once, and the state stays until it says otherwise', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP))]);
  host.checks = '-';
  await host.pass(3000);
  host.checks = '+';
  monitor.update([watched(0, healthOf({ ...HTTP, path: '/other', rise: 3 }))]);
  assert.equal(host.table.state(0), DOWN);
  await host.pass(0);
  assert.deepEqual(times(host.events, 'check'), [0, 2000, 3000]);
  await host.pass(4000);
  assert.equal(host.table.state(0), UP);
  monitor.close();
});

test('a server whose check is taken away is up, and one that is gone is not asked', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP)), watched(1, healthOf(HTTP))]);
  host.checks = '-';
  await host.pass(1500);
  assert.deepEqual([host.table.state(0), host.table.state(1)], [DOWN, DOWN]);
  monitor.update([watched(0, healthOf('off'))]);
  assert.equal(host.table.state(0), UP);
  assert.equal(monitor.view('pool app/b'), undefined);
  const before = host.events.length;
  await host.pass(10_000);
  assert.equal(host.events.length, before);
  monitor.close();
});

test('first checks of many servers are spread', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([0, 1, 2, 3].map((row) => watched(row, healthOf(HTTP))));
  await host.pass(999);
  assert.deepEqual(times(host.events, 'check'), [0, 250, 500, 750]);
  monitor.close();
});

test('failures of real traffic bring the next check forward', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf({ ...HTTP, fastInterval: '100ms', passive: { failures: 5 } }))]);
  await host.pass(500);
  host.checks = '-';
  host.table.primeErrors(0, 5);
  await host.pass(100);
  assert.deepEqual(times(host.events, 'check'), [0, 600]);
  await host.pass(200);
  assert.equal(host.table.state(0), DOWN);
  assert.deepEqual(times(host.events, 'check'), [0, 600, 700, 800]);
  monitor.close();
});

test('failures of real traffic take a server out for a while, and then its check decides', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  const passive = { failures: 5, then: 'down', downFor: '10s' };
  monitor.update([watched(0, healthOf({ ...HTTP, passive }))]);
  await host.pass(1000);
  host.table.primeErrors(0, 5);
  await host.pass(100);
  assert.equal(host.table.state(0), DOWN);
  assert.equal(monitor.view(KEY)?.why, '5 failures of real traffic in a row');
  await host.pass(9999);
  assert.equal(host.table.state(0), DOWN, 'checks that go well change nothing before the time is over');
  await host.pass(1);
  assert.equal(host.table.state(0), UP);
  host.table.primeErrors(0, 9);
  host.checks = '-';
  await host.pass(20_000);
  assert.equal(host.table.state(0), DOWN, 'checks that go badly keep it out');
  monitor.close();
});

test('without a check a server that was taken out is tried, and one failure is then enough', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf({ check: 'off', passive: { failures: 3, downFor: '1s' } }))]);
  for (let count = 1; count <= 3; count++) assert.equal(host.table.addError(0), count);
  await host.pass(100);
  assert.deepEqual([host.table.state(0), host.table.errors(0)], [DOWN, 0]);
  await host.pass(1000);
  assert.equal(host.table.state(0), UP);
  assert.equal(host.table.addError(0), 3, 'the next failure is the third');
  await host.pass(100);
  assert.equal(host.table.state(0), DOWN);
  monitor.close();
});

test('where real traffic says nothing, nothing is heard', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(HTTP))]);
  host.table.primeErrors(0, 1000);
  await host.pass(500);
  assert.deepEqual(times(host.events, 'check'), [0]);
  assert.equal(host.table.state(0), UP);
  monitor.close();
});

/** What an agent says, as it would be read. */
function says(read: AgentReading): {
  code: 'L7OK';
  text: string;
  answer: (AgentReading & { kind: 'ok' })['answer'];
} {
  assert(read.kind === 'ok');
  return { code: 'L7OK', text: '', answer: read.answer };
}

const AGENT = { check: 'off', jitter: 0, agent: { port: 9, interval: '1s' } };

test('an agent sets weight, places, mode and load, and what it does not mention stays', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(AGENT))]);
  const state = (): readonly number[] => [
    host.table.weight(0) / WEIGHT_UNIT,
    host.table.inUseMax(0),
    host.table.agentMode(0),
    host.table.load(0),
    host.table.state(0),
  ];
  host.answer = says(readAgentLine('75% maxconn:30'));
  await host.pass(0);
  assert.deepEqual(state(), [75, 30, READY, LOAD_UNKNOWN, UP]);
  host.answer = says(readAgentLine('drain'));
  await host.pass(1000);
  assert.deepEqual(state(), [75, 30, DRAIN, LOAD_UNKNOWN, UP]);
  host.answer = says(readAgentLine('fail # disk'));
  await host.pass(1000);
  assert.deepEqual(state(), [75, 30, DRAIN, LOAD_UNKNOWN, DOWN]);
  assert.equal(monitor.view(KEY)?.why, 'the agent says fail: disk');
  host.answer = says(readAgentJson('{"line":"up ready 50%","load":4321}'));
  await host.pass(1000);
  assert.deepEqual(state(), [50, 30, READY, 4321, UP]);
  monitor.close();
});

test('an agent that answers nonsense changes nothing, and is told of once', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(AGENT))]);
  host.answer = says(readAgentLine('down'));
  await host.pass(0);
  host.answer = { code: 'L7RSP', text: '"no" is not a word', answer: undefined };
  await host.pass(3000);
  assert.equal(host.table.state(0), DOWN);
  const warnings = host.events.filter((event) => event.includes('no answer that can be used'));
  assert.deepEqual(warnings, [
    '1000 warn An agent gave no answer that can be used: L7RSP "no" is not a word',
  ]);
  monitor.close();
});

test('up of an agent does not bring back what its check has found down', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf({ ...HTTP, agent: { port: 9 } }))]);
  host.checks = '-';
  host.answer = says(readAgentLine('up'));
  await host.pass(5000);
  assert.equal(host.table.state(0), DOWN);
  monitor.close();
});

const BOTH: readonly (readonly [
  what: string,
  balance: string,
  json: string,
  weight: number,
  load: number,
])[] = [
  ['another algorithm takes the percentage', 'round-robin', '{"line":"30%","load":7000}', 30, 7000],
  ['least-load takes the load alone', 'least-load', '{"line":"30%","load":7000}', 100, 7000],
  ['least-load does as it is told to send nothing', 'least-load', '{"line":"0%","load":7000}', 0, 7000],
];

for (const [what, balance, json, weight, load] of BOTH) {
  test(`of an agent that says percentage and load, ${what}`, async () => {
    const host = fakeHost();
    const monitor = new HealthMonitor(host);
    monitor.update([watched(0, healthOf(AGENT, {}, balance))]);
    host.answer = says(readAgentJson(json));
    await host.pass(1000);
    assert.deepEqual([host.table.weight(0) / WEIGHT_UNIT, host.table.load(0)], [weight, load]);
    monitor.close();
  });
}

test('least-load takes the percentage of an agent that says no load', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, healthOf(AGENT, {}, 'least-load'))]);
  host.answer = says(readAgentLine('30%'));
  await host.pass(1000);
  assert.deepEqual([host.table.weight(0), host.table.load(0)], [30 * WEIGHT_UNIT, LOAD_UNKNOWN]);
  monitor.close();
});

test('without an agent any more, what it said is void', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  host.limits.setConfigured(0, 50);
  monitor.update([watched(0, healthOf(AGENT))]);
  host.answer = says(readAgentJson('{"line":"down drain 10% maxconn:3","load":9999}'));
  await host.pass(0);
  assert.deepEqual([host.table.state(0), host.table.weight(0)], [DOWN, 10 * WEIGHT_UNIT]);
  monitor.update([watched(0, healthOf('off'))]);
  assert.deepEqual(
    [
      host.table.state(0),
      host.table.weight(0),
      host.table.inUseMax(0),
      host.table.agentMode(0),
      host.table.load(0),
    ],
    [UP, 100 * WEIGHT_UNIT, 50, READY, LOAD_UNKNOWN],
  );
  monitor.close();
});

test('a server without an address is down, and is checked as soon as it has one', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  const { address, ...rest } = watched(0, healthOf(HTTP));
  monitor.update([{ ...rest, address: undefined }]);
  await host.pass(5000);
  assert.equal(host.table.state(0), DOWN);
  assert.equal(monitor.view(KEY)?.why, 'NOADDR no address is known');
  assert.deepEqual(times(host.events, 'check'), []);
  monitor.update([{ ...rest, address }]);
  assert.equal(host.table.state(0), UP);
  await host.pass(0);
  assert.deepEqual(times(host.events, 'check'), [5000]);
  monitor.close();
});
