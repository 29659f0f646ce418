import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeRx } from '../operators/rx.ts';
import { NO_SIGN, SIGN_BITS, signsNeeded } from './signs.ts';

/** Why, pattern, the signs of which a text must have one. */
const ROWS: readonly (readonly [why: string, pattern: string, signs: string])[] = [
  ['one sign', '<script', '<'],
  ['one of several', '[;|&]\\s*cat', ';|&'],
  ['a letter has no bit, so that the set tells nothing', '[<a]', ''],
  ['nor has a byte that is no sign', '[<\\x80]', ''],
  ['a pattern that needs nothing', '.*', ''],
];

for (const [why, pattern, signs] of ROWS) {
  test(`signs that ${pattern} needs: ${why}`, () => {
    const bits = Buffer.from(signs, 'latin1').reduce((all, byte) => all | (SIGN_BITS[byte] ?? 0), NO_SIGN);
    assert.equal(signsNeeded(makeRx(pattern)), bits);
  });
}

test('each sign has a bit of its own, and none is the highest', () => {
  const bits = [...SIGN_BITS].filter((bit) => bit !== 0);
  assert.equal(new Set(bits).size, bits.length);
  assert(bits.every((bit) => bit > 0));
});
