import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTypedField } from './content-type.ts';

type Pair = readonly [name: string, value: string];

const TYPED_FIELDS: readonly (readonly [
  field: string,
  type: string,
  parameters: readonly Pair[],
  error: RegExp,
])[] = [
  ['text/plain', 'text/plain', [], /^none$/],
  ['Text/Plain ; Charset=UTF-8', 'text/plain', [['charset', 'UTF-8']], /^none$/],
  [
    'a/b;c="d;e" ; f=g',
    'a/b',
    [
      ['c', 'd;e'],
      ['f', 'g'],
    ],
    /^none$/,
  ],
  ['', '', [], /type is malformed/],
  ['a b', 'a b', [], /type is malformed/],
  ['a/b;', 'a/b', [], /parameter is malformed/],
  ['a/b; c', 'a/b', [], /parameter is malformed/],
  ['a/b; c=', 'a/b', [], /parameter is malformed/],
  ['a/b; c = d', 'a/b', [], /parameter is malformed/],
  ['a/b; c="d', 'a/b', [], /parameter is malformed/],
  ['a/b; c="d"e', 'a/b', [], /parameter is malformed/],
  ['a/b; c=d; C=e', 'a/b', [['c', 'd']], /given twice/],
  ['a/b, c/d', 'a/b, c/d', [], /type is malformed/],
];

for (const [field, type, parameters, error] of TYPED_FIELDS) {
  test(`readTypedField reads ${JSON.stringify(field)}`, () => {
    const read = readTypedField(field);
    assert.deepEqual([read.type, [...read.parameters]], [type, parameters]);
    assert.match(read.error ?? 'none', error);
  });
}
