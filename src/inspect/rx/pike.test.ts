import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePattern } from './parse.ts';
import { Pike } from './pike.ts';
import { compileProgram } from './program.ts';

function pikeFor(source: string, numbersMax?: number): Pike {
  return new Pike(compileProgram(parsePattern(source, { dotAll: true }), 'all'), numbersMax);
}

const FOUND: readonly (readonly [
  pattern: string,
  value: string,
  start: number,
  slots: readonly number[] | undefined,
])[] = [
  ['(a)b', 'xab', 0, [1, 3, 1, 2]],
  ['(a)b', 'abab', 1, [2, 4, 2, 3]],
  ['b', 'aaaa', 0, undefined],
  ['b', '', 0, undefined],
  ['', '', 0, [0, 0]],
  ['$', 'ab', 0, [2, 2]],
  // Of those that begin first the preferred one, not the one that ends first.
  ['(a.*z)|b', 'xaxbxz', 0, [1, 6, 1, 6]],
  ['(a.*?z)|b', 'xaxzz', 0, [1, 4, 1, 4]],
  ['(a|ab)(c|bcd)?', 'abcd', 0, [0, 4, 0, 1, 1, 4]],
  ['(?m)^b', 'a\nb', 0, [2, 3]],
  ['\\bab\\b', 'xab ab', 0, [4, 6]],
  // Threads of a count of which only the first can win.
  ['(x){3,}y', 'axxxxxy', 0, [1, 7, 5, 6]],
  ['x{3}', 'axxxxx', 0, [1, 4]],
  ['(?:(a)|b){2,}c|bc', 'aabc', 0, [0, 4, 1, 2]],
];

for (const [pattern, value, start, slots] of FOUND) {
  test(`/${pattern}/ in ${JSON.stringify(value)} from ${start} is at ${String(slots)}`, () => {
    const expected = slots === undefined ? undefined : Int32Array.from(slots);
    for (const pike of [pikeFor(pattern), pikeFor(pattern, 1)]) {
      assert.deepEqual(pike.find(value, start, false), expected);
      assert.deepEqual(pike.find(value, start, false), expected, 'and once more, with its lists there');
    }
  });
}

test('an anchored search looks at its start only', () => {
  assert.equal(pikeFor('b').find('ab', 0, true), undefined);
  assert.deepEqual(pikeFor('b').find('ab', 1, true), Int32Array.of(1, 2));
});

test('a count is one thread, however many places it may have begun at', () => {
  const pike = pikeFor('(?:ab|cd){200,}x');
  const value = `${'abcd'.repeat(10_000)}x`;
  assert.deepEqual(pike.find(value, 0, false), Int32Array.of(0, value.length));
  assert(pike.work < 3 * value.length, `${pike.work} threads`);
});

test('only what takes the next byte is a thread', () => {
  // Each way goes on to all others.
  const pike = pikeFor('(?:a|b|c|d|e|f|g|h)*x');
  const value = `${'abcdefgh'.repeat(1000)}x`;
  assert.deepEqual(pike.find(value, 0, false), Int32Array.of(0, value.length));
  assert(pike.work < 2 * value.length, `${pike.work} threads`);
});
