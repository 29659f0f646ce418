import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { BodyProcessor, ParsedBody } from './body.ts';
import { parseBody, processorFor } from './parse-body.ts';

const FORM = 'application/x-www-form-urlencoded';

function parse(text: string, types: readonly string[], encodings: readonly string[] = []): ParsedBody {
  return parseBody(text, types, encodings, {}, 10);
}

function textsOf(body: ParsedBody): readonly string[] {
  return body.values.map(({ key, text }) => `${key}=${text}`);
}

const CHOICES: readonly (readonly [
  types: readonly string[],
  encodings: readonly string[],
  processor: string,
  error: RegExp,
])[] = [
  [[FORM], [], 'URLENCODED', /^none$/],
  [[`${FORM}; charset=UTF-8`], ['identity'], 'URLENCODED', /^none$/],
  [[`${FORM}; charset=iso-8859-15`], [], 'URLENCODED', /^none$/],
  [[`${FORM}; charset="windows-1252"`], [], 'URLENCODED', /^none$/],
  [['APPLICATION/JSON'], [], 'JSON', /JSON: /],
  [['text/json'], [], 'JSON', /JSON: /],
  [['application/vnd.api+json'], [], 'JSON', /JSON: /],
  [['application/xml'], [], 'XML', /XML: /],
  [['text/xml; charset=utf-8'], [], 'XML', /XML: /],
  [['application/soap+xml'], [], 'XML', /XML: /],
  [['text/plain'], [], '', /^none$/],
  [['text/plain; charset=utf-8'], [], '', /^none$/],
  [['image/png;'], [], '', /^none$/],
  [['multipart/mixed; boundary=x'], [], '', /^none$/],
  [['application/jsonx'], [], '', /^none$/],
  [['x'], [], '', /^none$/],
  [[''], [], '', /^none$/],
  [[], [], '', /^none$/],
  [[`${FORM}; charset=utf-7`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=UTF-16`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=ibm037`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=shift_jis`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=big5`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=garbage`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=`], [], 'URLENCODED', /malformed/],
  [[`${FORM}; charset=utf-8; charset=utf-7`], [], 'URLENCODED', /given twice/],
  [['text/plain; charset=utf-7'], [], '', /charset/],
  [['text/plain; charset=utf-8; charset=utf-7'], [], '', /charset/],
  [['text/plain; charset =ibm037'], [], '', /charset/],
  [['text/plain; charset= ibm037'], [], '', /charset/],
  [['text/plain, charset=ibm037'], [], '', /charset/],
  [['text/plain charset=ibm037'], [], '', /charset/],
  [['text/plain; charset="ibm037'], [], '', /charset/],
  [['text/plain; CharSet=ibm037'], [], '', /charset/],
  [["text/plain; charset*=UTF-8''ibm037"], [], '', /charset/],
  [["text/plain; charset=utf-8; charset*=UTF-8''ibm037"], [], '', /charset/],
  [['text/plain; charset*0=ibm; charset*1=037'], [], '', /charset/],
  [['text/plain; xcharset=ibm037; charset=utf-8'], [], '', /charset/],
  [['text/plain; charset=utf-8 x'], [], '', /charset/],
  [['text/plain; charset=utf-8;'], [], '', /parameter is malformed/],
  [[`${FORM}; charset*=UTF-8''ibm037`], [], 'URLENCODED', /charset/],
  [[`${FORM}; charset=utf-8; charset*=UTF-8''ibm037`], [], 'URLENCODED', /charset/],
  [[FORM, 'text/plain'], [], 'URLENCODED', /more than one/],
  [[FORM, FORM], [], 'URLENCODED', /more than one/],
  [[`${FORM}, text/plain`], [], 'URLENCODED', /type is malformed/],
  [[`${FORM} x`], [], 'URLENCODED', /type is malformed/],
  [[` ${FORM}`], [], 'URLENCODED', /^none$/],
  [[FORM], ['gzip'], 'URLENCODED', /encoded body is (malformed|cut)/],
  [[FORM], ['compress'], 'URLENCODED', /coding is not known/],
  [['image/png'], ['br'], '', /encoded body is (malformed|cut)/],
  [['multipart/form-data'], [], 'MULTIPART', /boundary is missing/],
  [['multipart/form-data, boundary=B'], [], 'MULTIPART', /multipart: /],
];

for (const [types, encodings, processor, error] of CHOICES) {
  test(`parseBody takes ${JSON.stringify([types, encodings])} as ${processor === '' ? 'raw' : processor}`, () => {
    const body = parse('a=1', types, encodings);
    assert.equal(body.processor, processor);
    assert.equal(processorFor(types), processor);
    assert.match(body.error ?? 'none', error);
    assert.equal(body.isForced, false);
  });
}

