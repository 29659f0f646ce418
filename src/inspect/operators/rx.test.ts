import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operator } from './operator.ts';
import { makeRx, makeRxGlobal } from './rx.ts';

function captured(operator: Operator, value: string): readonly string[] {
  return operator.captures?.(value) ?? ['nothing is captured'];
}

function gaveUp(operator: Operator): boolean {
  return operator.wasExhausted?.() === true;
}

test('@rx captures the match and at most nine groups, those without part as empty', () => {
  const operator = makeRx('(a)(x)?(b)');
  assert.equal(operator.test('zab'), true);
  assert.deepEqual(operator.find('zab'), { start: 1, end: 3 });
  assert.deepEqual(captured(operator, 'zab'), ['ab', 'a', '', 'b']);
  assert.deepEqual(captured(operator, 'no'), []);
  assert.equal(captured(makeRx('(.)'.repeat(12)), 'abcdefghijkl').length, 10);
});

test('@rx runs as in ModSecurity 3: a dot matches a line feed, ^ and $ hold at each line', () => {
  assert.equal(makeRx('a.b').test('a\nb'), true);
  assert.equal(makeRx('^b$').test('a\nb\nc'), true);
  assert.equal(makeRx('^b$').test('ab'), false);
});

test('@rxGlobal captures the groups of all matches, later ones over earlier ones', () => {
  const operator = makeRxGlobal('([a-z])(\\d)?');
  assert.equal(operator.test('a1b'), true);
  assert.deepEqual(captured(operator, 'a1b'), ['b', 'b', '']);
  assert.deepEqual(operator.find('-a1b'), { start: 1, end: 3 });
  assert.equal(operator.test('1'), false);
  assert.deepEqual(captured(operator, '1'), []);
});

test('a pattern that gives up counts as a match and says so', () => {
  const operator = makeRx('^(?:(a+)+)+\\1b(?=cd)');
  assert.equal(operator.test(`${'a'.repeat(2_000)}b`), true);
  assert.equal(gaveUp(operator), true);
  assert.equal(operator.test('x'), false);
  assert.equal(gaveUp(operator), false);
});
