import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEXT_BYTES } from '../match/text-bytes.ts';
import { NEAR_BYTES } from './table-run.ts';
import { compileRegex, EXHAUSTED, findLast, MATCH, NO_MATCH, SECLANG_OPTIONS } from './regex.ts';
import type { RegexOptions } from './regex.ts';
import { RegexMemory } from './memory.ts';
import { compileRegexSet } from './regex-set.ts';

/** The match and its groups as text; null for no match. */
function run(
  source: string,
  options: RegexOptions,
  value: string,
  start = 0,
): readonly (string | undefined)[] | null {
  const regex = compileRegex(source, options);
  const match = regex.find(value, start);
  assert.equal(regex.test(value, start), match === undefined ? NO_MATCH : MATCH, `test of ${source}`);
  if (match === undefined) return null;
  return Array.from({ length: regex.captureCount + 1 }, (_, index) => {
    const span = match.captures(index);
    return span === undefined ? undefined : value.slice(span.start, span.end);
  });
}

/** What PCRE makes of patterns that no automaton runs. */
const ROWS: readonly (readonly [
  source: string,
  value: string,
  groups: readonly (string | undefined)[] | null,
])[] = [
  // Looks.
  ['foo(?=bar)', 'foobar', ['foo']],
  ['foo(?=bar)', 'foobaz', null],
  ['foo(?!bar)', 'foobar foobaz', ['foo']],
  ['(?<=ab)c', 'abc', ['c']],
  ['(?<=ab)c', 'bbc', null],
  ['(?<!ab)c', 'abc', null],
  ['(?<!ab)c', 'c', ['c']],
  ['(?<=a|bc)d', 'bcd', ['d']],
  ['(?<=a|bc)d', 'cd', null],
  ['(?<=^a)b', 'ab', ['b']],
  ['(?<=^a)b', 'aab', null],
  ['(?=(a+))a*b\\1', 'baaabac', ['aba', 'a']],
  ['(?=(a+))', 'baaabac', ['', 'aaa']],
  ['(?!(a))b', 'b', ['b', undefined]],
  ['a(?=)b', 'ab', ['ab']],
  ['a(?!)b', 'ab', null],
  ['^(?:(?!ab).)*$', 'xaxb', ['xaxb']],
  ['^(?:(?!ab).)*$', 'xabx', null],
  // Looks at one byte run in the automaton.
  ['a(?!b)', 'abac', ['a']],
  ['(?<!\\w)or(?!\\w)', 'for or', ['or']],
  ['a(?=[^b])', 'a', null],
  // References.
  ['(a|b)\\1', 'abb', ['bb', 'b']],
  ['(a|b)\\1', 'ab', null],
  ['(?i)(a)\\1', 'aA', ['aA', 'a']],
  ['(a)(?i)\\1', 'aA', ['aA', 'a']],
  ['(a)\\1', 'aA', null],
  ['(?<q>[\'"]).*?\\k<q>', 'x"a\'b"', ['"a\'b"', '"']],
  ['(?P<q>a|b)(?P=q)', 'bb', ['bb', 'b']],
  ["(?'q'a|b)\\k'q'\\k{q}\\g{q}", 'bbbb', ['bbbb', 'b']],
  ['(a)(b)\\g{-1}\\g1', 'abba', ['abba', 'a', 'b']],
  ['(a)?\\1b', 'b', null],
  ['(a|b\\1)+', 'aba', ['aba', 'ba']],
  ['(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)\\10', 'xxxxxxxxxxx', ['xxxxxxxxxxx', ...Array.from('xxxxxxxxxx')]],
  ['\\101\\12', 'A\n', ['A\n']],
  // Without going back.
  ['(?>a+)ab', 'aaab', null],
  ['(?>a|ab)c', 'abc', null],
  ['a++b', 'aaab', ['aaab']],
  ['a*+a', 'aaa', null],
  ['a?+a', 'a', null],
  ['a{1,2}+a', 'aa', null],
  ['(?:a|ab)++c', 'abc', null],
  // Conditions.
  ['(a)?(?(1)b|c)', 'ab', ['ab', 'a']],
  ['(a)?(?(1)b|c)', 'c', ['c', undefined]],
  ['(?<n>a)?(?(<n>)b|c)', 'ab', ['ab', 'a']],
  ['(?(?=a)ab|cd)', 'cd', ['cd']],
  ['(?(?=a)ab|cd)', 'ad', null],
  ['(<)?x(?(1)>)$', 'x>', null],
  // The rest of the syntax.
  ['(?#note)a(?# b )b', 'ab', ['ab']],
  ['\\Qa.b\\E+', 'a.bb', ['a.bb']],
  ['[\\Q^]\\E]+', '^]', ['^]']],
  ['\\Aa\\Z', 'a\n', ['a']],
  ['a\\Z', 'a\n\n', null],
  ['a\\z', 'a\n', null],
  ['foo\\Kbar', 'foobar', ['bar']],
  ['a\\Rb', 'a\r\nb', ['a\r\nb']],
  ['a\\R\\nb', 'a\r\nb', null],
  ['\\h+\\v', ' \t\n', [' \t\n']],
  ['\\H\\V\\N', 'abc', ['abc']],
  ['\\x{41}\\x41\\x4\\o{101}\\cA\\c[', 'AA\x04A\x01\x1b', ['AA\x04A\x01\x1b']],
  ['(?|(a)|(b))(c)', 'bc', ['bc', 'b', 'c']],
  ['(?x) a b # c\n d', 'abd', ['abd']],
  ['(?x:a b) c', 'ab c', ['ab c']],
  ['(?U)a+(a*)', 'aaa', ['a', '']],
  ['(?U)a+?', 'aaa', ['aaa']],
  ['(?s-m:.)', '\n', ['\n']],
  ['[[:alpha:]\\d\\-\\]]+', 'a1-]', ['a1-]']],
  ['(?:(?:a|b)*)*c', 'abac', ['abac']],
  ['(a*)*', 'b', ['', '']],
  ['(|a)+', 'aa', ['', '']],
];

