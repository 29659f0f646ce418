import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommonTimestamps } from './common-timestamps.ts';

const ROWS: readonly (readonly [atMs: number, seconds: string, milliseconds: string])[] = [
  [Date.UTC(2026, 0, 31, 12, 34, 56, 789), '31/Jan/2026:12:34:56', '31/Jan/2026:12:34:56.789'],
  [Date.UTC(2026, 11, 1, 0, 0, 0, 0), '01/Dec/2026:00:00:00', '01/Dec/2026:00:00:00.000'],
  [Date.UTC(2028, 1, 29, 23, 59, 59, 999), '29/Feb/2028:23:59:59', '29/Feb/2028:23:59:59.999'],
  [0, '01/Jan/1970:00:00:00', '01/Jan/1970:00:00:00.000'],
  [NaN, '01/Jan/1970:00:00:00', '01/Jan/1970:00:00:00.000'],
];

for (const [atMs, seconds, milliseconds] of ROWS) {
  test(`${atMs} is ${milliseconds}`, () => {
    const timestamps = new CommonTimestamps();
    assert.equal(timestamps.seconds(atMs), seconds);
    assert.equal(timestamps.milliseconds(atMs), milliseconds);
  });
}

test('the next second is another one', () => {
  const timestamps = new CommonTimestamps();
  assert.equal(timestamps.seconds(999), '01/Jan/1970:00:00:00');
  assert.equal(timestamps.seconds(1000), '01/Jan/1970:00:00:01');
});
