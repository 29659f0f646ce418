import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { FieldSection, READ_BAD, READ_NEED, READ_OK } from './field-section.ts';
import * as known from './known-headers.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** What was read, or the refusal, or 'need'. Whole and byte by byte, from several bases, must agree. */
function read(text: string, countMax = 16): [string, string][] | string {
  const whole = readAt(text, countMax, 0, text.length);
  for (const [base, step] of [
    [0, 1],
    [3, 1],
    [5, 7],
    [1, text.length],
  ] as const) {
    assert.deepEqual(readAt(text, countMax, base, step), whole, `base ${base}, steps of ${step}`);
  }
  return whole;
}

function readAt(text: string, countMax: number, base: number, step: number): [string, string][] | string {
  const fields = new FieldSection(countMax);
  fields.restart(0);
  for (let end = Math.min(step, text.length); ; end = Math.min(end + step, text.length)) {
    // Another buffer each time; what follows is what ends a section, were it there.
    const bytes = Buffer.concat([Buffer.alloc(base, 'x'), latin1(text.slice(0, end)), latin1('\r\n\r\n')]);
    const state = fields.read(bytes, base, base + end);
    if (state === READ_BAD) return fields.refusal;
    if (state === READ_OK) return pairs(fields, text);
    assert.equal(state, READ_NEED);
    assert.equal(fields.position, end);
    if (end === text.length) return 'need';
  }
}

function pairs(fields: FieldSection, text: string): [string, string][] {
  assert.equal(text.slice(fields.sectionEnd, fields.position), '\r\n');
  return Array.from({ length: fields.count }, (_, index) => {
    const lineEnd = fields.lineEnd(index);
    assert.equal(text.slice(lineEnd - 2, lineEnd), '\r\n');
    assert.equal(text[fields.nameEnd(index)], ':');
    return [
      text.slice(fields.nameStart(index), fields.nameEnd(index)),
      text.slice(fields.valueStart(index), fields.valueEnd(index)),
    ];
  });
}

const ACCEPTED: readonly { name: string; input: string; pairs: [string, string][] }[] = [
  { name: 'no field at all', input: '\r\n', pairs: [] },
  { name: 'one field', input: 'Host: a\r\n\r\n', pairs: [['Host', 'a']] },
  { name: 'no space after the colon', input: 'Host:a\r\n\r\n', pairs: [['Host', 'a']] },
  { name: 'many spaces and tabs around the value', input: 'Host: \t  a \t\r\n\r\n', pairs: [['Host', 'a']] },
  { name: 'white space within the value stays', input: 'X: a \t b\r\n\r\n', pairs: [['X', 'a \t b']] },
  { name: 'an empty value', input: 'X:\r\n\r\n', pairs: [['X', '']] },
  { name: 'a value of white space is empty', input: 'X: \t \r\n\r\n', pairs: [['X', '']] },
  { name: 'a value of colons', input: 'X: :::\r\n\r\n', pairs: [['X', ':::']] },
  {
    name: 'bytes from 0x80 up are kept',
    input: 'X: \x80\x85\xa0\xff\r\n\r\n',
    pairs: [['X', '\x80\x85\xa0\xff']],
  },
  {
    name: 'order, case and duplicates are kept',
    input: 'B: 1\r\na: 2\r\nb: 3\r\nB: 1\r\n\r\n',
    pairs: [
      ['B', '1'],
      ['a', '2'],
      ['b', '3'],
      ['B', '1'],
    ],
  },
  {
    name: 'a name of every special token character',
    input: "!#$%&'*+-.^_`|~: x\r\n\r\n",
    pairs: [["!#$%&'*+-.^_`|~", 'x']],
  },
];

for (const row of ACCEPTED) {
  test(`FieldSection reads ${row.name}`, () => assert.deepEqual(read(row.input), row.pairs));
}

