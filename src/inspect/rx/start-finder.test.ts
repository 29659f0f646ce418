import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LazyDfa } from './lazy-dfa.ts';
import { parsePattern } from './parse.ts';
import { compileBackward, compileProgram } from './program.ts';
import { compileRegex } from './regex.ts';
import { GIVEN_UP, NOWHERE, StartFinder } from './start-finder.ts';
import { keepsBeginning, yesOrNo } from './yes-or-no.ts';

function finderFor(source: string): StartFinder | undefined {
  const program = compileBackward(yesOrNo(parsePattern(source).root, true));
  return program === undefined ? undefined : new StartFinder(program);
}

const STARTS: readonly (readonly [pattern: string, value: string, start: number, found: number])[] = [
  ['b', 'abab', 0, 1],
  ['b', 'abab', 2, 3],
  ['b', 'aaaa', 0, NOWHERE],
  ['b', '', 0, NOWHERE],
  // The match that ends first is not the one that begins first.
  ['a.*z|b', 'xaxbxz', 0, 1],
  ['a.*z|b', 'xaxbx', 0, 3],
  ['a+b', 'caaab', 0, 1],
  ['^ab', 'abab', 0, 0],
  ['^ab', 'xab', 0, NOWHERE],
  ['^ab', 'abab', 2, NOWHERE],
  ['\\bab', 'xab ab', 0, 4],
  ['\\bab', 'xab', 1, NOWHERE],
  ['\\Bab', 'ab xab', 0, 4],
  ['(?<=x)ab', 'ab xab', 0, 4],
  ['ab(?=x)', 'ab abx', 0, 3],
  ['(?m)^b', 'a\nb', 0, 2],
  ['(?m)a$', 'b a\nb', 0, 2],
  ['x{3}', 'axxxxx', 0, 1],
  ['(?:ab){2,3}', 'cabababab', 0, 1],
];

for (const [pattern, value, start, found] of STARTS) {
  test(`/${pattern}/ in ${JSON.stringify(value)} from ${start} begins at ${found}`, () => {
    const finder = finderFor(pattern);
    assert(finder !== undefined);
    assert.equal(finder.find(value, start), found);
    assert.equal(finder.find(value, start), found, 'and once more, with its states there');
  });
}

for (const pattern of ['a\\Kb', 'ab\\Z']) {
  test(`/${pattern}/ is not run backwards`, () => assert.equal(finderFor(pattern), undefined));
}

test('a long way to the match is work in proportion to the states, not to the bytes', () => {
  // From each `x` a loop goes on to the end of its run, and fails there.
  const value = `${'xxxxxxxxxxxxxxx;'.repeat(8192)}xxxy`;
  const finder = finderFor('(?:x+)+y');
  assert(finder !== undefined);
  assert.equal(finder.find(value, 0), value.length - 4);
  assert(finder.work < 100, `${finder.work} threads`);
  const match = compileRegex('((?:x+)+)(y)', {}).find(value);
  assert.deepEqual(
    [match?.start, match?.end, match?.captures(2)?.start],
    [value.length - 4, value.length, value.length - 1],
  );
});

test('a value that makes more states than there is credit for is given up, and found all the same', () => {
  let state = 9;
  let value = '';
  for (let count = 0; count < 60_000; count++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    value += 'ab'.charAt(state >>> 31);
  }
  const source = 'c[ab]{21}a[ab]*d';
  const text = `${value}c${'b'.repeat(21)}a${value}d`;
  const finder = finderFor('c[ab]{12}a|[ab]{13}c[ab]{9}a');
  assert(finder !== undefined);
  const answers = new Set(Array.from({ length: 8 }, () => finder.find(`${value}c${value}`, 0)));
  assert(answers.size > 0 && !answers.has(NOWHERE));
  assert(answers.has(GIVEN_UP) || finder.work < 4_000_000);
  assert.equal(compileRegex(source, {}).find(text)?.start, value.length);
});

const NONE_BEFORE: readonly (readonly [pattern: string, value: string, start: number, place: number])[] = [
  // A thread began at 4 and is alive where the match ends.
  ['a.c', 'xaxxabc', 0, 4],
  ['abc', 'abxababc', 0, 3],
  // It lives from its beginning on.
  ['a.*z|b', 'xaxxxbx', 0, 1],
  ['\\bab', 'xab ab', 0, 4],
  ['abc', 'abcxabc', 3, 4],
];

for (const [source, value, start, place] of NONE_BEFORE) {
  test(`no match of /${source}/ begins before ${place} in ${value}`, () => {
    const pattern = parsePattern(source);
    assert(keepsBeginning(pattern.root));
    assert.equal(new LazyDfa(compileProgram(pattern, 'none')).noneBefore(value, start), place);
  });
}

for (const source of ['a*b', 'a+b', '(?:a|b*)c', '(?:)']) {
  test(`the automaton for /${source}/ does not know where matches begin`, () =>
    assert(!keepsBeginning(parsePattern(source).root)));
}