for (const [source, value, groups] of ROWS) {
  test(`${source} on ${JSON.stringify(value)}`, () => assert.deepEqual(run(source, {}, value), groups));
}

const OPTION_ROWS: readonly (readonly [
  source: string,
  options: RegexOptions,
  value: string,
  start: number,
  found: string | null,
])[] = [
  ['A', { ignoreCase: true }, 'a', 0, 'a'],
  ['a.b', {}, 'a\nb', 0, null],
  ['a.b', { dotAll: true }, 'a\nb', 0, 'a\nb'],
  ['^b$', {}, 'a\nb\nc', 0, null],
  ['^b$', { multiLine: true }, 'a\nb\nc', 0, 'b'],
  ['^$', { multiLine: true }, 'a\n', 0, null],
  ['a$', {}, 'a\n', 0, 'a'],
  ['a$', { dollarEndOnly: true }, 'a\n', 0, null],
  ['a$\\n', {}, 'a\n', 0, 'a\n'],
  ['a$.', { dotAll: true }, 'a\nb', 0, null],
  ['a b', { extended: true }, 'ab', 0, 'ab'],
  ['b', { anchored: true }, 'ab', 0, null],
  ['b', { anchored: true }, 'ab', 1, 'b'],
  ['a|', { anchored: true }, 'b', 0, ''],
  ['a+', { ungreedy: true }, 'aa', 0, 'a'],
  ['^b', {}, 'ab', 1, null],
  ['^b', { startIsEdge: true }, 'ab', 1, 'b'],
  ['\\bb', {}, 'ab', 1, null],
  ['\\bb', { startIsEdge: true }, 'ab', 1, 'b'],
  ['(?<=a)b', {}, 'ab', 1, 'b'],
  ['(?<=a)b', { startIsEdge: true }, 'ab', 1, null],
  ['\\Gb', {}, 'ab', 0, null],
  ['\\Gb', {}, 'ab', 1, 'b'],
  ['a', {}, 'aba', 1, 'a'],
  ['a', {}, 'ab', 2, null],
  ['^select$', SECLANG_OPTIONS, 'x\nselect\n', 0, 'select'],
  ['a.b', SECLANG_OPTIONS, 'a\nb', 0, 'a\nb'],
];

