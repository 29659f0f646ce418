import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTraceparent, readTracestate, writeTraceparent } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const ID = `${TRACE}-${SPAN}`;

const PARENTS: readonly (readonly [name: string, value: string, isSampled: boolean])[] = [
  ['sampled', `00-${ID}-01`, true],
  ['not sampled', `00-${ID}-00`, false],
  ['flags that level 1 does not know, with sampled', `00-${ID}-ff`, true],
  ['flags that level 1 does not know, without sampled', `00-${ID}-fe`, false],
  ['the random flag of level 2', `00-${ID}-02`, false],
  ['a version to come of the same length', `01-${ID}-01`, true],
  ['a version to come with more behind a dash', `cc-${ID}-01-what-the-future-will-be-like`, true],
  ['a version to come that ends in its dash', `fe-${ID}-00-`, false],
  ['ids that are zero but for one digit', `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-00`, false],
];

for (const [name, value, isSampled] of PARENTS) {
  test(`readTraceparent reads ${name}`, () => {
    const read = readTraceparent(value);
    assert(read !== undefined);
    assert.deepEqual(read, { traceId: value.slice(3, 35), spanId: value.slice(36, 52), isSampled });
    assert.equal(writeTraceparent(read), `00-${value.slice(3, 52)}-${isSampled ? '01' : '00'}`);
  });
}

const NO_PARENTS: readonly (readonly [name: string, value: string])[] = [
  ['nothing', ''],
  ['a trace id alone', TRACE],
  ['version ff', `ff-${ID}-01`],
  ['version ff with more', `ff-${ID}-01-x`],
  ['version 00 with more behind a dash', `00-${ID}-01-x`],
  ['version 00 with a dash behind it', `00-${ID}-01-`],
  ['version 00 with a digit behind it', `00-${ID}-010`],
  ['a version to come with more and no dash', `01-${ID}-01.x`],
  ['a version to come with longer flags', `01-${ID}-0100`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['upper case in the trace id', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['upper case in the parent id', `00-${TRACE}-${SPAN.toUpperCase()}-01`],
  ['upper case in the flags', `00-${ID}-0A`],
  ['upper case in the version', `0A-${ID}-01`],
  ['no hexadecimal digit in the trace id', `00-${TRACE.replace('0', 'g')}-${SPAN}-01`],
  ['no hexadecimal digit in the parent id', `00-${TRACE}-${SPAN.replace('b', '.')}-01`],
  ['no hexadecimal digit in the flags', `00-${ID}-0x`],
  ['no hexadecimal digit in the version', `.0-${ID}-01`],
  ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['a long trace id', `00-0${TRACE}-${SPAN}-01`],
  ['a short parent id', `00-${TRACE}-${SPAN.slice(1)}-01`],
  ['a long parent id', `00-${TRACE}-0${SPAN}-01`],
  ['flags of one digit', `00-${ID}-1`],
  ['a version of one digit', `0-${ID}-01`],
  ['no flags', `00-${ID}`],
  ['no flags behind the dash', `00-${ID}-`],
  ['other separators', `00_${TRACE}_${SPAN}_01`],
  ['a space before it', ` 00-${ID}-01`],
  ['a space behind it', `00-${ID}-01 `],
  ['two in one value', `00-${ID}-01,00-${ID}-01`],
  ['quotes around it', `"00-${ID}-01"`],
  ['a line break within a version to come', `01-${ID}-\n1`],
];

for (const [name, value] of NO_PARENTS) {
  test(`readTraceparent takes nothing from ${name}`, () => assert.equal(readTraceparent(value), undefined));
}

test('readTraceparent refuses every byte that does not belong, at every place', () => {
  const value = `00-${ID}-01`;
  let refused = 0;
  for (let at = 0; at < value.length; at++) {
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code);
      const isDash = value[at] === '-';
      const fits = isDash ? character === '-' : /[0-9a-f]/.test(character);
      const changed = value.slice(0, at) + character + value.slice(at + 1);
      if (fits && !changed.startsWith('ff')) assert(readTraceparent(changed) !== undefined, changed);
      else refused += readTraceparent(changed) === undefined ? 1 : 0;
    }
  }
  // 51 digits of 240 other bytes, 3 dashes of 255 others, and 55 places in all.
  assert.equal(refused, 52 * 240 + 3 * 255);
});

