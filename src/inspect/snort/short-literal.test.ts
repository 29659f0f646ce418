import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsByte, holdsPair, isFindable } from './short-literal.ts';

const ALPHABET = ['a', 'A', '=', ' ', '\0', '\xe9', '{'];

/** Every text of up to four of these. */
function textsOf(size: number): readonly string[] {
  if (size === 0) return [''];
  return textsOf(size - 1).flatMap((text) => ['', ...ALPHABET].map((byte) => text + byte));
}

const LONG = [
  'x '.repeat(5000),
  `${'x '.repeat(5000)}{`,
  ` ${'{'.repeat(5000)}`,
  'a='.repeat(300),
  `${'='.repeat(900)}A=`,
  `${'='.repeat(900)}=A`,
];

for (const first of ['a', '=', ' ', '\0', '\xe9', '{']) {
  test(`holdsByte finds ${JSON.stringify(first)} in either case`, () => {
    for (const text of [...textsOf(2), ...LONG]) {
      assert.equal(holdsByte(text, first.charCodeAt(0)), text.replaceAll('A', 'a').includes(first), text);
    }
  });
  for (const second of ['a', '=', ' ', '\0', '\xe9', '{']) {
    const pair = first + second;
    if (!isFindable(first.charCodeAt(0), second.charCodeAt(0))) continue;
    test(`holdsPair finds ${JSON.stringify(pair)} in either case, however often a byte of it is there`, () => {
      for (const text of [...textsOf(4), ...LONG]) {
        const expected = text.replaceAll('A', 'a').includes(pair);
        assert.equal(holdsPair(text, first.charCodeAt(0), second.charCodeAt(0)), expected, text);
      }
    });
  }
}

test('a pair of letters has no byte by which it could be looked for', () => {
  assert.equal(isFindable(0x61, 0x7a), false);
  assert.equal(isFindable(0x61, 0x7b), true);
});
