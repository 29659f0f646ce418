import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiteralAutomaton } from './literal-automaton.ts';
import { LiteralScanner, makeLiteralTables } from './literal-scanner.ts';
import { foldAscii } from './phrase-automaton.ts';

function ends(literals: readonly string[], text: string): readonly string[] {
  const found: string[] = [];
  new LiteralAutomaton(literals).scan(text, (literal, end) => {
    found.push(`${literals[literal] ?? ''}@${end}`);
    return false;
  });
  return found.sort();
}

/** The literals that the scanner finds: each stands for the test of its number. */
function scanned(scanner: LiteralScanner, count: number, text: string): readonly number[] {
  const bits = new Uint32Array((count + 31) >>> 5);
  const isAny = scanner.scanInto(text, bits);
  const found = Array.from({ length: count }, (_, index) => index).filter(
    (index) => ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0,
  );
  assert.equal(isAny, found.length > 0);
  return found;
}

function scannerOf(literals: readonly string[]): LiteralScanner {
  return new LiteralScanner(
    makeLiteralTables(
      literals,
      literals.map((_, index) => [index]),
    ),
  );
}

const ROWS: readonly (readonly [literals: readonly string[], text: string, found: readonly number[]])[] = [
  [[], 'abc', []],
  [['a'], '', []],
  [['a'], 'a', [0]],
  [['a'], 'bca', [0]],
  [['a'], 'bcd', []],
  [['ab'], 'xab', [0]],
  [['ab'], 'abx', [0]],
  [['ab'], 'ab', [0]],
  [['ab'], 'a', []],
  [['ab'], 'ba', []],
  [['abc'], 'ab', []],
  [['abc'], 'xABC', [0]],
  [['ABC'], 'abc', [0]],
  [['abcdef'], 'xxabcdef', [0]],
  [['abcdef'], 'bcdef', []],
  [['abcdef'], 'abcde', []],
  [['he', 'she', 'hers'], 'ushers', [0, 1, 2]],
  [['ab', 'ab'], 'ab', [0, 1]],
  [['\xe9'], '\xc9', []],
  [['\xe9'], 'a\xe9', [0]],
  [['\0\0\0'], 'a\0\0\0', [0]],
  [['\0\0\0'], 'a\0\0', []],
  [['['], '{', []],
];

for (const [literals, text, found] of ROWS) {
  test(`${JSON.stringify(literals)} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(scanned(scannerOf(literals), literals.length, text), found);
    assert.equal(new Set(ends(literals, text).map((end) => end.split('@')[0])).size > 0, found.length > 0);
  });
}

test('a literal that stands for no test is found, and one for many sets all their bits', () => {
  const scanner = new LiteralScanner(makeLiteralTables(['ab', 'cd'], [[], [0, 31, 32, 95]]));
  const bits = new Uint32Array(3);
  assert.equal(scanner.scanInto('ab', bits), true);
  assert.deepEqual([...bits], [0, 0, 0]);
  assert.equal(scanner.scanInto('xcd', bits), true);
  assert.deepEqual([...bits], [0x80000001, 1, 0x80000000]);
});

test('answering true ends the scan of the automaton', () => {
  let count = 0;
  new LiteralAutomaton(['a']).scan('aaa', () => ++count === 2);
  assert.equal(count, 2);
});

function randomWords(seed: number): { word: (max: number) => string; below: (count: number) => number } {
  let state = seed;
  const below = (count: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % count;
  };
  const letters = seed % 2 === 0 ? 'abA\xe9' : 'abcdefghijklmnopqrstuvwxyzABC0123456789/.-_= \xe9\xff\0';
  return {
    below,
    word: (max) =>
      Array.from({ length: 1 + below(max) }, () => letters.charAt(below(letters.length))).join(''),
  };
}

test('random literals are found exactly where a plain search finds them', () => {
  let found = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const { word, below } = randomWords(seed);
    const literals = Array.from({ length: 1 + below(40) }, () => word(seed % 3 === 0 ? 9 : 4));
    const scanner = scannerOf(literals);
    for (let turn = 0; turn < 5; turn++) {
      const text = word(60) + (below(2) === 0 ? (literals[below(literals.length)] ?? '') : '');
      const folded = foldAscii(text);
      const expected = literals.flatMap((literal, index) =>
        folded.includes(foldAscii(literal)) ? [index] : [],
      );
      found += expected.length;
      assert.deepEqual(scanned(scanner, literals.length, text), expected, JSON.stringify([literals, text]));
      const places = literals.flatMap((literal) => {
        const at: string[] = [];
        for (let from = 0; from + literal.length <= text.length; from++)
          if (folded.startsWith(foldAscii(literal), from)) at.push(`${literal}@${from + literal.length}`);
        return at;
      });
      assert.deepEqual(ends(literals, text), places.sort());
    }
  }
  assert(found > 1000);
});

test('random literals of some length are found in long texts exactly where a plain search finds them', () => {
  let found = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const { word, below } = randomWords(seed);
    const sizeMax = [9, 4, 24][seed % 3] ?? 9;
    const literals = Array.from(
      { length: 1 + below(seed % 5 === 0 ? 300 : 30) },
      () => word(1) + word(sizeMax),
    );
    const scanner = scannerOf(literals);
    for (let turn = 0; turn < 5; turn++) {
      const parts = Array.from({ length: below(2) === 0 ? below(12) : 40 + below(20) }, () =>
        below(9) === 0 ? (literals[below(literals.length)] ?? '') : word(12),
      );
      const text = word(3) + parts.join('').padEnd(48, 'x') + word(3);
      const folded = foldAscii(text);
      const expected = literals.flatMap((literal, index) =>
        folded.includes(foldAscii(literal)) ? [index] : [],
      );
      found += expected.length;
      assert.deepEqual(scanned(scanner, literals.length, text), expected, JSON.stringify([literals, text]));
    }
  }
  assert(found > 1000);
});

test('more literals than full rows can hold are found as well', () => {
  const { word } = randomWords(1);
  const literals = Array.from({ length: 4_000 }, () => word(20) + word(20));
  const scanner = scannerOf(literals);
  for (let turn = 0; turn < 20; turn++) {
    const some = [literals[turn * 7] ?? '', (literals[turn * 11] ?? '').slice(1), literals[turn * 13] ?? ''];
    const text = some.join(word(3));
    const expected = literals.flatMap((literal, index) =>
      foldAscii(text).includes(foldAscii(literal)) ? [index] : [],
    );
    assert.deepEqual(scanned(scanner, literals.length, text), expected);
    const automaton = new Set(ends(literals, text).map((end) => end.replace(/@\d+$/, '')));
    assert.deepEqual(automaton, new Set(expected.map((index) => literals[index])));
  }
});

test('a text made of beginnings is scanned once more, not compared at every byte', () => {
  const literals = Array.from({ length: 200 }, (_, index) => `zqxaaaaaaaa${index}`);
  const scanner = scannerOf(literals);
  const text = 'zqxaaaaaaaa'.repeat(5_000);
  assert.deepEqual(scanned(scanner, literals.length, text), []);
  assert.deepEqual(scanned(scanner, literals.length, `${text}zqxaaaaaaaa77`), [7, 77]);
});
