import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

function taken(allowance: Allowance, tries: number): number {
  return Array.from({ length: tries }, () => allowance.take()).filter(Boolean).length;
}

test('a second allows so many at once, and no more', () => {
  const allowance = new Allowance(10, () => 0);
  assert.equal(taken(allowance, 100), 10);
});

test('what was not used is not saved for longer than a second', () => {
  let at = 0;
  const allowance = new Allowance(10, () => at);
  taken(allowance, 10);
  at = 100_000;
  assert.equal(taken(allowance, 100), 10);
});

test('a part of a second allows its part', () => {
  let at = 0;
  const allowance = new Allowance(10, () => at);
  taken(allowance, 10);
  at = 99;
  assert.equal(allowance.take(), false);
  at = 250;
  assert.equal(taken(allowance, 100), 2);
});
