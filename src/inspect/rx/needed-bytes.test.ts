import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { neededBytes } from './needed-bytes.ts';
import { parsePattern } from './parse.ts';

/** Why, pattern, the bytes of which every match holds one; undefined: nothing is known. */
const ROWS: readonly (readonly [why: string, pattern: string, bytes: string | undefined])[] = [
  ['the rarest of what follows each other', 'script<', '<'],
  ['one of each way', 'a<|b>|"c', '"<>'],
  ['no way may be without', 'a<|', undefined],
  ['what may be left out tells nothing', '<?a*', undefined],
  ['what is repeated is there once', '(?:<+a){2,}', '<'],
  ['a class is all of its bytes', '["\'`]x?', '"\'`'],
  ['a group that captures or is atomic', '(?>(<)a)', '<'],
  ['a look ahead sees the value', 'a(?=[;])', ';'],
  ['a longer one too', 'a(?=;b)', ';'],
  ['what must not be there tells nothing', '(?!<)', undefined],
  ['nor does a place', '^$', undefined],
  ['nor a group again', '(<)?\\1', undefined],
];

test('what is not allowed is left for what is, or nothing', () => {
  const allowed = setOf([0x3b, 0x3c]);
  const found = (pattern: string): ByteSet | undefined => neededBytes(parsePattern(pattern).root, allowed);
  assert.deepEqual(found('Q;'), setOf([0x3b, 0x3b]), 'although Q is rarer');
  assert.deepEqual(found('(?:a;|Q<)'), setOf([0x3b, 0x3c]));
  assert.equal(found('(?:a;|Q)'), undefined);
  assert.equal(found('[;Q]'), undefined);
});

for (const [why, pattern, bytes] of ROWS) {
  test(`the bytes that ${pattern} needs: ${why}`, () => {
    const set = neededBytes(parsePattern(pattern).root);
    const found = set === undefined ? undefined : [...set.keys()].filter((byte) => set[byte] === 1);
    assert.equal(found?.map((byte) => String.fromCharCode(byte)).join(''), bytes);
  });
}
