import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makePm } from '../operators/pm.ts';
import { makeRx } from '../operators/rx.ts';
import { NO_SIGN, SIGN_BITS, signsNeeded } from './signs.ts';

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

test('each sign has a bit of its own', () => {
  const bits = [...SIGN_BITS].filter((bit) => bit !== 0);
  assert.equal(new Set(bits).size, 32);
  assert.equal(bits.length, 32);
});

function bitOf(sign: string): number {
  return SIGN_BITS[sign.charCodeAt(0)] ?? NO_SIGN;
}
