import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapped } from './wrapped.ts';

test('a line that fits stays one', () => assert.deepEqual(wrapped('a b', '1 ', '  '), ['1 a b']));

test('lines are broken at spaces, and no line is longer than 80 columns', () => {
  const lines = wrapped(Array.from({ length: 60 }, () => 'word').join(' '), 'label: ', '       ');
  assert(lines.every((line) => line.length <= 80));
  assert(lines.slice(1).every((line) => line.startsWith('       word')));
  assert.equal(lines.join('').match(/word/g)?.length, 60);
});

test('a long word stays whole, also as the first', () => {
  const word = 'x'.repeat(100);
  assert.deepEqual(wrapped(`${word} a ${word}`, '', ' '), [word, ' a', ` ${word}`]);
});
