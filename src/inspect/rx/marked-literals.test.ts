import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setOf } from './byte-set.ts';
import { markedLiterals } from './marked-literals.ts';
import { parsePattern } from './parse.ts';

/** Why, pattern, literals with one of `(`, `.` and `<` of which every match holds one; undefined: none are known. */
const ROWS: readonly (readonly [why: string, pattern: string, literals: readonly string[] | undefined])[] = [
  ['a word with one', 'this\\.constructor', ['this.constructor']],
  ['not the word that is rarer', 'zzzz +x\\(', [' x(']],
  ['one of each way', 'a\\.b|c\\(d', ['a.b', 'c(d']],
  ['no way may be without', 'a\\.b|cd', undefined],
  ['the part of a sequence that has one', '(?:a|b\\.)x+(?:y\\.z|\\(u)', ['x(u', 'xy.z']],
  ['what is repeated is there once', '(?:<+a){2,}', ['<a<']],
  ['what may be left out tells nothing', '(?:<a)?b', undefined],
  ['a group', '(?>(<)x*)', ['<']],
];

for (const [why, pattern, literals] of ROWS) {
  test(`literals of ${pattern} with a mark: ${why}`, () => {
    const marks = setOf([0x28, 0x28], [0x2e, 0x2e], [0x3c, 0x3c]);
    assert.deepEqual(markedLiterals(parsePattern(pattern).root, marks), literals);
  });
}
