import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRegex, SECLANG_OPTIONS } from './regex.ts';

/** Why, pattern, the length of the longest value without a line feed that matches; undefined: there is none, or it is not known. */
const ROWS: readonly (readonly [why: string, pattern: string, longest: number | undefined])[] = [
  ['all of the value is the match', '^(?:GET|OPTIONS) / HTTP/[12]\\.[01]$', 18],
  ['the ends of the value do as well', '\\Aab?$', 2],
  ['nothing is a value, too', '^$', 0],
  ['a look takes none', '^a(?=b)b$', 2],
  ['one that may give up counts as a match', '^(?>a)$', undefined],
  ['a place takes none', '^ab\\b$', 2],
  ['a group that is not taken counts all the same', '^(?:(a)|bcd){0,2}$', 6],
  ['without an end there is no longest', '^ab+$', undefined],
  ['a beginning is missing', 'ab$', undefined],
  ['an end is missing', '^ab', undefined],
  ['each way has ends of its own', '^a|b$', undefined],
  ['a dollar may be a byte', '^ab\\$', undefined],
];

for (const [why, pattern, longest] of ROWS) {
  test(`the longest value of ${pattern} has ${longest ?? 'no known number of'} bytes: ${why}`, () => {
    assert.equal(compileRegex(pattern, SECLANG_OPTIONS).longest, longest);
  });
}
