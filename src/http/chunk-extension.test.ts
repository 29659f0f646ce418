import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXTENSION_BAD, EXTENSION_END, EXTENSION_START, nextExtensionState } from './chunk-extension.ts';

/** What is answered to the text after the first `;` and the CR that ends it. */
function follow(text: string): 'ok' | 'bad' | 'open' {
  let state: number = EXTENSION_START;
  for (const character of `${text}\r`) {
    assert.ok(state !== EXTENSION_END, 'the line has not ended before');
    state = nextExtensionState(state, character.charCodeAt(0));
    if (state === EXTENSION_BAD) return 'bad';
  }
  return state === EXTENSION_END ? 'ok' : 'open';
}

const GOOD = [
  'a',
  'a;b;c',
  'a=b',
  'a=b;c=d;e',
  ' a',
  '\t a \t= \tb \t; c',
  'a="b"',
  'a=""',
  'a="b;c=d, e"',
  'a="\\""',
  'a="\\\\";b',
  'a="\\b\t\x80"',
  'a="b" ;c="d"',
  "!#$%&'*+-.^_`|~=!#$%&'*+-.^_`|~",
  'a=1',
  '1',
];
const BAD = [
  '',
  ' ',
  ';',
  ';a',
  'a;',
  'a;;b',
  'a; ',
  'a ',
  'a\t',
  'a=b ',
  'a="b" ',
  '=',
  '=b',
  'a=',
  'a= ',
  'a==b',
  'a=;b',
  'a=b=c',
  'a b',
  'a =b c',
  'a=b c',
  'a="b',
  'a="',
  'a="b\\"',
  'a="b\\',
  'a="b"c',
  'a="b""c"',
  '"a"',
  'a"b"=c',
  'a=b\'c"',
  'a=(b)',
  'a=b,c',
  'a:b',
  'a=\0',
  'a="\0"',
  'a="\\\0"',
  'a="\x7f"',
  'a="\n"',
  'a="\\\n"',
  'a\n',
  'a\x0b',
  'a=\xe9',
  '\xe9',
];
for (const text of GOOD) {
  test(`nextExtensionState takes ${JSON.stringify(text)}`, () => assert.equal(follow(text), 'ok'));
}
for (const text of BAD) {
  test(`nextExtensionState refuses ${JSON.stringify(text)}`, () => assert.equal(follow(text), 'bad'));
}

/** The grammar again, as one expression. */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const ITEM = `[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"))?`;
const GRAMMAR = new RegExp(`^${ITEM}(?:[ \\t]*;${ITEM})*$`);

test('nextExtensionState takes exactly what the grammar takes: all texts of up to six of its characters', () => {
  let count = 0;
  const visit = (text: string, left: number): void => {
    count++;
    assert.equal(follow(text), GRAMMAR.test(text) ? 'ok' : 'bad', JSON.stringify(text));
    if (left > 0) for (const character of 'a=;" \\') visit(text + character, left - 1);
  };
  visit('', 6);
  assert.equal(count, 55_987);
});

test('nextExtensionState takes exactly what the grammar takes: each of the 256 bytes at each place', () => {
  for (let code = 0; code < 256; code++) {
    const byte = String.fromCharCode(code);
    if (byte === '\r') continue; // It ends the line, see above.
    for (const [before, after] of [
      ['', ''],
      ['', 'a'],
      ['a', ''],
      ['a', 'b'],
      ['a ', '=b'],
      ['a=', ''],
      ['a=b', ''],
      ['a="', '"'],
      ['a="\\', '"'],
      ['a="b"', ';c'],
    ] as const) {
      const text = before + byte + after;
      assert.equal(follow(text), GRAMMAR.test(text) ? 'ok' : 'bad', JSON.stringify(text));
    }
  }
});

test('CR within a quoted string does not end the line, it is refused', () => {
  assert.equal(follow('a="b\r"'), 'bad');
  assert.equal(follow('a="b\\\r"'), 'bad');
});