const long = (key: string, length: number): string => `${key}=${'v'.repeat(length - key.length - 1)}`;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}=1`);

const STATES: readonly (readonly [name: string, values: readonly string[], expected: string])[] = [
  ['nothing', [], ''],
  ['an empty field', [''], ''],
  ['one member', ['rojo=00f067aa0ba902b7'], 'rojo=00f067aa0ba902b7'],
  ['two members in order', ['rojo=1,congo=t61rcWkgMzE'], 'rojo=1,congo=t61rcWkgMzE'],
  ['white space around members', [' a=1\t,\t b=2 '], 'a=1,b=2'],
  ['members without content', [',a=1,,\t,b=2,'], 'a=1,b=2'],
  ['several fields as one list', ['a=1', '', 'b=2,c=3'], 'a=1,b=2,c=3'],
  ['a tenant', ['fw529a3039@dt=x', '0tenant@sys=y'].map(String), 'fw529a3039@dt=x,0tenant@sys=y'],
  ['every character of a key', ['a0_-*/=1'], 'a0_-*/=1'],
  ['a space within a value', ['a= b c'], 'a= b c'],
  [
    'every character of a value',
    ['a=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~'],
    'a=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~',
  ],
  ['a key of 256 characters', [`${'k'.repeat(256)}=1`], `${'k'.repeat(256)}=1`],
  ['a value of 256 characters', [long('a', 258)], long('a', 258)],
  ['32 members', [numbered(32).join(',')], numbered(32).join(',')],
  ['exactly 512 characters', [`${long('a', 255)},${long('b', 256)}`], `${long('a', 255)},${long('b', 256)}`],
  [
    'long members first beyond 512 characters',
    [`x=1,${long('a', 257)},y=2,${long('b', 250)},z=3`],
    `x=1,${long('a', 257)},y=2,z=3`,
  ],
  [
    'members at the end beyond 512 characters',
    [Array.from('abcde', (key) => long(key, 128)).join(',')],
    Array.from('abc', (key) => long(key, 128)).join(','),
  ],
];

for (const [name, values, expected] of STATES) {
  test(`readTracestate passes on: ${name}`, () => assert.equal(readTracestate(values), expected));
}

const NO_STATES: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['33 members', [numbered(33).join(',')]],
  ['33 members over several fields', [numbered(32).join(','), 'z=1']],
  ['a key twice', ['a=1,b=2,a=3']],
  ['a key twice over several fields', ['a=1', 'a=1']],
  ['a member without a value', ['a']],
  ['an empty value', ['a=']],
  ['a value of spaces', ['a=   ']],
  ['an empty key', ['=1']],
  ['upper case in a key', ['Foo=1']],
  ['a key that begins with a digit', ['0a=1']],
  ['a space within a key', ['a b=1']],
  ['a space before the sign', ['a =1']],
  ['a dot in a key', ['a.b=1']],
  ['a key of 257 characters', [`${'k'.repeat(257)}=1`]],
  ['a value of 257 characters', [long('a', 259)]],
  ['two signs', ['a=1=2']],
  ['a tenant without a system', ['a@=1']],
  ['a system without a tenant', ['@a=1']],
  ['a system that begins with a digit', ['a@0=1']],
  ['a system of 15 characters', [`a@${'s'.repeat(15)}=1`]],
  ['a tenant of 242 characters', [`${'t'.repeat(242)}@s=1`]],
  ['two systems', ['a@b@c=1']],
  ['a byte beyond ASCII', ['a=\xe9']],
  ['a control character', ['a=1\x7f']],
  ['a tab within a value', ['a=1\t2']],
  ['one malformed member among good ones', ['a=1,b=2,C=3']],
];

for (const [name, values] of NO_STATES) {
  test(`readTracestate passes nothing on: ${name}`, () => assert.equal(readTracestate(values), ''));
}
