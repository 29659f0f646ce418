import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeenTwice } from './seen-twice.ts';

test('a text was seen when it comes for the second time, and under another salt it is another', () => {
  const seen = new SeenTwice(64);
  assert.deepEqual([seen.wasSeen('/a'), seen.wasSeen('/a'), seen.wasSeen('/a', 1)], [false, true, false]);
  assert.equal(seen.wasSeen(''), false);
  assert.equal(seen.wasSeen(''), true);
});

test('what differs at its end only is something else, however long it is', () => {
  const seen = new SeenTwice(64);
  const base = '/catalogue/'.repeat(50);
  assert.equal(seen.wasSeen(`${base}1`), false);
  assert.equal(seen.wasSeen(`${base}2`), false);
});

test('later texts take the places of earlier ones, and two that come in turn do not', () => {
  const seen = new SeenTwice(2);
  const askAll = (...texts: readonly string[]): readonly boolean[] => texts.map((text) => seen.wasSeen(text));
  assert.deepEqual(askAll('a', 'b', 'a', 'b'), [false, false, true, true]);
  assert.deepEqual(askAll('c', 'd', 'a', 'b'), [false, false, false, false]);
});
