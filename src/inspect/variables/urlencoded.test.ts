import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasInvalidEscape, readPairs } from './urlencoded.ts';

type Pair = readonly [name: string, value: string];

const PAIRS: readonly (readonly [text: string, pairs: readonly Pair[]])[] = [
  ['', []],
  ['&', []],
  ['&&&', []],
  ['a', [['a', '']]],
  ['a=', [['a', '']]],
  ['=', [['', '']]],
  ['=b', [['', 'b']]],
  ['a=b=c', [['a', 'b=c']]],
  [
    'a=1&a=2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  [
    '&a=1&&b=2&',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a;b=1', [['a;b', '1']]],
  ['+=+', [[' ', ' ']]],
  [
    'a+b=c+d&e=f',
    [
      ['a b', 'c d'],
      ['e', 'f'],
    ],
  ],
  [
    '%61%3d=%3D%26&b',
    [
      ['a=', '=&'],
      ['b', ''],
    ],
  ],
  [
    '&%41&&b=%42&',
    [
      ['A', ''],
      ['b', 'B'],
    ],
  ],
  ['=%41', [['', 'A']]],
  ['+\0=\0+=\0', [[' \0', '\0 =\0']]],
  [
    '%=%4&%zz=%',
    [
      ['%', '%4'],
      ['%zz', '%'],
    ],
  ],
  ['%%34%31', [['%41', '']]],
  ['%u0041=%00\xff', [['%u0041', '\0\xff']]],
];

for (const [text, pairs] of PAIRS) {
  test(`readPairs splits ${JSON.stringify(text)}`, () => {
    const read = readPairs(text, 10);
    assert.deepEqual(
      read.values.map(({ key, text: value }) => [key, value]),
      pairs,
    );
    assert.equal(read.isExceeded, false);
  });
}

const EXCEEDED: readonly (readonly [text: string, max: number, last: string | undefined])[] = [
  ['a=1&b=2', 2, undefined],
  ['a=1&b=2&', 2, undefined],
  ['a=1&b=2&&&', 2, undefined],
  ['a=%31&b=2&&&', 2, undefined],
  ['&', 0, undefined],
  ['a=1&b=2&c', 2, 'c'],
  ['a=1&b=2&c=3&d=4', 2, 'c=3&d=4'],
  ['a=1&b=2&c=%33&d+=4', 2, 'c=3&d =4'],
  ['a=1&&&b=%33', 1, 'b=3'],
  ['a', 0, 'a'],
  ['%61', 0, 'a'],
];

for (const [text, max, last] of EXCEEDED) {
  test(`readPairs keeps what is beyond ${max} in ${text}`, () => {
    const { values, isExceeded } = readPairs(text, max);
    assert.equal(isExceeded, last !== undefined);
    assert.equal(values.length, last === undefined ? max : max + 1);
    if (last !== undefined) assert.deepEqual([values.at(-1)?.key, values.at(-1)?.text], ['', last]);
  });
}

const ESCAPES: readonly (readonly [text: string, isInvalid: boolean])[] = [
  ['', false],
  ['a+b', false],
  ['%41%2b%Ff', false],
  ['%25%34', false],
  ['%', true],
  ['%4', true],
  ['%4g', true],
  ['%%41', true],
  ['%41%', true],
  ['%u0041', true],
  ['%+41', true],
];

for (const [text, isInvalid] of ESCAPES) {
  test(`hasInvalidEscape ${isInvalid ? 'finds one' : 'finds none'} in ${text}`, () => {
    assert.equal(hasInvalidEscape(text), isInvalid);
    for (const separator of ['&', '%', '4', '+']) {
      for (const max of [0, 1, 100]) {
        assert.equal(readPairs(text, max, separator).hasInvalidEscape, isInvalid);
        assert.equal(readPairs(`a=1&&b+${text}`, max, separator).hasInvalidEscape, isInvalid);
      }
    }
  });
}

test('readPairs splits at another separator, in escaped text too', () => {
  for (const separator of [';', '+', '\0']) {
    const { values } = readPairs(`a&%41=b=&${separator}${separator}c=%42`, 10, separator);
    assert.deepEqual(
      values.map(({ key, text }) => [key, text]),
      [
        ['a&A', 'b=&'],
        ['c', 'B'],
      ],
    );
  }
});

test('readPairs leaves what is behind the bound as one value, with its separators', () => {
  const { values, isExceeded } = readPairs('a=%41&b=+&c=%43&&d', 2);
  assert(isExceeded);
  assert.deepEqual(
    values.map(({ key, text }) => [key, text]),
    [
      ['a', 'A'],
      ['b', ' '],
      ['', 'c=C&&d'],
    ],
  );
});
