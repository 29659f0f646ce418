import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetIn, splitDirectives } from './words.ts';

const WORDS: readonly (readonly [text: string, words: readonly (readonly string[])[]])[] = [
  ['', []],
  [' \t \n\r\n', []],
  ['# comment \\\nA b', [['A', 'b']]],
  ['  # comment', []],
  ['A # is a word', [['A', '#', 'is', 'a', 'word']]],
  ['A b\tc', [['A', 'b', 'c']]],
  ['A "b c" \'d "e"\'', [['A', 'b c', 'd "e"']]],
  ['A "b\\"c" \'d\\\'e\'', [['A', 'b"c', "d'e"]]],
  ['A "b\\\\c\\d"', [['A', 'b\\\\c\\d']]],
  ['A \\\n b\nC', [['A', 'b'], ['C']]],
  ['A \\\r\n b\r\nC', [['A', 'b'], ['C']]],
  ['A "b\\\nc"', [['A', 'bc']]],
  ['A "b\\\r\n c"', [['A', 'b c']]],
  ['A b\\\nc', [['A', 'b', 'c']]],
  ['A b"c d', [['A', 'b"c', 'd']]],
  ['A ""', [['A', '']]],
  ['A\rb', [['A', 'b']]],
  ['A "b\rc"', [['A', 'b\rc']]],
];

for (const [text, words] of WORDS) {
  test(`the words of ${JSON.stringify(text)}, and where they stand`, () => {
    const directives = splitDirectives(text);
    assert.deepEqual(
      directives.map((directive) => directive.words.map((word) => word.text)),
      words,
    );
    for (const directive of directives) {
      assert.equal(directive.openQuote, undefined);
      for (const word of directive.words) {
        for (let index = 0; index < word.text.length; index++) {
          assert.equal(text[offsetIn(word, index)], word.text[index], `${word.text} at ${index}`);
        }
      }
    }
  });
}

const OPEN: readonly (readonly [text: string, openQuote: number, next: readonly string[]])[] = [
  ['A "b', 2, []],
  ["A 'b", 2, []],
  ['A "b\nSecRule x', 2, ['SecRule']],
  ['A "b\nrest"\n  Include x', 2, ['Include']],
  ['A "b\\"\n# "\nSecRule', 2, ['SecRule']],
  ['A "b\\', 2, []],
];

for (const [text, openQuote, next] of OPEN) {
  test(`the quote of ${JSON.stringify(text)} is open, and the next directive is found`, () => {
    const [first, ...others] = splitDirectives(text);
    assert.equal(first?.openQuote, openQuote);
    assert.deepEqual(
      others.map(({ words }) => words[0]?.text),
      next,
    );
  });
}
