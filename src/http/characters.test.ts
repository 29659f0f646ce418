import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALIAS, CLASS, DIGIT, FIELD, HEX, HOST, LOWER, TARGET, TOKEN } from './characters.ts';

/** The classes again, as the grammars of the RFCs write them. */
const CLASSES: readonly { name: string; bit: number; pattern: RegExp; count: number }[] = [
  { name: 'TOKEN', bit: TOKEN, pattern: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/, count: 77 },
  { name: 'FIELD', bit: FIELD, pattern: /^[\t \x21-\x7e\x80-\xff]$/, count: 224 },
  { name: 'TARGET', bit: TARGET, pattern: /^[\x21\x22\x24-\x7e\x80-\xff]$/, count: 221 },
  { name: 'HEX', bit: HEX, pattern: /^[0-9A-Fa-f]$/, count: 22 },
  { name: 'DIGIT', bit: DIGIT, pattern: /^[0-9]$/, count: 10 },
  { name: 'HOST', bit: HOST, pattern: /^[0-9A-Za-z\-._~!$&'()*+;=:[\]]$/, count: 79 },
  { name: 'ALIAS', bit: ALIAS, pattern: /^[!#$%&'*+.^_`|~]$/, count: 14 },
];

for (const { name, bit, pattern, count } of CLASSES) {
  test(`class ${name} is exactly its grammar, for each of the 256 bytes`, () => {
    let found = 0;
    for (let byte = 0; byte < 256; byte++) {
      const isIn = (CLASS[byte]! & bit) !== 0;
      assert.equal(isIn, pattern.test(String.fromCharCode(byte)), `byte 0x${byte.toString(16)}`);
      if (isIn) found++;
    }
    assert.equal(found, count);
  });
}

test('no byte that could end a line or a name stands in a class', () => {
  for (const character of '\0\r\n\x7f') assert.equal(CLASS[character.charCodeAt(0)], 0);
  for (const character of ' \t:') assert.equal(CLASS[character.charCodeAt(0)]! & (TOKEN | HEX | DIGIT), 0);
  assert.equal(CLASS.length, 256);
});

test('LOWER folds the 26 letters and nothing else', () => {
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    const folded = /[A-Z]/.test(character) ? character.toLowerCase() : character;
    assert.equal(LOWER[byte], folded.charCodeAt(0), `byte 0x${byte.toString(16)}`);
  }
});
