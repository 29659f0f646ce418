import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lowerQuartile, median, medianDifference, medianRatio, spread, valuesOf } from './statistics.ts';

const MEDIANS: readonly [claim: string, values: readonly number[], expected: number][] = [
  ['of nothing is not a number', [], Number.NaN],
  ['of one value is the value', [7], 7],
  ['of an odd count is the middle one, in whatever order', [9, 1, 5], 5],
  ['of an even count is halfway between the middle two', [1, 10, 2, 4], 3],
  ['sorts as numbers, not as text', [10, 9, 100], 10],
  ['leaves out what is not a number', [Number.NaN, 3, 1], 2],
  ['is not moved by one disturbed round', [10, 10, 10, 10, 1000], 10],
];
for (const [claim, values, expected] of MEDIANS) {
  test(`median ${claim}`, () => assert.equal(median(values), expected));
}

test('the lower quartile has a quarter of the values below it, in whatever order', () => {
  assert.equal(lowerQuartile([80, 10, 9, 70, 60, 50, 40, 30]), 30);
  assert.equal(lowerQuartile([7]), 7);
  assert.equal(lowerQuartile([Number.NaN, 3, 1, 2, 4]), 2);
  assert.ok(Number.isNaN(lowerQuartile([])));
});

test('spread is the largest distance from the median, upwards or downwards', () => {
  assert.equal(spread([100, 110, 80]), 0.2);
  assert.equal(spread([100]), 0);
});

test('ratios and differences pair rounds of the same index, and skip rounds that one of them lacks', () => {
  const one = { label: 'one', rounds: [{ cpu: 10 }, undefined, { cpu: 30 }, { cpu: 8 }] };
  const other = { label: 'other', rounds: [{ cpu: 20 }, { cpu: 1 }, { cpu: 10 }] };
  assert.equal(medianRatio(one, other, 'cpu'), (0.5 + 3) / 2);
  assert.equal(medianDifference(one, other, 'cpu'), (-10 + 20) / 2);
  assert.ok(Number.isNaN(medianRatio(one, other, 'absent')));
});

test('valuesOf leaves out rounds that failed and figures that are not there', () => {
  const rounds = [{ cpu: 1 }, undefined, { rate: 2 }, { cpu: 0 }];
  assert.deepEqual(valuesOf({ label: 'x', rounds }, 'cpu'), [1, 0]);
});
