import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../test/support/random.ts';
import { REMOVED_BLANKS, removeWhitespace } from '../transforms/whitespace.ts';
import { MarkedSearch } from './marked-search.ts';

const MARKS = Array.from('<(.', (text, index) => ({ text, bit: 1 << index }));

function mayBeIn(literals: readonly string[], text: string): boolean {
  const bits = MARKS.reduce((all, mark) => (text.includes(mark.text) ? all | mark.bit : all), 0);
  return new MarkedSearch(literals, MARKS, REMOVED_BLANKS).mayBeIn(text, bits);
}

/** Why, literals, text, whether one may be in the text without its white space. */
const ROWS: readonly (readonly [why: string, literals: readonly string[], text: string, isThere: boolean])[] =
  [
    ['as it is', ['eval('], 'x eval(y)', true],
    ['with space between', ['eval('], 'e v\tal\n ( ', true],
    ['with the space that is no ASCII', ['eval('], 'eval\xc2\xa0(', true],
    ['case does not matter', ['eval('], 'eVaL(', true],
    ['the first byte differs', ['eval('], 'xval(', false],
    ['a mark alone', ['('], 'a ( b', true],
    ['a mark at the beginning, nothing before', ['.env'], '. env', true],
    ['nothing stands before it, but something should', ['a.env'], '. env', false],
    ['nor behind', ['a.'], 'a .', true],
    ['nor behind, but something should', ['a.b'], 'a .', false],
    ['the rarer mark is looked for', ['a.b<c'], 'a.b', false],
    ['no literal', [], 'a.b', false],
    ['too much space to step over', ['a.b'], `x${' '.repeat(100)}.b`, true],
  ];

for (const [why, literals, text, isThere] of ROWS) {
  test(`${JSON.stringify(literals)} ${isThere ? 'may be' : 'is not'} in ${JSON.stringify(text.slice(0, 20))}: ${why}`, () => {
    assert.equal(mayBeIn(literals, text), isThere);
  });
}

test('a literal without a mark is refused', () => {
  assert.throws(() => new MarkedSearch(['eval'], MARKS, REMOVED_BLANKS));
});

test('it says "no" only of texts that have none', () => {
  const random = seededRandom(7);
  const some = (alphabet: string, max: number): string =>
    Array.from({ length: random(max) }, () => alphabet[random(alphabet.length)] ?? '').join('');
  let noes = 0;
  for (let run = 0; run < 4_000; run++) {
    const literals = Array.from(
      { length: 1 + random(40) },
      () => `${some('ab.', 4)}${some('<(.', 1)}.${some('ab(', 4)}`,
    );
    const text = some('aAbB.(< \t', 60);
    const isThere = literals.some((literal) => removeWhitespace(text).toLowerCase().includes(literal));
    if (mayBeIn(literals, text)) continue;
    noes++;
    assert(!isThere, `${JSON.stringify(literals)} in ${JSON.stringify(text)}`);
  }
  assert(noes > 500, `only ${noes} answers prove something`);
});

test('a text full of marks is given up', () => {
  const literals = Array.from({ length: 64 }, (_, index) => `a.b${'c'.repeat(1 + index)}d`);
  assert(mayBeIn(literals, 'a.b'.repeat(1_000)), 'perhaps');
});

test('so is one with marks alone', () => {
  assert(mayBeIn(['a.b'], '. '.repeat(1_000)), 'perhaps');
  assert(!mayBeIn(['a.b'], 'The word, which we got. '.repeat(1_000)));
});
