import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldAscii, PhraseAutomaton } from './phrase-automaton.ts';

function find(phrases: readonly string[], text: string): readonly string[] {
  const found: string[] = [];
  new PhraseAutomaton(phrases).scan(text, (phrase, end) => {
    found.push(`${phrases[phrase] ?? ''}@${end}`);
    return false;
  });
  return found;
}

const ROWS: readonly (readonly [phrases: readonly string[], text: string, found: readonly string[]])[] = [
  [[], 'abc', []],
  [['a'], '', []],
  [['he', 'she', 'hers'], 'ushers', ['she@4', 'he@4', 'hers@6']],
  [['a', 'aa'], 'aaa', ['a@1', 'aa@2', 'a@2', 'aa@3', 'a@3']],
  [['ab', 'ab'], 'ab', ['ab@2', 'ab@2']],
  [['AB'], 'xaBx', ['AB@3']],
  [['\xe9'], '\xc9\xe9', ['\xe9@2']],
  [['\0'], 'a\0', ['\0@2']],
  [['abcx', 'bcd'], 'abcd', ['bcd@4']],
];

for (const [phrases, text, found] of ROWS) {
  test(`${JSON.stringify(phrases)} in ${JSON.stringify(text)}`, () =>
    assert.deepEqual(find(phrases, text), found));
}

test('answering true ends the scan', () => {
  let count = 0;
  new PhraseAutomaton(['a']).scan('aaa', () => ++count === 2);
  assert.equal(count, 2);
});

test('random phrases are found exactly where a plain search finds them', () => {
  let state = 1;
  const below = (count: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % count;
  };
  const word = (length: number): string => Array.from({ length }, () => 'abA\xe9'.charAt(below(4))).join('');
  for (let turn = 0; turn < 300; turn++) {
    const phrases = [...new Set(Array.from({ length: 1 + below(6) }, () => word(1 + below(4))))];
    const text = word(below(30));
    const expected: string[] = [];
    for (const phrase of phrases) {
      for (let at = 0; at + phrase.length <= text.length; at++) {
        if (foldAscii(text.slice(at, at + phrase.length)) === foldAscii(phrase))
          expected.push(`${phrase}@${at + phrase.length}`);
      }
    }
    assert.deepEqual([...find(phrases, text)].sort(), expected.sort(), JSON.stringify([phrases, text]));
  }
});

test('foldAscii changes the 26 capital letters and nothing else', () => {
  for (let byte = 0; byte < 256; byte++) {
    const isCapital = byte >= 0x41 && byte <= 0x5a;
    assert.equal(foldAscii(String.fromCharCode(byte)), String.fromCharCode(isCapital ? byte + 32 : byte));
  }
});
