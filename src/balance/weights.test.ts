import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerTable, WEIGHT_UNIT } from './server-table.ts';
import { Weights } from './weights.ts';

const ROWS = [
  { what: 'alone', configured: 3, percent: 100, ramp: 1, weight: 3 * WEIGHT_UNIT },
  { what: 'with half for its agent', configured: 4, percent: 50, ramp: 1, weight: 2 * WEIGHT_UNIT },
  { what: 'in a quarter of its slow start', configured: 4, percent: 100, ramp: 0.25, weight: WEIGHT_UNIT },
  { what: 'with both', configured: 100, percent: 50, ramp: 0.1, weight: 5 * WEIGHT_UNIT },
  {
    what: 'with an agent that asks for more',
    configured: 100,
    percent: 200,
    ramp: 1,
    weight: 200 * WEIGHT_UNIT,
  },
  {
    what: 'with one that asks for too much',
    configured: 200,
    percent: 1000,
    ramp: 1,
    weight: 256 * WEIGHT_UNIT,
  },
  { what: 'with next to nothing', configured: 1, percent: 1, ramp: 0.01, weight: 1 },
  { what: 'with an agent that wants nothing', configured: 5, percent: 0, ramp: 1, weight: 0 },
  { what: 'of 0', configured: 0, percent: 200, ramp: 1, weight: 0 },
] as const;

for (const { what, configured, percent, ramp, weight } of ROWS) {
  test(`a weight ${what}`, () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const table = ServerTable.create(2, 1);
      const weights = new Weights(table);
      const steps = [
        () => weights.setConfigured(1, configured),
        () => weights.setAgentPercent(1, percent),
        () => weights.setRamp(1, ramp),
      ];
      for (const step of order) steps[step]?.();
      assert.equal(table.weight(1), weight);
      assert.equal(table.weight(0), 0);
    }
  });
}

test('the row of a server that is gone knows nothing of its agent', () => {
  const table = ServerTable.create(1, 1);
  const weights = new Weights(table);
  weights.setConfigured(0, 10);
  weights.setAgentPercent(0, 50);
  weights.forget(0);
  weights.setConfigured(0, 10);
  assert.equal(table.weight(0), 10 * WEIGHT_UNIT);
});

test('what an operator says holds in place of the configuration, until that says something else', () => {
  const table = ServerTable.create(1, 1);
  const weights = new Weights(table);
  weights.setConfigured(0, 10);
  weights.setOperator(0, 3);
  assert.equal(table.weight(0), 3 * WEIGHT_UNIT);
  weights.setConfigured(0, 10);
  assert.equal(table.weight(0), 3 * WEIGHT_UNIT, 'the same configuration again is no news');
  weights.setConfigured(0, 20);
  assert.equal(table.weight(0), 20 * WEIGHT_UNIT);
});

test('an operator can take a server out by its weight, and give the configuration its say again', () => {
  const table = ServerTable.create(1, 1);
  const weights = new Weights(table);
  weights.setConfigured(0, 10);
  weights.setOperator(0, 0);
  assert.equal(table.weight(0), 0);
  weights.setOperator(0, undefined);
  assert.equal(table.weight(0), 10 * WEIGHT_UNIT);
});
