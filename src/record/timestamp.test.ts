import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamps } from './timestamp.ts';

test('times are those of Date, also when they go back and forth', () => {
  const timestamps = new Timestamps();
  const start = Date.UTC(2026, 1, 28, 23, 59, 58);
  for (const offset of [0, 1, 999, 1000, 1999, 2000, 500, -1, 60_000, 86_400_000, -start, -start - 1]) {
    assert.equal(timestamps.format(start + offset), new Date(start + offset).toISOString());
  }
});

test('fractions are cut, as Date does', () => {
  assert.equal(new Timestamps().format(1.9), '1970-01-01T00:00:00.001Z');
});

for (const value of [NaN, Infinity, -Infinity, 1e300]) {
  test(`${value} does not throw and is a time`, () => {
    assert.match(new Timestamps().format(value), /^[-+]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
}
