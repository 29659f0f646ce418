import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { REMOVED_BLANKS } from '../transforms/whitespace.ts';
import { makePm } from '../operators/pm.ts';
import { makeRx } from '../operators/rx.ts';
import { literalsOfProse, literalsWithSigns, NO_SIGN, SIGN_BITS, signsNeeded, signsOf } from './signs.ts';

/** Why, pattern, the signs of which a text must have one. */
const ROWS: readonly (readonly [why: string, pattern: string, signs: string])[] = [
  ['one sign', '<script', '<'],
  ['one of several', '[;|&]\\s*cat', ';|&'],
  ['a letter has no bit, so that the set tells nothing', '[<a]', ''],
  ['nor has a byte that is no sign', '[<\\x80]', ''],
  ['a pattern that needs nothing', '.*', ''],
  ['a sign, where a rarer letter would tell nothing', 'Q;', ';'],
  ['one alternative without a sign', 'a;|b', ''],
];

for (const [why, pattern, signs] of ROWS) {
  test(`signs that ${pattern} needs: ${why}`, () => {
    const bits = Buffer.from(signs, 'latin1').reduce((all, byte) => all | (SIGN_BITS[byte] ?? 0), NO_SIGN);
    assert.equal(signsNeeded(makeRx(pattern)), bits);
  });
}

test('phrases need the rarest sign of each, if each has one', () => {
  assert.equal(signsNeeded(makePm('document.cookie <!--')), bitOf('.') | bitOf('<'));
  assert.equal(signsNeeded(makePm('document.cookie eval')), NO_SIGN);
});

/** Why, pattern, the literals of which a text with no other signs than `,` and `(` holds one if it matches. */
const PROSE: readonly (readonly [why: string, pattern: string, literals: readonly string[]])[] = [
  ['what holds another sign is not there', 'select|a\\.b', ['select']],
  ['a set without two bytes, without white space', 'if(?: exist|[ (].*equ)', ['equ', 'exist']],
  ['there is none: the first', 'if', ['if']],
  ['there is none without white space', 'a[b-z]?on [x-z]', ['on x', 'on y', 'on z']],
];

for (const [why, pattern, literals] of PROSE) {
  test(`literals of ${pattern} in prose: ${why}`, () => {
    assert.deepEqual([...literalsOfProse(makeRx(pattern), signsOf(',('))].sort(), literals);
  });
}

test('literals with signs are those of the pattern, or all phrases', () => {
  assert.deepEqual(literalsWithSigns(makeRx('(?:eval|new\\s+x)\\('), REMOVED_BLANKS), ['eval(']);
  assert.deepEqual(literalsWithSigns(makeRx('new\\s'), REMOVED_BLANKS), []);
  assert.deepEqual(literalsWithSigns(makePm('a.b <c'), REMOVED_BLANKS), ['a.b', '<c']);
  assert.equal(literalsWithSigns(makePm('a.b c'), REMOVED_BLANKS), undefined);
});

test('each sign has a bit of its own', () => {
  const bits = [...SIGN_BITS].filter((bit) => bit !== 0);
  assert.equal(new Set(bits).size, 32);
  assert.equal(bits.length, 32);
});

function bitOf(sign: string): number {
  return SIGN_BITS[sign.charCodeAt(0)] ?? NO_SIGN;
}