for (const [source, options, value, start, found] of OPTION_ROWS) {
  test(`${source} with ${JSON.stringify(options)} on ${JSON.stringify(value)} from ${start}`, () => {
    const match = compileRegex(source, options).find(value, start);
    assert.equal(match === undefined ? null : value.slice(match.start, match.end), found);
    assert.equal(compileRegex(source, options).test(value, start) !== NO_MATCH, found !== null);
  });
}

test('a pattern that would go back for ever ends as exhausted, and says so', () => {
  const regex = compileRegex('^(?:(a+)\\1?)+$', { dotAll: true });
  assert.equal(regex.isLinear, false);
  const value = `${'a'.repeat(2_000)}b`;
  // The automaton in front knows that this cannot match.
  assert.equal(regex.test(value), NO_MATCH);
  const worse = compileRegex('^(?:(a+)+)+\\1b(?=cd)', {});
  const long = `${'a'.repeat(2_000)}b`;
  assert.equal(worse.test(long), EXHAUSTED);
  const match = worse.find(long);
  assert.deepEqual([match?.isExhausted, match?.start, match?.end], [true, 0, long.length]);
  assert.equal(findLast(worse, long).isExhausted, true);
});

test('patterns that go back without end in other engines are linear here', () => {
  for (const source of ['^(?:a+)+$', '(?:a|a)*c', '(a*)*b', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
    const regex = compileRegex(source, {});
    assert.equal(regex.isLinear, true);
    assert.equal(regex.test('a'.repeat(50_000) + '!'), NO_MATCH, source);
    assert.equal(regex.find('x'.repeat(50_000)), undefined, source);
  }
});

test('groups of a long value are found when backtracking gives up', () => {
  const value = `${'ab'.repeat(20_000)}c`;
  const match = compileRegex('(?:(?:a|b|ab|ba)+)+(c)', {}).find(value);
  assert.deepEqual(match?.captures(1), { start: 40_000, end: 40_001 });
  assert.equal(match.start, 0);
});

test('findLast finds the last match, none of them overlapping, and goes on behind an empty one', () => {
  const found = (source: string, value: string): string => {
    const { match, isExhausted } = findLast(compileRegex(source, {}), value);
    assert.equal(isExhausted, false);
    return match === undefined ? 'none' : `${match.start}-${match.end}`;
  };
  assert.equal(found('a', 'abaab'), '3-4');
  assert.equal(found('aa', 'aaa'), '0-2');
  assert.equal(found('a*', 'baa'), '3-3');
  assert.equal(found('a*?b', 'bab'), '1-3');
  assert.equal(found('^a', 'aa'), '0-1');
  assert.equal(found('x', 'aaa'), 'none');
  assert.equal(found('', ''), '0-0');
});

test('a search that begins within a long value and ends near copies nothing of it', () => {
  for (const source of ['x', '[a-z]{3}', 'x(?=x)']) {
    const regex = compileRegex(source, {});
    TEXT_BYTES.fill(0xaa, 0, 64);
    assert.equal(regex.find('x'.repeat(100_000), 10)?.start, 10);
    assert.deepEqual([...TEXT_BYTES.subarray(0, 64)], new Array(64).fill(0xaa), source);
  }
});

for (const distance of [0, 1, NEAR_BYTES - 2, NEAR_BYTES - 1, NEAR_BYTES, NEAR_BYTES + 1, 3 * NEAR_BYTES]) {
  test(`a match ${distance} bytes behind the place where the search begins is found`, () => {
    for (const start of [0, 1, 5]) {
      for (const behind of [0, 1, 5000]) {
        const value = `${'.'.repeat(start + distance)}ab${'.'.repeat(behind)}\n`;
        for (const source of ['ab', '(?i)A(b)', 'a(?=b)', 'ab\\.*$']) {
          const regex = compileRegex(source, {});
          assert.equal(regex.test(value, start), MATCH, source);
          assert.equal(regex.find(value, start)?.start, start + distance, source);
        }
        assert.equal(compileRegex('ac', {}).test(value, start), NO_MATCH);
      }
    }
  });
}

test('what a question cost is told, and the sum of it bounds findLast', () => {
  const value = 'x'.repeat(100_000);
  const near = compileRegex('x', {});
  near.find(value, 10);
  assert(near.work > 0 && near.work < 100, `${near.work}`);
  const far = compileRegex('x.*?y|x', { dotAll: true });
  far.find(value, 10);
  assert(far.work > 100_000, `${far.work}`);
  // Each match by itself looks at all that follows.
  const last = findLast(far, value);
  assert.equal(last.isExhausted, true);
  assert(last.match !== undefined && last.match.end > 2 && last.match.end < 40, `${last.match?.end}`);
  // A thousand cheap ones are all found, and a hundred thousand are not.
  assert.equal(findLast(near, value.slice(0, 1_000)).match?.end, 1_000);
  assert.equal(findLast(near, value.slice(0, 1_000)).isExhausted, false);
  const many = findLast(near, value);
  assert.equal(many.isExhausted, true);
  assert(many.match !== undefined && many.match.end > 10_000, `${many.match?.end}`);
});

test('an automaton whose states overflow stays exact, alone and in a set', () => {
  let state = 5;
  let value = '';
  for (let count = 0; count < 60_000; count++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    value += 'ab'.charAt(state >>> 31);
  }
  const sources = ['a[ab]{21}c', 'b[ab]{20}c', 'a[ab]{12}d', 'ab'];
  const regexes = sources.map((source) => compileRegex(source, {}));
  const set = compileRegexSet(regexes);
  let isUnsaid = false;
  for (const end of ['', 'c', 'd', `${'a'.repeat(22)}c`, `${'b'.repeat(22)}c`, `${'a'.repeat(13)}d`]) {
    const text = value + end;
    const expected = sources.map((source) => new RegExp(source).test(text));
    assert.deepEqual(
      regexes.map((regex) => regex.test(text) === MATCH),
      expected,
    );
    for (let turn = 0; turn < 4; turn++) {
      const found = new Uint32Array(1);
      const unsaid = new Uint32Array(1);
      assert.equal(set.matches(text, found, unsaid), true);
      isUnsaid ||= unsaid[0] !== 0;
      for (const [index, isMatch] of expected.entries()) {
        const bit = 1 << index;
        if (((unsaid[0] ?? 0) & bit) === 0)
          assert.equal(((found[0] ?? 0) & bit) !== 0, isMatch, sources[index] ?? '');
      }
    }
  }
  assert(isUnsaid, 'what needs more states than there is credit for is left to who asks');
  const work = set.work;
  for (let turn = 0; turn < 10; turn++) set.matches(value, new Uint32Array(1), new Uint32Array(1));
  assert(set.work - work < 10 * 3 * value.length, 'growth is paid for by the bytes that are looked at');
  // Harmless values bring the credit back.
  for (let turn = 0; turn < 20_000; turn++)
    set.matches('ab'.repeat(40), new Uint32Array(1), new Uint32Array(1));
  const unsaid = new Uint32Array(1);
  assert.equal(set.matches('xyz', new Uint32Array(1), unsaid), false);
  assert.equal(unsaid[0], 0);
});

test('a set tells its memory what it keeps, and gives it up when the memory is full', () => {
  const memory = new RegexMemory(8 * 1024);
  const regexes = ['a[ab]{9}c', 'b[ab]{9}d'].map((source) => compileRegex(source, {}, memory));
  const set = compileRegexSet(regexes, memory);
  let state = 7;
  for (let count = 0; count < 400; count++) {
    let value = '';
    for (let at = 0; at < 40; at++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      value += 'abcd'.charAt(state >>> 30);
    }
    const found = new Uint32Array(1);
    set.matches(value, found, new Uint32Array(1));
    const expected = (/a[ab]{9}c/.test(value) ? 1 : 0) + (/b[ab]{9}d/.test(value) ? 2 : 0);
    assert.equal(found[0], expected, value);
  }
  assert(memory.epoch > 0);
});

test('equal patterns that share a memory are one, and options tell them apart', () => {
  const memory = new RegexMemory();
  const regex = compileRegex('a', {}, memory);
  assert.equal(compileRegex('a', { dotAll: false }, memory), regex);
  for (const options of [{ ignoreCase: true }, { startIsEdge: true }, { dotAll: true }]) {
    assert.notEqual(compileRegex('a', options, memory), regex);
  }
  assert.notEqual(compileRegex('b', {}, memory), regex);
});

test('patterns that share a memory are thrown away together, and stay right', () => {
  const memory = new RegexMemory(20_000);
  const regexes = ['a[ab]{8}c', 'b[ab]{9}d', 'foo(bar)+'].map((source) => compileRegex(source, {}, memory));
  let state = 7;
  for (let turn = 0; turn < 300; turn++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const value = `${(state >>> 8).toString(2).replaceAll('0', 'a').replaceAll('1', 'b')}cd foobarbar`;
    for (const regex of regexes) {
      const expected = new RegExp(regex.source).exec(value);
      assert.equal(regex.test(value) === MATCH, expected !== null, regex.source);
      assert.equal(regex.find(value)?.start, expected?.index);
    }
  }
  assert(memory.epoch > 0, 'the bound was reached');
});

test('a set leaves the bits of others as they are, and an empty one never matches', () => {
  const set = compileRegexSet([compileRegex('a', {}), compileRegex('b', { anchored: true })]);
  const found = Uint32Array.of(0x80000000);
  const unsaid = Uint32Array.of(0x40000000);
  assert.equal(set.matches('ab', found, unsaid), true);
  assert.deepEqual([...found], [0x80000001]);
  assert.equal(set.matches('x', found, unsaid), false);
  assert.deepEqual([...unsaid], [0x40000000]);
  assert.equal(compileRegexSet([]).matches('a', new Uint32Array(0), new Uint32Array(0)), false);
});

const LITERAL_ROWS: readonly (readonly [source: string, sets: readonly (readonly string[])[]])[] = [
  ['(?i)UNION.*SELECT', [['union'], ['select']]],
  ['foo(?:bar)?\\d*quux', [['quux'], ['foo']]],
  ['(?=.*zzgate)x\\d', [['zzgate'], ['x']]],
  ['(?!zzgate)x\\d{3}y', []],
  ['(zzgate)\\d+\\1', [['zzgate']]],
  ['(?:abcq|xyzq)\\b', [['abcq', 'xyzq']]],
  ['a+zq', [['azq']]],
  ['[xyz]{2}', []],
  ['http://zzq', [['://zzq']]],
];

for (const [source, sets] of LITERAL_ROWS) {
  test(`what a match of ${source} needs`, () => {
    const regex = compileRegex(source, {});
    for (const set of sets) {
      assert(
        regex.literalSets.some((found) =>
          set.every((text) => found.some((literal) => literal.includes(text))),
        ),
        JSON.stringify([set, regex.literalSets]),
      );
    }
    assert.deepEqual(regex.literals, regex.literalSets[0]);
  });
}
