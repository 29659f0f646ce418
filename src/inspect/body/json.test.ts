import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { readJson } from './json.ts';

type Pair = readonly [name: string, value: string];

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}

/** Elements of an array. */
function pairsAt(name: string, ...values: readonly string[]): readonly Pair[] {
  return values.map((value, index) => [`${name}${index}`, value]);
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
  ['{"":""}', [['json.empty-key', '']]],
  ['"\\u003cscript\\u003E"', [['json', '<script>']]],
  ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', [['json', '"\\/\b\f\n\r\t']]],
  ['"\\u00e9"', [['json', '\xc3\xa9']]],
  ['"\\ud83d\\ude00"', [['json', '\xf0\x9f\x98\x80']]],
  ['"\xc3\xa9"', [['json', '\xc3\xa9']]],
  ['"a\\tb\xc3\xa9c"', [['json', 'a\tb\xc3\xa9c']]],
  ['"\\u0000"', [['json', '\0']]],
  ['\t\r\n [\t0 ,\n-0.0E-1\r] ', pairsAt('json.array_', '0', '-0.0E-1')],
  [
    '[[],{},[[]]]',
    [
      ['json.array_0', ''],
      ['json.array_1', ''],
      ['json.array_2.array_0', ''],
    ],
  ],
  [
    '{"a":{},"b":[{"c":[]}]}',
    [
      ['json.a', ''],
      ['json.b.array_0.c', ''],
    ],
  ],
  [
    '[[1,2],[3]]',
    [
      ['json.array_0.array_0', '1'],
      ['json.array_0.array_1', '2'],
      ['json.array_1.array_0', '3'],
    ],
  ],
  [
    '{"a":[{"b":1},{"b":2}],"c":3}',
    [
      ['json.a.array_0.b', '1'],
      ['json.a.array_1.b', '2'],
      ['json.c', '3'],
    ],
  ],
  ['{"\\u0061.b":1}', [['json.a.b', '1']]],
  ['{"\\u0027 or 1=1":{"":0}}', [["json.' or 1=1.empty-key", '0']]],
];

for (const [text, values] of JSON_VALID) {
  test(`readJson flattens ${JSON.stringify(text)}`, () => {
    const body = readJson(text, 10, 5);
    assert.deepEqual([pairsOf(body.values), body.error, body.isExceeded], [values, undefined, false]);
  });
}

/** What was read before the mistake is kept, and the rest behind it. */
const JSON_INVALID: readonly (readonly [
  text: string,
  values: readonly Pair[],
  error: RegExp,
  rest?: string,
])[] = [
  ['', [], /missing or unknown/],
  ['x', [], /missing or unknown/, 'x'],
  ['01', [['json', '0']], /follows the value/, '1'],
  ['-', [], /missing or unknown/, '-'],
  ['-a', [], /missing or unknown/, '-a'],
  ['1.', [], /missing or unknown/, '1.'],
  ['.5', [], /missing or unknown/, '.5'],
  ['1e', [], /missing or unknown/, '1e'],
  ['1e+', [], /missing or unknown/, '1e+'],
  ['truex', [['json', 'true']], /follows the value/, 'x'],
  ['True', [], /missing or unknown/, 'True'],
  ['undefined', [], /missing or unknown/, 'undefined'],
  ["'a'", [], /missing or unknown/, "'a'"],
  ['[1,/**/2]', [['json.array_0', '1']], /missing or unknown/, ',/**/2]'],
  ['[1//\n,2]', [['json.array_0', '1']], /comma or a bracket/, '//\n,2]'],
  ['{"a":1;"b":2}', [['json.a', '1']], /comma or a bracket/, ';"b":2}'],
  ['{"a":1]', [['json.a', '1']], /comma or a bracket/, ']'],
  ['[1}', [['json.array_0', '1']], /comma or a bracket/, '}'],
  ['[,1]', [], /missing or unknown/, '[,1]'],
  ['{,"a":1}', [], /key is no string/, '{,"a":1}'],
  ['{1:2}', [], /key is no string/, '{1:2}'],
  ['{"a"}', [], /no colon/, '{"a"}'],
  ['{', [], /key is no string/, '{'],
  ['[', [], /missing or unknown/, '['],
  ['"a\\', [], /open or has control/, '"a\\'],
  ['"a\\"', [], /open or has control/, '"a"'],
  ['"a\\n', [], /open or has control/, '"a\n'],
  ['"\\u12"', [], /escape is unknown/, '"\\u12"'],
  ['"\\U0041"', [], /escape is unknown/, '"\\U0041"'],
  ['"a\0"', [], /open or has control/, '"a\u0000"'],
  ['"a\\n\t"', [], /open or has control/, '"a\n\t"'],
  ['1\0', [['json', '1']], /follows the value/, '\u0000'],
  ['1\x0b', [['json', '1']], /follows the value/, '\u000b'],
  ['"\xe9"', [['json', '\xe9']], /not UTF-8/],
  ['"\\n\xc0\xae"', [['json', '\n\xc0\xae']], /not UTF-8/],
  ['{"\xff":1}', [['json.\xff', '1']], /not UTF-8/],
  ['"\\ud83dx"', [['json', '\xef\xbf\xbdx']], /half a character/],
  ['"\\ud83d\\u0041"', [['json', '\xef\xbf\xbdA']], /half a character/],
  ['"\\ude00"', [['json', '\xef\xbf\xbd']], /half a character/],
  [
    '["\\ud83d",2]',
    [
      ['json.array_0', '\xef\xbf\xbd'],
      ['json.array_1', '2'],
    ],
    /half a character/,
  ],
  ['+1', [], /missing or unknown/, '+1'],
  ['1-2', [['json', '1']], /follows the value/, '-2'],
  ['NaN', [], /missing or unknown/, 'NaN'],
  ['0x10', [['json', '0']], /follows the value/, 'x10'],
  ['nul', [], /missing or unknown/, 'nul'],
  ['{"a":1', [['json.a', '1']], /comma or a bracket/],
  ['{"a":1,}', [['json.a', '1']], /key is no string/, ',}'],
  ['[1,]', [['json.array_0', '1']], /missing or unknown/, ',]'],
  ['[1 2]', [['json.array_0', '1']], /comma or a bracket/, ' 2]'],
  ['{"a" 1}', [], /no colon/, '{"a" 1}'],
  ['{a:1}', [], /key is no string/, '{a:1}'],
  ['"a', [], /open or has control/, '"a'],
  ['"a\nb"', [], /open or has control/, '"a\nb"'],
  ['"\\x41"', [], /escape is unknown/, '"\\x41"'],
  ['"\\u00g0"', [], /escape is unknown/, '"\\u00g0"'],
  ['1 1', [['json', '1']], /follows the value/, ' 1'],
  ['{"a":1}}', [['json.a', '1']], /follows the value/, '}}'],
  ['\xef\xbb\xbf1', [['json', '1']], /byte order mark/],
  ['\xef\xbb\xbf{"a":1', [['json.a', '1']], /byte order mark/],
  ['\xef\xbb\xbfx', [], /byte order mark/, 'x'],
  ['[[[[[[1]]]]]]', [], /deeper than 5/, '[[[[[[1]]]]]]'],
];

