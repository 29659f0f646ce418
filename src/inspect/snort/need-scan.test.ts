import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeStrideTables, StrideWindows } from '../match/stride-windows.ts';
import { copyText } from '../match/text-bytes.ts';
import { chooseWindows } from './choose-windows.ts';
import { makeNeedScanTables, NeedScan, NO_NEEDS } from './need-scan.ts';
import type { Need } from './needs.ts';

const COVERAGE: Need['coverage'] = {
  isMethod: false,
  isInLine: true,
  field: undefined,
  isInBody: true,
  before: '',
  behind: '',
  cut: 'whole',
};

function scanFor(literals: readonly string[], hasStrides = false): NeedScan {
  const needs = literals.map((literal) => ({
    key: literal,
    literals: [literal],
    coverage: COVERAGE,
    sequel: undefined,
    cost: 1,
  }));
  return new NeedScan(makeNeedScanTables(needs, [...needs.keys()], { hasStrides }));
}

const SETS: readonly (readonly string[])[] = [
  ['/cgi-bin/'],
  ['\x01'],
  ['=='],
  ['ab', 'y{'],
  ['/cgi-bin/', '==', '${', '()', '\x16\x03', '\x01', '\x8f'],
  ['e', 'abc', 'ab'],
  ['/cgi-bin/', 'y{', ...Array.from({ length: 40 }, (_, index) => String.fromCharCode(0x80 + index, 0x20))],
];
const PARTS = [
  '',
  'x',
  'A',
  'ab',
  'aBC',
  '=',
  '==',
  '$',
  '{',
  '${',
  'Y{',
  '(',
  ')',
  '\x01',
  '\x16',
  '\x03',
  '/CGI-bin/',
  'E',
];

for (const [literals, hasStrides] of SETS.flatMap((set) => [[set, false] as const, [set, true] as const])) {
  const way = hasStrides ? 'by strides' : 'byte by byte';
  test(`${JSON.stringify(literals)} are found in short texts and in long ones, in either case, ${way}`, () => {
    const scan = scanFor(literals, hasStrides);
    let found = 0;
    for (const before of PARTS) {
      for (const behind of PARTS) {
        for (const padding of [0, 40, 600, 601, 602, 603]) {
          const text = `${'.'.repeat(padding)}${before}${behind}${'.'.repeat(padding)}`;
          const expected = [...literals.keys()].filter((id) =>
            text.toLowerCase().includes(literals[id] ?? ''),
          );
          const ids = [...new Set(scan.scan(text, NO_NEEDS))].sort((left, right) => left - right);
          assert.deepEqual(ids, expected, JSON.stringify(text));
          found += ids.length;
        }
      }
    }
    assert(found > 0);
  });
}

test('a text made of windows is left to the automaton, with strides too', () => {
  const scan = scanFor(['/cgi-bin/', '/cgi-bix/', '/cgi-biy/', '/cgi-biz/', '${', 'evil'], true);
  const text = `${'/cgi-bi'.repeat(20_000)}evil`;
  assert.deepEqual(new Set(scan.scan(text, NO_NEEDS)), new Set([5]));
});

for (const hasStrides of [false, true]) {
  test(`bytes are ruled out where no literal is, and only there${hasStrides ? ', by strides' : ''}`, () => {
    const scan = scanFor(['/cgi-bin/', 'command completed'], hasStrides);
    scan.scan('command completed', NO_NEEDS);
    for (const text of ['', 'x', 'nothing of the kind', 'and'.repeat(300_000)])
      assert.equal(scan.isRuledOut(Buffer.from(text, 'latin1')), true, text.slice(0, 20));
    for (const text of ['/CGI-bin/', 'Command Completed', `${'x'.repeat(300_000)}/cgi-bin/`])
      assert.equal(scan.isRuledOut(Buffer.from(text, 'latin1')), false, text.slice(0, 20));
    for (const short of ['\x01', '=='])
      assert.equal(scanFor(['/cgi-bin/', short], hasStrides).isRuledOut(Buffer.from('x', 'latin1')), false);
    for (let before = 0; before < 8; before++) {
      const text = `${'x'.repeat(before)}Command Completed`;
      assert.equal(scan.isRuledOut(Buffer.from(text, 'latin1')), false, text);
    }
  });
}

test('what looks like windows neither rules out a literal behind it nor is one', () => {
  const literals = ['/cgi-bin/', 'command completed'];
  const like = likeAWindow(literals);
  for (const behind of ['', '/cgi-bin/']) {
    const bytes = Buffer.from(like.repeat(300) + behind, 'latin1');
    assert.equal(scanFor(literals, true).isRuledOut(bytes), behind === '', JSON.stringify(like));
  }
});

/** Four bytes that have the hash of a window and are none, so that looking for windows stops at each, and finds none. */
function likeAWindow(literals: readonly string[]): string {
  const strides = new StrideWindows(makeStrideTables(literals));
  for (let number = 0; number < 1_000_000; number++) {
    const four = String.fromCharCode(
      ...[0, 8, 16, 24].map((bits) => (Math.imul(number, 0x9e3779b1) >>> bits) & 0xff),
    );
    const count = copyText(four.repeat(1000), 0);
    if (strides.collect(0, count) === 0 && strides.resume < count) return four;
  }
  throw new Error('No four bytes look like a window');
}

test('a literal is found by what words seldom hold, not by a letter that is rare by itself', () => {
  const [chosen] = chooseWindows(['/muieblackcat'], ({ length }) => length);
  assert.ok(chosen !== undefined);
  assert.ok(!'black'.includes(chosen.window), chosen.window);
});
