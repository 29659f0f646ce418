import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS } from '../limits.ts';
import { readTypedField } from './content-type.ts';
import { readJson } from './json.ts';
import { readMultipart } from './multipart.ts';
import { parseBody } from './parse-body.ts';

type Pair = readonly [name: string, value: string];

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}

const JSON_VALID: readonly (readonly [text: string, values: readonly Pair[]])[] = [
  ['1', [['json', '1']]],
  [' "x" ', [['json', 'x']]],
  ['null', [['json', '']]],
  ['true', [['json', 'true']]],
  ['-1.5e+3', [['json', '-1.5e+3']]],
  ['{}', [['json', '']]],
  ['[ ]', [['json', '']]],
  ['{"a":1}', [['json.a', '1']]],
  ['{"a":{"b":"c"}}', [['json.a.b', 'c']]],
  [
    '{"a":[1,"x",{"b":false}]}',
    [
      ['json.a.array_0', '1'],
      ['json.a.array_1', 'x'],
      ['json.a.array_2.b', 'false'],
    ],
  ],
  [
    '{"a":1,"a":2}',
    [
      ['json.a', '1'],
      ['json.a', '2'],
    ],
  ],
  ['{"":""}', [['json.', '']]],
  ['"\\u003cscript\\u003E"', [['json', '<script>']]],
  ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', [['json', '"\\/\b\f\n\r\t']]],
  ['"\\u00e9"', [['json', '\xc3\xa9']]],
  ['"\\ud83d\\ude00"', [['json', '\xf0\x9f\x98\x80']]],
  ['"\\ud83dx"', [['json', '\xef\xbf\xbdx']]],
  ['"\\ud83d\\u0041"', [['json', '\xef\xbf\xbdA']]],
  ['"\xc3\xa9"', [['json', '\xc3\xa9']]],
];

for (const [text, values] of JSON_VALID) {
  test(`readJson flattens ${text}`, () => {
    const body = readJson(text, 10, 5);
    assert.deepEqual([pairsOf(body.values), body.error, body.isExceeded], [values, undefined, false]);
  });
}

/** What was read before the mistake is kept. */
const JSON_INVALID: readonly (readonly [text: string, values: readonly Pair[], error: RegExp])[] = [
  ['', [], /missing or unknown/],
  ['x', [], /missing or unknown/],
  ['01x', [], /missing or unknown/],
  ['+1', [], /missing or unknown/],
  ['1-2', [], /missing or unknown/],
  ['NaN', [], /missing or unknown/],
  ['0x10', [], /missing or unknown/],
  ['nul', [], /missing or unknown/],
  ['{"a":1', [['json.a', '1']], /comma or a bracket/],
  ['{"a":1,}', [['json.a', '1']], /key is no string/],
  ['[1,]', [['json.array_0', '1']], /missing or unknown/],
  ['[1 2]', [['json.array_0', '1']], /comma or a bracket/],
  ['{"a" 1}', [], /no colon/],
  ['{a:1}', [], /key is no string/],
  ['"a', [], /open or has control/],
  ['"a\nb"', [], /open or has control/],
  ['"\\x41"', [], /escape is unknown/],
  ['"\\u00g0"', [], /escape is unknown/],
  ['1 1', [['json', '1']], /follows the value/],
  ['{"a":1}}', [['json.a', '1']], /follows the value/],
  ['\xef\xbb\xbf1', [], /missing or unknown/],
  ['[[[[[[1]]]]]]', [], /deeper than 5/],
];

for (const [text, values, error] of JSON_INVALID) {
  test(`readJson flags ${JSON.stringify(text)}`, () => {
    const body = readJson(text, 10, 5);
    assert.deepEqual(pairsOf(body.values), values);
    assert.match(body.error ?? '', error);
  });
}

test('readJson keeps what is beyond the bound as one value', () => {
  const body = readJson('{"a":1,"b":2,"c":"<x>","d":[]}', 2, 5);
  assert.deepEqual(pairsOf(body.values), [
    ['json.a', '1'],
    ['json.b', '2'],
    ['', '"<x>","d":[]}'],
  ]);
  assert.deepEqual([body.isExceeded, body.error], [true, undefined]);
});

test('readJson counts empty containers, so that they are no way around the bound', () => {
  const body = readJson(`[${'[],'.repeat(5000)}1]`, 3, 5);
  assert.deepEqual([body.values.length, body.isExceeded], [4, true]);
});

test('readJson bounds the names: one long key above many values costs no square', () => {
  const body = readJson(`{"${'k'.repeat(50_000)}":[${'1,'.repeat(900)}1]}`, 1000, 5);
  assert.match(body.error ?? '', /names are too long/);
  assert(body.values.reduce((sum, value) => sum + value.key.length, 0) < 20 * 60_000);
});

