import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from './suggest.ts';

const KEYS = [
  'bind',
  'protocol',
  'pool',
  'routes',
  'timeouts',
  'firstByte',
  'bodyIdle',
  'limits',
  'to',
  'x-forwarded-for',
];

const NEAR: readonly (readonly [string, string])[] = [
  ['timeuot', 'timeouts'],
  ['timeout', 'timeouts'],
  ['Timeouts', 'timeouts'],
  ['first_byte', 'firstByte'],
  ['first-byte', 'firstByte'],
  ['fristByte', 'firstByte'],
  ['bnid', 'bind'],
  ['binds', 'bind'],
  ['binding', 'bind'],
  ['proto', 'protocol'],
  ['pol', 'pool'],
  ['poll', 'pool'],
  ['xForwardedFor', 'x-forwarded-for'],
  ['bodyIdel', 'bodyIdle'],
];

const FAR: readonly string[] = [
  '',
  'x',
  'cache',
  'tls',
  'nothing',
  'bi',
  'servers',
  'zzzz',
  'q'.repeat(65),
  'bind'.repeat(20),
];

test('suggest finds the word that was meant', () => {
  for (const [word, expected] of NEAR) assert.equal(suggest(word, KEYS), expected, word);
});

test('suggest does not guess where nothing is near', () => {
  for (const word of FAR) assert.equal(suggest(word, KEYS), undefined, word);
  assert.equal(suggest('bind', []), undefined);
  assert.equal(suggest('bind', ['bind'.repeat(20)]), undefined);
});

test('editDistance counts insertions, deletions, substitutions and swaps', () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'axc', 1],
    ['abc', 'abxc', 1],
    ['abc', 'ab', 1],
    ['ab', 'ba', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ];
  for (const [left, right, distance] of rows) {
    assert.equal(editDistance(left, right), distance, `${left} ${right}`);
    assert.equal(editDistance(right, left), distance, `${right} ${left}`);
  }
});
