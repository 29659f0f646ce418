import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limits } from './limits.ts';
import { ServerTable } from './server-table.ts';

const ROWS: readonly {
  readonly what: string;
  readonly configured: number;
  readonly agent?: number;
  readonly ramp: number;
  readonly max: number;
}[] = [
  { what: 'alone', configured: 50, ramp: 1, max: 50 },
  { what: 'in a quarter of its slow start', configured: 50, ramp: 0.25, max: 12 },
  { what: 'that is small, in slow start', configured: 3, ramp: 1 / 16, max: 1 },
  { what: 'that is none', configured: 0, ramp: 1, max: 0 },
  { what: 'that is none, in slow start', configured: 0, ramp: 1 / 16, max: 0 },
  { what: 'of an agent', configured: 50, agent: 20, ramp: 1, max: 20 },
  { what: 'of an agent where none is configured', configured: 0, agent: 20, ramp: 0.5, max: 10 },
  { what: 'that the agent lifts', configured: 50, agent: 0, ramp: 0.5, max: 0 },
];

for (const { what, configured, agent, ramp, max } of ROWS) {
  test(`a limit ${what}`, () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const table = ServerTable.create(2, 1);
      const limits = new Limits(table);
      const steps = [
        () => limits.setConfigured(1, configured),
        () => limits.setAgent(1, agent),
        () => limits.setRamp(1, ramp),
      ];
      for (const step of order) steps[step]?.();
      assert.equal(table.inUseMax(1), max);
      assert.equal(table.inUseMax(0), 0);
    }
  });
}

test('what an agent has said stays through a reload, until it says nothing any more', () => {
  const table = ServerTable.create(1, 1);
  const limits = new Limits(table);
  limits.setConfigured(0, 50);
  limits.setAgent(0, 20);
  limits.setConfigured(0, 60);
  assert.equal(table.inUseMax(0), 20);
  limits.setAgent(0, undefined);
  assert.equal(table.inUseMax(0), 60);
});

test('the row of a server that is gone knows nothing of its slow start', () => {
  const table = ServerTable.create(1, 1);
  const limits = new Limits(table);
  limits.setConfigured(0, 50);
  limits.setRamp(0, 0.5);
  limits.forget(0);
  limits.setConfigured(0, 50);
  assert.equal(table.inUseMax(0), 50);
});