test('readJson refuses great depth without reading it', () => {
  assert.match(readJson('['.repeat(1_000_000), 10, 64).error ?? '', /deeper than 64/);
  assert.match(readJson('{"a":'.repeat(100_000), 10, 64).error ?? '', /deeper than 64/);
});

function part(disposition: string, content: string, more = ''): string {
  return `--B\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${content}\r\n`;
}

const FIELD = part('form-data; name="a"', '1');

test('readMultipart reads fields and names of files', () => {
  const text = `${FIELD}${part('form-data; name="a"', 'two\r\nlines --B')}${part(
    'form-data; name="f"; filename="x.png"',
    '<script>',
    'Content-Type: image/png\r\n',
  )}--B--\r\n`;
  const body = readMultipart(text, 'B', 10);
  assert.deepEqual(pairsOf(body.values), [
    ['a', '1'],
    ['a', 'two\r\nlines --B'],
  ]);
  assert.deepEqual(pairsOf(body.files), [['f', 'x.png']]);
  assert.deepEqual([body.error, body.isExceeded], [undefined, false]);
});

const MULTIPART_VALID: readonly (readonly [text: string, values: readonly Pair[]])[] = [
  ['--B--', []],
  ['--B--\r\n', []],
  [`${FIELD}--B--`, [['a', '1']]],
  [`${part('form-data; name=a', '')}--B--`, [['a', '']]],
  [`${part('FORM-DATA; NAME="a"', '1')}--B--`, [['a', '1']]],
  [`${part('form-data; name=""', '1')}--B--`, [['', '1']]],
  [`${part('form-data; name="a;b=c"', '1')}--B--`, [['a;b=c', '1']]],
  [`${part('form-data; name="a"', '1', 'Content-Transfer-Encoding: 8bit\r\n')}--B--`, [['a', '1']]],
];

for (const [text, values] of MULTIPART_VALID) {
  test(`readMultipart reads ${JSON.stringify(text)}`, () => {
    const body = readMultipart(text, 'B', 10);
    assert.deepEqual([pairsOf(body.values), body.error], [values, undefined]);
  });
}

const MULTIPART_INVALID: readonly (readonly [what: string, text: string, boundary: string, error: RegExp])[] =
  [
    ['no boundary', FIELD, '', /boundary is missing/],
    ['a boundary of 71 bytes', FIELD, 'x'.repeat(71), /boundary is missing/],
    ['a boundary with a space', FIELD, 'a b', /boundary is missing/],
    ['an empty body', '', 'B', /does not begin/],
    ['a preamble', `x\r\n${FIELD}--B--`, 'B', /does not begin/],
    ['another boundary', FIELD, 'C', /does not begin/],
    ['no last boundary', FIELD, 'B', /last boundary is missing/],
    [
      'a cut content',
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
      'B',
      /last boundary is missing/,
    ],
    ['a cut head', '--B\r\nContent-Disposition: form-data; name="a"', 'B', /head of a part/],
    ['an epilogue', `${FIELD}--B--\r\nx`, 'B', /follows the last/],
    ['bare line feeds', FIELD.replaceAll('\r\n', '\n'), 'B', /not followed by the end/],
    ['a longer boundary', `${FIELD}--BB\r\n`, 'B', /not followed by the end/],
    ['space behind the boundary', `--B \r\n${FIELD.slice(5)}--B--`, 'B', /not followed by the end/],
    ['no disposition', '--B\r\nX: y\r\n\r\n1\r\n--B--', 'B', /no named form data/],
    ['no name', `${part('form-data', '1')}--B--`, 'B', /no named form data/],
    ['another disposition', `${part('attachment; name="a"', '1')}--B--`, 'B', /no named form data/],
    ['two names', `${part('form-data; name="a"; name="b"', '1')}--B--`, 'B', /name is given twice/],
    [
      'two dispositions',
      `${part('form-data; name="a"', '1', 'Content-Disposition: form-data; name="b"\r\n')}--B--`,
      'B',
      /two Content-Disposition/,
    ],
    ['filename*', `${part('form-data; name="a"; filename*=utf-8\'\'x', '1')}--B--`, 'B', /extended/],
    ['a backslash in the name', `${part('form-data; name="a\\"b"', '1')}--B--`, 'B', /backslash/],
    ['an open quote', `${part('form-data; name="a', '1')}--B--`, 'B', /no named form data|malformed/],
    [
      'an encoded part',
      `${part('form-data; name="a"', '1', 'Content-Transfer-Encoding: base64\r\n')}--B--`,
      'B',
      /encoded/,
    ],
    ['a folded header', `${part('form-data;\r\n name="a"', '1')}--B--`, 'B', /malformed/],
    ['a header without colon', `${part('form-data; name="a"', '1', 'x\r\n')}--B--`, 'B', /malformed/],
    ['a NUL in a header', `${part('form-data; name="a\0"', '1')}--B--`, 'B', /malformed/],
    ['too many headers', `${part('form-data; name="a"', '1', 'X: y\r\n'.repeat(20))}--B--`, 'B', /too long/],
  ];

