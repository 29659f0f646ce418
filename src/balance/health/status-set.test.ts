import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStatusSet } from './status-set.ts';

const SETS: readonly {
  readonly text: string;
  readonly has: readonly number[];
  readonly not: readonly number[];
}[] = [
  { text: '200', has: [200], not: [199, 201, 403] },
  { text: '403', has: [403], not: [200, 402, 404] },
  { text: '200-399', has: [200, 302, 399], not: [199, 400] },
  { text: '200-399, 403', has: [200, 399, 403], not: [402, 404, 500] },
  { text: '200-299,301 ,404-404', has: [200, 299, 301, 404], not: [300, 302, 405] },
  { text: '100-599', has: [100, 599], not: [99, 600] },
];
for (const { text, has, not } of SETS) {
  test(`"${text}"`, () => {
    const set = readStatusSet(text);
    assert(typeof set !== 'string', text);
    for (const status of has) assert(set.has(status), String(status));
    for (const status of not) assert(!set.has(status), String(status));
  });
}

for (const text of [
  '',
  ' ',
  ',',
  '200,',
  '20',
  '2000',
  '200-',
  '-200',
  '600',
  '099',
  '2xx',
  '200-300-400',
  '200 300',
])
  test(`"${text}" is none`, () => assert.equal(typeof readStatusSet(text), 'string'));

test('a range that ends before it begins is told as that', () => {
  assert.equal(readStatusSet('200, 399-200'), 'has "399-200", which ends before it begins');
});