const REFUSED: readonly { name: string; input: string; code: string }[] = [
  { name: 'LF alone after a value', input: 'X: a\nY: b\r\n\r\n', code: 'bare-lf' },
  { name: 'LF alone as the empty line', input: 'X: a\r\n\n', code: 'bare-lf' },
  { name: 'LF alone as the first line', input: '\n', code: 'bare-lf' },
  { name: 'LF within a name', input: 'X\nY: b\r\n\r\n', code: 'bare-lf' },
  { name: 'LF right after the colon', input: 'X:\n\r\n', code: 'bare-lf' },
  { name: 'CR within a value', input: 'X: a\rb\r\n\r\n', code: 'bare-cr' },
  { name: 'two CR before LF', input: 'X: a\r\r\n\r\n', code: 'bare-cr' },
  { name: 'CR within a name', input: 'X\rY: b\r\n\r\n', code: 'bare-cr' },
  { name: 'a line that is a name alone', input: 'Foo\r\n\r\n', code: 'bare-cr' },
  { name: 'CR and something else as the empty line', input: 'X: a\r\n\rY', code: 'bare-cr' },
  { name: 'a folded value', input: 'X: a\r\n b\r\n\r\n', code: 'obs-fold' },
  { name: 'a value folded with a tab', input: 'X: a\r\n\tb\r\n\r\n', code: 'obs-fold' },
  { name: 'an empty value folded', input: 'X:\r\n a\r\n\r\n', code: 'obs-fold' },
  { name: 'white space before the first name', input: ' X: a\r\n\r\n', code: 'obs-fold' },
  { name: 'a fold of nothing but white space', input: 'X: a\r\n \r\n\r\n', code: 'obs-fold' },
  { name: 'an empty name', input: ': a\r\n\r\n', code: 'header-name-empty' },
  { name: 'an empty name later on', input: 'X: a\r\n: b\r\n\r\n', code: 'header-name-empty' },
  { name: 'a space before the colon', input: 'X : a\r\n\r\n', code: 'space-before-colon' },
  { name: 'a tab before the colon', input: 'X\t: a\r\n\r\n', code: 'space-before-colon' },
  { name: 'a space within a name', input: 'X Y: a\r\n\r\n', code: 'space-before-colon' },
  { name: 'NUL within a name', input: 'X\0Y: a\r\n\r\n', code: 'header-name-bad' },
  { name: 'NUL at the start of a name', input: '\0: a\r\n\r\n', code: 'header-name-bad' },
  { name: 'a byte from 0x80 up in a name', input: 'X\xe9: a\r\n\r\n', code: 'header-name-bad' },
  { name: 'a vertical tab before the colon', input: 'X\x0b: a\r\n\r\n', code: 'header-name-bad' },
  { name: 'NUL in a value', input: 'X: a\0b\r\n\r\n', code: 'header-value-bad' },
  { name: 'NUL at the end of a value', input: 'X: a\0\r\n\r\n', code: 'header-value-bad' },
  { name: 'a vertical tab in a value', input: 'X:\x0ba\r\n\r\n', code: 'header-value-bad' },
  { name: 'a form feed in a value', input: 'X: a\x0c\r\n\r\n', code: 'header-value-bad' },
  { name: 'DEL in a value', input: 'X: a\x7f\r\n\r\n', code: 'header-value-bad' },
  { name: 'ESC in a value', input: 'X: \x1b[2J\r\n\r\n', code: 'header-value-bad' },
];

for (const row of REFUSED) {
  test(`FieldSection refuses ${row.name} with ${row.code}`, () => assert.equal(read(row.input), row.code));
}