for (const [what, text, boundary, error] of MULTIPART_INVALID) {
  test(`readMultipart flags ${what}`, () => {
    assert.match(readMultipart(text, boundary, 10).error ?? 'none', error);
  });
}

test('readMultipart keeps a part that is cut, and what is beyond the bound', () => {
  const cut = readMultipart('--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n<script>', 'B', 10);
  assert.deepEqual(pairsOf(cut.values), [['a', '<script>']]);
  const many = readMultipart(`${FIELD.repeat(5)}--B--`, 'B', 2);
  assert.deepEqual([many.values.length, many.isExceeded], [3, true]);
  assert.equal(many.values[2]?.text, `${FIELD.repeat(3).slice(5)}--B--`);
});

const TYPED_FIELDS: readonly (readonly [
  field: string,
  type: string,
  parameters: readonly Pair[],
  error: RegExp,
])[] = [
  ['text/plain', 'text/plain', [], /^none$/],
  ['Text/Plain ; Charset=UTF-8', 'text/plain', [['charset', 'UTF-8']], /^none$/],
  [
    'a/b;c="d;e" ; f=g',
    'a/b',
    [
      ['c', 'd;e'],
      ['f', 'g'],
    ],
    /^none$/,
  ],
  ['', '', [], /type is malformed/],
  ['a b', 'a b', [], /type is malformed/],
  ['a/b;', 'a/b', [], /parameter is malformed/],
  ['a/b; c', 'a/b', [], /parameter is malformed/],
  ['a/b; c=', 'a/b', [], /parameter is malformed/],
  ['a/b; c = d', 'a/b', [], /parameter is malformed/],
  ['a/b; c="d', 'a/b', [], /parameter is malformed/],
  ['a/b; c="d"e', 'a/b', [], /parameter is malformed/],
  ['a/b; c=d; C=e', 'a/b', [['c', 'd']], /given twice/],
  ['a/b, c/d', 'a/b, c/d', [], /type is malformed/],
];

for (const [field, type, parameters, error] of TYPED_FIELDS) {
  test(`readTypedField reads ${JSON.stringify(field)}`, () => {
    const read = readTypedField(field);
    assert.deepEqual([read.type, [...read.parameters]], [type, parameters]);
    assert.match(read.error ?? 'none', error);
  });
}

const CHOICES: readonly (readonly [
  types: readonly string[],
  encodings: readonly string[],
  processor: string,
  error: RegExp,
])[] = [
  [['application/x-www-form-urlencoded'], [], 'URLENCODED', /^none$/],
  [['application/x-www-form-urlencoded; charset=UTF-8'], ['identity'], 'URLENCODED', /^none$/],
  [['application/x-www-form-urlencoded; charset=utf-7'], [], 'URLENCODED', /charset/],
  [['application/x-www-form-urlencoded; charset=utf-8; charset=utf-7'], [], 'URLENCODED', /given twice/],
  [['application/x-www-form-urlencoded', 'text/plain'], [], 'URLENCODED', /more than one/],
  [['application/x-www-form-urlencoded'], ['gzip'], 'URLENCODED', /encoded/],
  [['APPLICATION/JSON'], [], 'JSON', /JSON: /],
  [['application/vnd.api+json'], [], 'JSON', /JSON: /],
  [['multipart/form-data'], [], 'MULTIPART', /boundary is missing/],
  [['text/plain'], [], '', /^none$/],
  [['image/png'], ['br'], '', /encoded/],
  [[], [], '', /^none$/],
];

for (const [types, encodings, processor, error] of CHOICES) {
  test(`parseBody takes ${JSON.stringify([types, encodings])} as ${processor === '' ? 'raw' : processor}`, () => {
    const body = parseBody('a=1', types, encodings, DEFAULT_LIMITS, 10);
    assert.equal(body.processor, processor);
    assert.match(body.error ?? 'none', error);
  });
}

test('an empty body is no mistake, whatever its type', () => {
  assert.equal(parseBody('', ['application/json'], ['gzip'], DEFAULT_LIMITS, 10).error, undefined);
});