for (const [text, values, error, rest] of JSON_INVALID) {
  test(`readJson flags ${JSON.stringify(text)}`, () => {
    const body = readJson(text, 10, 5);
    assert.deepEqual(pairsOf(body.values), rest === undefined ? values : [...values, ['', rest]]);
    assert.match(body.error ?? '', error);
  });
}

test('readJson keeps what is beyond the bound as one value', () => {
  const body = readJson('{"a":1,"b":2,"c":"<x>","d":[]}', 2, 5);
  assert.deepEqual(pairsOf(body.values), [
    ['json.a', '1'],
    ['json.b', '2'],
    ['', ',"c":"<x>","d":[]}'],
  ]);
  assert.deepEqual([body.isExceeded, body.error], [true, undefined]);
});

test('readJson loses no key at the bound, however deep it is', () => {
  const body = readJson('{"a":1,"<b>":{"<c>":{"<d>":[]}}}', 1, 5);
  assert.equal(body.values[1]?.text, ',"<b>":{"<c>":{"<d>":[]}}}');
});

test('readJson decodes the escapes in what is beyond the bound', () => {
  const body = readJson('[1,"\\u003cscript\\u003e\\x"]', 1, 5);
  assert.equal(body.values[1]?.text, ',"<script>\\x"]');
  assert.deepEqual([body.isExceeded, body.error], [true, 'JSON: an escape is unknown']);
  assert.match(readJson('[1,"\xff"]', 1, 5).error ?? '', /not UTF-8/);
});

test('readJson decodes the escapes behind a mistake, where a lenient reader goes on', () => {
  const body = readJson('{"a":1,/* c */"b":"\\u003cscript\\u003e","c":2}', 10, 5);
  assert.deepEqual(pairsOf(body.values), [
    ['json.a', '1'],
    ['', ',/* c */"b":"<script>","c":2}'],
  ]);
  assert.deepEqual([body.error, body.isExceeded], ['JSON: a key is no string', false]);
});

test('readJson flags beyond the bound what it flags before it', () => {
  for (const [text, , error] of JSON_INVALID) {
    for (const max of [0, 1]) assert.match(readJson(text, max, 5).error ?? 'none', error, `${text} ${max}`);
  }
  const wide = Buffer.from('[1,"x"]', 'utf16le').toString('latin1');
  for (const max of [0, 1, 10]) assert.match(readJson(wide, max, 5).error ?? 'none', /missing|comma/);
});

test('readJson takes no value at all when there is no room', () => {
  const body = readJson('{"a":"<x>"}', 0, 5);
  assert.deepEqual(pairsOf(body.values), [['', '{"a":"<x>"}']]);
  assert.equal(body.isExceeded, true);
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

for (const depth of [1, 400, 512, 100_000]) {
  test(`readJson reads nesting ${depth} deep, and no deeper than it may`, () => {
    const arrays = `${'['.repeat(depth)}7${']'.repeat(depth)}`;
    const objects = `${'{"a":'.repeat(depth)}7${'}'.repeat(depth)}`;
    assert.deepEqual(pairsOf(readJson(arrays, 10, depth).values), [[`json${'.array_0'.repeat(depth)}`, '7']]);
    assert.deepEqual(pairsOf(readJson(objects, 10, depth).values), [[`json${'.a'.repeat(depth)}`, '7']]);
    assert.equal(readJson(arrays, 10, depth).error, undefined);
    assert.match(readJson(arrays, 10, depth - 1).error ?? '', /deeper than/);
    assert.match(readJson(objects, 10, depth - 1).error ?? '', /deeper than/);
  });
}

test('readJson refuses great depth without reading it', () => {
  assert.match(readJson('['.repeat(1_000_000), 10, 64).error ?? '', /deeper than 64/);
  assert.match(readJson('{"a":'.repeat(100_000), 10, 64).error ?? '', /deeper than 64/);
});
