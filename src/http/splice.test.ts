import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { FieldSection, READ_OK } from './field-section.ts';
import * as known from './known-headers.ts';
import { headerSet, spliceFields } from './splice.ts';
import type { Removal } from './splice.ts';

const START = 'GET / HTTP/1.1\r\n';
const NONE: Removal = { known: headerSet(), names: undefined, aliases: undefined };

/** What is left of the header lines, after the start line that comes along. */
function splice(lines: string, removal: Removal): string {
  const text = `${START}${lines}\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  const fields = new FieldSection(64);
  fields.restart(START.length);
  assert.equal(fields.read(bytes, 0, bytes.length), READ_OK);
  const whole = spliceFields(text, 0, fields, removal);
  assert.ok(whole.startsWith(START));
  // Without the start line, the same lines stay.
  assert.equal(`${START}${spliceFields(text, START.length, fields, removal)}`, whole);
  return whole.slice(START.length);
}

const A = 'A: 1\r\n';
const B = 'b:2 \r\n';
const COOKIE = 'COOKIE: c\r\n';
const TE = 'te: trailers\r\n';
const TE_TOO = 'TE:gzip\r\n';
const REMOVE_TE: Removal = { ...NONE, known: headerSet(known.TE, known.KEEP_ALIVE) };

const ROWS: readonly { name: string; lines: string; removal: Removal; left: string }[] = [
  { name: 'nothing from nothing', lines: '', removal: REMOVE_TE, left: '' },
  { name: 'nothing when nothing is to go', lines: A + B + A, removal: NONE, left: A + B + A },
  { name: 'the only line', lines: TE, removal: REMOVE_TE, left: '' },
  { name: 'the first line', lines: TE + A + B, removal: REMOVE_TE, left: A + B },
  { name: 'a line in the middle', lines: A + TE + B, removal: REMOVE_TE, left: A + B },
  { name: 'the last line', lines: A + B + TE, removal: REMOVE_TE, left: A + B },
  { name: 'two lines in a row', lines: A + TE + TE_TOO + B, removal: REMOVE_TE, left: A + B },
  {
    name: 'lines apart, the rest in order',
    lines: TE + A + TE_TOO + B + COOKIE + TE,
    removal: REMOVE_TE,
    left: A + B + COOKIE,
  },
  { name: 'every line', lines: TE + TE_TOO + TE, removal: REMOVE_TE, left: '' },
  {
    name: 'lines by their names in any case',
    lines: `X-A: 1\r\n${A}x-a: 2\r\nX-AB: 3\r\nX-: 4\r\n`,
    removal: { ...NONE, names: new Set(['x-a']) },
    left: `${A}X-AB: 3\r\nX-: 4\r\n`,
  },
  {
    name: 'known headers that are named',
    lines: A + COOKIE + TE,
    removal: { ...REMOVE_TE, names: new Set(['cookie']) },
    left: A,
  },
  {
    name: 'nothing for names that are not there',
    lines: A + COOKIE,
    removal: { ...NONE, names: new Set(['', 'x', 'a: 1']) },
    left: A + COOKIE,
  },
];
for (const { name, lines, removal, left } of ROWS) {
  test(`spliceFields leaves out ${name}`, () => assert.equal(splice(lines, removal), left));
}

const ALIASES = headerSet(known.X_FORWARDED_FOR, known.CONTENT_LENGTH);
const SPELLINGS: readonly { name: string; stays: boolean }[] = [
  { name: 'X_Forwarded_For', stays: false },
  { name: 'x-forwarded_for', stays: false },
  { name: 'X.FORWARDED.FOR', stays: false },
  { name: "X'Forwarded~For", stays: false },
  { name: 'Content_Length', stays: false },
  { name: 'Content-Length', stays: true }, // It is itself and no look-alike: the set of known headers decides.
  { name: 'X-Forwarded-For', stays: true },
  { name: 'X_Forwarded_Fo', stays: true },
  { name: '_X_Forwarded_For', stays: true },
  { name: 'X_Forwarded_Host', stays: true },
  { name: 'X__Forwarded_For', stays: true },
  { name: 'X_Y', stays: true },
  { name: '_', stays: true },
];
for (const { name, stays } of SPELLINGS) {
  test(`spliceFields ${stays ? 'keeps' : 'leaves out'} ${name}`, () => {
    const removal: Removal = { known: headerSet(), names: undefined, aliases: ALIASES };
    for (const [before, after] of [
      ['', ''],
      [A, B],
      ['Y_Z: 1\r\n', COOKIE],
    ] as const) {
      const line = `${name}: 1.2.3.4\r\n`;
      assert.equal(splice(before + line + after, removal), before + (stays ? line : '') + after);
      // The same when names are to go as well, and when no alias is asked for.
      const named: Removal = { ...removal, names: new Set(['b']) };
      assert.equal(
        splice(before + line + after, named),
        before + (stays ? line : '') + (after === B ? '' : after),
      );
      assert.equal(splice(before + line + after, NONE), before + line + after);
    }
  });
}

test('headerSet holds what it is given and no unknown header', () => {
  const set = headerSet(known.HOST, known.TE);
  for (let id = 0; id < 256; id++) assert.equal(set[id], id === known.HOST || id === known.TE ? 1 : 0);
});
