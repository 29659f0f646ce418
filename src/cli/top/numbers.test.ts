import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, lasting, percent, seconds, short } from './numbers.ts';

type Row = readonly [value: number, text: string];

const TABLES: Readonly<Record<string, readonly [(value: number) => string, readonly Row[]]>> = {
  short: [
    short,
    [
      [0, '0'],
      [7, '7'],
      [7.31, '7.3'],
      [9.96, '10'],
      [999, '999'],
      [999.6, '1.0k'],
      [12_345, '12k'],
      [1_234_567, '1.2M'],
      [NaN, '-'],
      [-1, '-'],
    ],
  ],
  bytes: [
    bytes,
    [
      [0, '0 B'],
      [1023, '1.0 KiB'],
      [1536, '1.5 KiB'],
      [340 * 1024 * 1024, '340 MiB'],
    ],
  ],
  seconds: [
    seconds,
    [
      [0, '0 us'],
      [0.00034, '340 us'],
      [0.0012, '1.2 ms'],
      [0.085, '85 ms'],
      [0.9999, '1.0 s'],
      [2.5, '2.5 s'],
      [30, '30 s'],
    ],
  ],
  percent: [
    percent,
    [
      [0, '0 %'],
      [0.003, '0.3 %'],
      [0.125, '13 %'],
      [1, '100 %'],
    ],
  ],
  lasting: [
    lasting,
    [
      [0, '0s'],
      [-5, '0s'],
      [9000, '9s'],
      [425_000, '7m 5s'],
      [7_980_000, '2h 13m'],
      [273_600_000, '3d 4h'],
      [3_600_000, '1h 0m'],
    ],
  ],
};

for (const [name, [format, rows]] of Object.entries(TABLES)) {
  for (const [value, text] of rows)
    test(`${name}: ${value} is ${text}`, () => assert.equal(format(value), text));
}

test('no number is wider than seven columns', () => {
  for (let value = 0; value < 1e15; value = value * 1.37 + 0.01) {
    assert.ok(short(value).length <= 5, short(value));
    assert.ok(bytes(value).length <= 7, bytes(value));
  }
});

test('a time that is not known is a dash', () => assert.equal(seconds(undefined), '-'));