test('an empty body is no mistake, whatever its type', () => {
  for (const type of [FORM, 'application/json', 'text/xml', 'multipart/form-data', 'text/plain']) {
    const body = parse('', [type, type], ['gzip']);
    assert.deepEqual([body.error, body.processor], [undefined, processorFor([type])]);
  }
});

test('a body is decoded before it is read', () => {
  const text = gzipSync('a=%3Cscript%3E').toString('latin1');
  const body = parse(text, [FORM], ['gzip']);
  assert.deepEqual(textsOf(body), ['a=<script>']);
  assert.deepEqual([body.error, body.decoded], [undefined, 'a=%3Cscript%3E']);
  assert.equal(parse('a=1', [FORM]).decoded, undefined);
});

test('what could be decoded of a body that is cut is read, and it is an error', () => {
  const long = `a=1&b=${'x1y2z3'.repeat(500)}`;
  const body = parse(gzipSync(long).toString('latin1').slice(0, -4), [FORM], ['gzip']);
  assert.match(body.error ?? '', /cut/);
  assert.equal(textsOf(body)[0], 'a=1');
});

test('a body that cannot be decoded at all is read as it is', () => {
  const body = parse('a=1', [FORM], ['gzip']);
  assert.deepEqual(textsOf(body), ['a=1']);
  assert.equal(body.decoded, '');
});

test('the limits that are given hold, and the others have their defaults', () => {
  const json = ['application/json'];
  assert.match(parseBody('[[1]]', json, [], { jsonDepthMax: 1 }, 10).error ?? '', /deeper than 1/);
  assert.equal(parseBody('['.repeat(512) + ']'.repeat(512), json, [], {}, 10).error, undefined);
  const encoded = brotliCompressSync(Buffer.alloc(3_000_000)).toString('latin1');
  assert.match(parse(encoded, [FORM], ['br']).error ?? '', /too large/);
});

const FORCED: readonly (readonly [
  text: string,
  types: readonly string[],
  processor: BodyProcessor,
  isForced: boolean,
  values: readonly string[],
  error: RegExp,
])[] = [
  ['a=1', ['text/plain'], 'URLENCODED', true, ['a=1'], /^none$/],
  ['a=1', [], 'URLENCODED', true, ['a=1'], /^none$/],
  ['a=1', ['malformed type'], 'URLENCODED', true, ['a=1'], /^none$/],
  ['a=1', [FORM], 'URLENCODED', false, ['a=1'], /^none$/],
  ['{"a":1}', [FORM], 'JSON', true, ['json.a=1'], /^none$/],
  ['<a/>', ['text/plain'], 'XML', true, [], /^none$/],
  ['a=1', ['text/plain'], 'JSON', true, ['=a=1'], /JSON: /],
  ['a=1', ['text/plain'], 'XML', true, [], /XML: /],
  ['a=1', ['text/plain'], 'MULTIPART', true, [], /boundary is missing/],
  ['a=1', ['text/plain; charset=utf-7'], 'URLENCODED', true, ['a=1'], /charset/],
  ['a=1', ['text/plain', FORM], 'URLENCODED', true, ['a=1'], /more than one/],
];

for (const [text, types, processor, isForced, values, error] of FORCED) {
  test(`parseBody reads ${JSON.stringify([text, types])} as ${processor} when a rule says so`, () => {
    const body = parseBody(text, types, [], {}, 10, processor);
    assert.deepEqual([body.processor, body.isForced, textsOf(body)], [processor, isForced, values]);
    assert.match(body.error ?? 'none', error);
  });
}

const SECOND_READINGS: readonly (readonly [
  text: string,
  values: readonly string[],
  xml: readonly string[],
])[] = [
  ['{"a":"\\u003cx"}', ['{"a":"\\u003cx"}=', 'json.a=<x'], []],
  [' \r\n\t[1]', [' \r\n\t[1]=', 'json.array_0=1'], []],
  ['\xef\xbb\xbf[1]', ['\xef\xbb\xbf[1]=', 'json.array_0=1'], []],
  ['{"a":1,}', ['{"a":1,}=', 'json.a=1', '=,}'], []],
  ['{"a":"=","b":"&"}', ['{"a":"=","b":"', '"}=', 'json.a==', 'json.b=&'], []],
  ['{a}=1&b=2', ['{a}=1', 'b=2'], []],
  ['[a]=1&b=2', ['[a]=1', 'b=2'], []],
  ['<a b="c">&#x3c;x</a>', ['<a b="c">', '#x3c;x</a>='], ['<x', 'c']],
  ['<a', ['<a='], ['<a']],
  ['a={"b":1}', ['a={"b":1}'], []],
  ['"x"', ['"x"='], []],
];

