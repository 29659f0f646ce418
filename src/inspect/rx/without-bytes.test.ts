import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setOf } from './byte-set.ts';
import { literalSetsOf } from './literals.ts';
import { parsePattern } from './parse.ts';
import { withoutBytes } from './without-bytes.ts';

/** Why, pattern, the literals that it needs in a value without white space; undefined: it matches none. */
const ROWS: readonly (readonly [why: string, pattern: string, literals: readonly string[] | undefined])[] = [
  ['what may be left out is gone', 'new\\s*x', ['newx']],
  ['what needs one is gone', 'new\\s+x', undefined],
  ['so is one way of several', '(?:new\\s+x|eval)\\(', ['eval(']],
  ['a class keeps what is left of it', 'a[\\s(]b', ['a(b']],
  ['a pattern without such a byte stays', 'eval\\(', ['eval(']],
  ['a repeated part that is gone', '(?: ){2}', undefined],
  ['an atomic group', '(?>( )|a;)', ['a;']],
  ['what must not be there is not asked', 'ab(?! )', ['ab']],
];

for (const [why, pattern, literals] of ROWS) {
  test(`${pattern} in values without white space: ${why}`, () => {
    const node = withoutBytes(parsePattern(pattern).root, setOf([0x09, 0x0d], [0x20, 0x20]));
    assert.deepEqual(node === undefined ? undefined : literalSetsOf(node)[0], literals);
  });
}
