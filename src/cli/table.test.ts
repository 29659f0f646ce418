import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, table } from './table.ts';

const ROWS: readonly (readonly [what: string, rows: readonly (readonly string[])[], text: string])[] = [
  ['of nothing is nothing', [], ''],
  ['indents a row', [['a', 'b']], '  a  b\n'],
  [
    'makes columns as wide as their widest cell',
    [
      ['a', 'x'],
      ['bcd', 'y'],
    ],
    '  a    x\n  bcd  y\n',
  ],
  [
    'does not pad the last cell',
    [
      ['a', 'long'],
      ['b', 'c'],
    ],
    '  a  long\n  b  c\n',
  ],
  [
    'ends no line in spaces',
    [
      ['a', ''],
      ['b', 'c'],
    ],
    '  a\n  b  c\n',
  ],
  ['takes rows of different lengths', [['a'], ['bb', 'c', 'd']], '  a\n  bb  c  d\n'],
  [
    'escapes what a terminal obeys',
    [
      ['\x1b[2J', '\x9b'],
      ['\n', '\r\x7f'],
    ],
    '  \\x1b[2J  \\x9b\n  \\x0a     \\x0d\\x7f\n',
  ],
  [
    'measures cells as they are shown',
    [
      ['\x00', 'a'],
      ['bcdef', 'g'],
    ],
    '  \\x00   a\n  bcdef  g\n',
  ],
];

for (const [what, rows, text] of ROWS) test(`table ${what}`, () => assert.equal(table(rows), text));

test('counted says one thing and several', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'visit')),
    ['0 visits', '1 visit', '2 visits'],
  );
});