const CUT: readonly string[] = [
  '',
  'X',
  'X:',
  'X: ',
  'X: a',
  'X: a ',
  'X: a\r',
  'X: a\r\n',
  'X: a\r\n\r',
  '\r',
];
for (const input of CUT) {
  test(`FieldSection asks for more after ${JSON.stringify(input)}`, () => assert.equal(read(input), 'need'));
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const FIELD_BYTE = /[\t\x20-\x7e\x80-\xff]/;

test('each of the 256 bytes at each place of a field', () => {
  for (let code = 0; code < 256; code++) {
    const byte = String.fromCharCode(code);
    const isToken = TOKEN.test(byte);
    const isBlank = byte === ' ' || byte === '\t';
    const where = `byte 0x${code.toString(16)}`;
    assert.deepEqual(read(`${byte}N: v\r\n\r\n`), firstOfName(byte, isToken), `${where} first in a name`);
    const inName = isToken
      ? [[`N${byte}N`, 'v']]
      : byte === ':'
        ? [['N', 'N: v']]
        : isBlank
          ? 'space-before-colon'
          : lineBreakOr(byte, 'header-name-bad');
    assert.deepEqual(read(`N${byte}N: v\r\n\r\n`), inName, `${where} within a name`);
    const value = FIELD_BYTE.test(byte) ? undefined : lineBreakOr(byte, 'header-value-bad');
    const trimmed = isBlank ? '' : byte;
    assert.deepEqual(
      read(`N: ${byte}v\r\n\r\n`),
      value ?? [['N', `${trimmed}v`]],
      `${where} first in a value`,
    );
    assert.deepEqual(read(`N: v${byte}v\r\n\r\n`), value ?? [['N', `v${byte}v`]], `${where} within a value`);
    const last = byte === '\r' ? 'bare-cr' : value;
    assert.deepEqual(read(`N: v${byte}\r\n\r\n`), last ?? [['N', `v${trimmed}`]], `${where} last in a value`);
    assert.deepEqual(
      read(`N: v\r${byte}\r\n`),
      byte === '\n' ? [['N', 'v']] : 'bare-cr',
      `${where} after CR`,
    );
    assert.deepEqual(
      read(`N: v\r\n\r${byte}`),
      byte === '\n' ? [['N', 'v']] : 'bare-cr',
      `${where} at the end`,
    );
  }
});

function lineBreakOr(byte: string, code: string): string {
  return byte === '\n' ? 'bare-lf' : byte === '\r' ? 'bare-cr' : code;
}

function firstOfName(byte: string, isToken: boolean): [string, string][] | string {
  if (isToken) return [[`${byte}N`, 'v']];
  if (byte === ' ' || byte === '\t') return 'obs-fold';
  if (byte === ':') return 'header-name-empty';
  return lineBreakOr(byte, 'header-name-bad');
}

test('FieldSection takes as many fields as it is made for, and refuses one more', () => {
  const line = 'X: a\r\n';
  assert.equal(read(`${line.repeat(3)}\r\n`, 3).length, 3);
  assert.equal(read(`${line.repeat(4)}\r\n`, 3), 'too-many-headers');
  assert.equal(read(line.repeat(3), 3), 'need');
  assert.deepEqual(read('\r\n', 0), []);
  assert.equal(read('X: a\r\n\r\n', 0), 'too-many-headers');
});

test('FieldSection finds the known fields, first and number of each', () => {
  const bytes = latin1('A: 1\r\ncOOkie: x\r\nHOST: h\r\nCookie: y\r\nCookies: z\r\n\r\n');
  const fields = new FieldSection(8);
  fields.restart(0);
  assert.equal(fields.read(bytes, 0, bytes.length), READ_OK);
  assert.equal(fields.first(known.COOKIE), 1);
  assert.equal(fields.times(known.COOKIE), 2);
  assert.equal(fields.first(known.HOST), 2);
  assert.equal(fields.times(known.HOST), 1);
  assert.equal(fields.first(known.CONNECTION), -1);
  assert.equal(fields.times(known.CONNECTION), 0);
  const ids = Array.from({ length: 5 }, (_, index) => fields.id(index));
  const unknown = known.UNKNOWN_HEADER;
  assert.deepEqual(ids, [unknown, known.COOKIE, known.HOST, known.COOKIE, unknown]);
});

test('FieldSection keeps offsets from the start of the message when it begins within one', () => {
  const bytes = latin1('....GET / HTTP/1.1\r\nA: b\r\n\r\n');
  const fields = new FieldSection(8);
  fields.restart(16);
  assert.equal(fields.read(bytes, 4, bytes.length), READ_OK);
  assert.deepEqual(
    [fields.nameStart(0), fields.valueStart(0), fields.sectionEnd, fields.position],
    [16, 19, 22, 24],
  );
});

/** What ends the reading of a section early, after a known name was read. */
const UNFINISHED: readonly string[] = [
  'Content-Length: 5\0\r\n',
  'Content-Length: 5\n',
  'Content-Length: 5\rX',
  'Content-Length: 5',
  'Content-Length:',
  'Content-Length: 5\r\nHost: a\0',
  'Content-Length: 5\r\nX_Y: 1\r\n\r\n',
];
for (const input of UNFINISHED) {
  test(`FieldSection remembers nothing of ${JSON.stringify(input)} after restart`, () => {
    const fields = new FieldSection(8);
    fields.restart(0);
    const first = latin1(input);
    fields.read(first, 0, first.length);
    fields.restart(0);
    const second = latin1('Host: a\r\n\r\n');
    assert.equal(fields.read(second, 0, second.length), READ_OK);
    assert.equal(fields.times(known.CONTENT_LENGTH), 0);
    assert.equal(fields.first(known.CONTENT_LENGTH), -1);
    assert.equal(fields.times(known.HOST), 1);
    assert.equal(fields.count, 1);
    assert.equal(fields.hasAliasByte, false);
  });
}
