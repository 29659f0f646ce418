import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOWN, DRAIN, MAINTENANCE, READY, ServerTable, UP } from './server-table.ts';
import { Service } from './service.ts';

interface Told {
  readonly table: ServerTable;
  readonly service: Service;
  /** What was told, with whether the server was in service at that moment. */
  readonly events: string[];
}

function make(): Told {
  const table = ServerTable.create(2, 1);
  const events: string[] = [];
  const note = (what: string, row: number): void => {
    events.push(`${what}${row}${table.isKept(row) ? ' in' : ' out'}`);
  };
  const service = new Service(table, {
    begin: (row) => note('begin', row),
    end: (row) => note('end', row),
    forget: (row) => note('forget', row),
  });
  service.start(1, UP);
  return { table, service, events };
}

type Change = (service: Service) => void;
const down: Change = (service) => service.setState(1, DOWN);
const up: Change = (service) => service.setState(1, UP);
const maintenance: Change = (service) => service.setMode(1, MAINTENANCE);
const drain: Change = (service) => service.setMode(1, DRAIN);
const ready: Change = (service) => service.setMode(1, READY);
const agentMaintenance: Change = (service) => service.setAgentMode(1, MAINTENANCE);
const agentDrain: Change = (service) => service.setAgentMode(1, DRAIN);
const agentReady: Change = (service) => service.setAgentMode(1, READY);

const COMES_BACK: readonly (readonly [what: string, ...changes: Change[]])[] = [
  ['from down', down, up],
  ['from maintenance', maintenance, ready],
  ['from maintenance into drain', maintenance, drain],
  ['from maintenance by its agent', agentMaintenance, agentReady],
  ['from both of two maintenances', maintenance, agentMaintenance, ready, agentReady],
  ['up while it is drained', drain, down, up, ready],
  ['ready after it went down and up in maintenance', maintenance, down, up, ready],
  ['up after maintenance began and ended while it was down', down, maintenance, ready, up],
];

for (const [what, ...changes] of COMES_BACK) {
  test(`a server that comes back ${what} is told of once, before it can be chosen`, () => {
    const { service, events } = make();
    for (const change of changes) change(service);
    assert.deepEqual(events, ['end1 out', 'begin1 out']);
  });
}

const STAYS: readonly (readonly [what: string, ...changes: Change[]])[] = [
  ['is up and up again', up, up],
  ['drains and is ready again', drain, ready],
  ['drains by its agent and is ready again', agentDrain, agentReady],
];

for (const [what, ...changes] of STAYS) {
  test(`a server that ${what} does not come back: it was never away`, () => {
    const { service, events } = make();
    for (const change of changes) change(service);
    assert.deepEqual(events, []);
  });
}

const STAYS_AWAY: readonly (readonly [what: string, ...changes: Change[]])[] = [
  ['goes up in maintenance', maintenance, down, up],
  ['leaves maintenance while it is down', down, maintenance, ready],
  ['leaves the maintenance of its operator in that of its agent', maintenance, agentMaintenance, ready],
];

for (const [what, ...changes] of STAYS_AWAY) {
  test(`a server that ${what} is still away`, () => {
    const { service, events } = make();
    for (const change of changes) change(service);
    assert.deepEqual(events, ['end1 out']);
  });
}

test('a server that was down from its start does not come back when it is up for the first time', () => {
  const { service, events } = make();
  service.start(0, DOWN);
  service.setState(0, UP);
  assert.deepEqual(events, []);
  service.setState(0, DOWN);
  service.setState(0, UP);
  assert.deepEqual(events, ['end0 out', 'begin0 out']);
});

test('the server that gets the row of one that is gone is new', () => {
  const { service, events } = make();
  service.setState(1, DOWN);
  service.forget(1);
  events.length = 0;
  service.start(1, DOWN);
  service.setState(1, UP);
  assert.deepEqual(events, []);
});
