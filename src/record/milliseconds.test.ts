import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds } from './milliseconds.ts';

const rows: readonly [ms: number, text: string][] = [
  [0, '0.000'],
  [0.0009, '0.000'],
  [0.001, '0.001'],
  [0.0019, '0.001'],
  [1, '1.000'],
  [1.001, '1.001'],
  [1.9999, '1.999'],
  [4.095, '4.095'],
  [4.0959, '4.095'],
  [4.096, '4.096'],
  [12.5, '12.500'],
  [86_400_000.25, '86400000.250'],
  [999_999_999_999.5, '999999999999.500'],
  [1e12, 'null'],
  [1e21, 'null'],
  [-1, 'null'],
  [-0.0001, 'null'],
  [NaN, 'null'],
  [Infinity, 'null'],
];

for (const [ms, text] of rows) {
  test(`${ms} ms are ${text}, the first time and the next`, () => {
    const milliseconds = new Milliseconds();
    assert.equal(milliseconds.text(ms), text);
    assert.equal(milliseconds.text(ms), text);
  });
}

test('every whole microsecond is itself, kept or not', () => {
  const milliseconds = new Milliseconds();
  for (let us = 0; us < 20_000; us++) {
    const text = milliseconds.text(us / 1000);
    assert.equal(text, (us / 1000).toFixed(3));
  }
});

test('a part of a microsecond is cut off, never rounded up', () => {
  const milliseconds = new Milliseconds();
  for (let step = 0; step < 20_000; step++) {
    const ms = step * 0.000737;
    assert.ok(Number(milliseconds.text(ms)) <= ms + 1.1e-5, String(ms));
    assert.ok(Number(milliseconds.text(ms)) > ms - 0.001 - 1e-5, String(ms));
  }
});
