import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDate, writeDate } from './cookie-dates.ts';

const ROWS: readonly (readonly [seconds: number, text: string])[] = [
  [0, 'AAAAA'],
  [4, 'AAAAB'],
  [252, 'AAAA/'],
  [256, 'AAABA'],
  [1_800_000_000, 'a0nSA'],
];

for (const [seconds, text] of ROWS) {
  test(`${seconds} s are ${text}, and back`, () => {
    assert.equal(writeDate(seconds), text);
    assert.equal(readDate(text), seconds);
    assert.equal(readDate(`${text}more`), seconds);
  });
}

test('a time is rounded up to 4 s', () => {
  assert.equal(readDate(writeDate(1001)), 1004);
  assert.equal(readDate(writeDate(1000)), 1000);
});

for (const text of ['', 'AAAA', 'AAA A', 'AAAA=', '-AAAA', 'AAAA\xe4']) {
  test(`${JSON.stringify(text)} says no time`, () => assert.equal(readDate(text), 0));
}