for (const [text, values, xml] of SECOND_READINGS) {
  test(`a form is read as what it looks like besides, and nothing is flagged: ${JSON.stringify(text)}`, () => {
    const body = parse(text, [FORM]);
    assert.deepEqual([body.processor, body.error, body.isExceeded], ['URLENCODED', undefined, false]);
    assert.deepEqual(textsOf(body), values);
    assert.deepEqual(
      body.xml.map((value) => value.text),
      xml,
    );
  });
}

test('a form that looks like JSON has no more values than may be, and the rest', () => {
  const body = parse(`[${'1,'.repeat(50)}"\\u003cx"]`, [FORM]);
  assert.equal(body.values.length, 11);
  assert.match(body.values[10]?.text ?? '', /"<x"\]$/);
  const full = parse(`[1]&${'a&'.repeat(9)}`, [FORM]);
  assert.equal(full.values.length, 11);
});

test('without a type and a forced reader there are no arguments', () => {
  assert.deepEqual(parse('a=1', []).values, []);
});

const MARKS: readonly (readonly [text: string, types: readonly string[], isFlagged: boolean])[] = [
  ['\xff\xfea\0=\0', [FORM], true],
  ['\xfe\xff\0a\0=', [FORM], true],
  ['\xff\xfe\0\0a\0\0\0', [FORM], true],
  ['\0\0\xfe\xff\0\0\0a', [FORM], true],
  ['\xff\xfea\0', ['text/plain'], true],
  ['\xff\xfea\0', [], true],
  ['\xff\xfea\0', ['application/json'], true],
  ['\xff\xfea\0', ['image/jpeg'], false],
  ['\xef\xbb\xbfa=1', [FORM], false],
  ['\xff', [FORM], false],
  ['\xffa', [FORM], false],
  ['\xfe\xfe', [FORM], false],
  ['\0\0\xfe', [FORM], false],
];

for (const [text, types, isFlagged] of MARKS) {
  test(`parseBody ${isFlagged ? 'flags' : 'takes'} the beginning ${JSON.stringify([text, types])}`, () => {
    assert.equal(parse(text, types).error !== undefined, isFlagged);
  });
}

const FORM_CHARSETS: readonly (readonly [text: string, type: string, isFlagged: boolean])[] = [
  ['_charset_=utf-8&a=1', FORM, false],
  ['a=1&_charset_=UTF-8', FORM, false],
  ['a=1&_charset_=utf-7', FORM, true],
  ['%5fcharset_=utf-7', FORM, true],
  ['_charset_=', FORM, true],
  ['_charset_=utf-8&_charset_=utf-7', FORM, true],
  ['_charset_=utf-8&_charset_=utf-8', FORM, false],
  [
    '--B\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\nutf-7\r\n--B--',
    'multipart/form-data; boundary=B',
    true,
  ],
  [
    '--B\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\nutf-8\r\n--B--',
    'multipart/form-data; boundary=B',
    false,
  ],
  ['{"_charset_":"utf-7"}', 'application/json', false],
];

for (const [text, type, isFlagged] of FORM_CHARSETS) {
  test(`parseBody ${isFlagged ? 'flags' : 'takes'} the charset in ${JSON.stringify(text)}`, () => {
    assert.equal(parse(text, [type]).error !== undefined, isFlagged);
  });
}

test('invalid escapes of a form are told, and are no error', () => {
  assert.deepEqual([parse('a=%4', [FORM]).hasInvalidEscape, parse('a=%4', [FORM]).error], [true, undefined]);
  assert.equal(parse('a=%41', [FORM]).hasInvalidEscape, false);
  assert.equal(parse('"%4"', ['application/json']).hasInvalidEscape, false);
});

test('arguments are separated by what SecArgumentSeparator says', () => {
  const body = parseBody('a=1&b;c=%26;', [FORM], [], {}, 10, undefined, ';');
  assert.deepEqual(textsOf(body), ['a=1&b', 'c=&']);
});

test('a doubt about the type makes a multipart body strictly wrong too', () => {
  const text = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--';
  const type = 'multipart/form-data; boundary=B';
  assert.equal(parse(text, [type]).multipart.strictError, false);
  assert.equal(parse(text, [type, type]).multipart.strictError, true);
  assert.equal(parse(text, [type], ['x']).multipart.strictError, true);
});
