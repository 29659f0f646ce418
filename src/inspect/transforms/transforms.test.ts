/** What the public vectors (test/conformance/secrules) leave out, and what holds for all of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzSeed, seededRandom } from '../../../test/support/random.ts';
import { bestFitByte } from './best-fit.ts';
import { transformationNamed, TRANSFORMATION_NAMES } from './table.ts';

function run(name: string, value: string): string {
  const transformation = transformationNamed(name);
  assert(transformation !== undefined, name);
  return transformation.run(value);
}

const ROWS: readonly (readonly [name: string, input: string, output: string])[] = [
  ['lowercase', 'AZ[\xc9', 'az[\xc9'],
  ['uppercase', 'az{\xe9\xff', 'AZ{\xe9\xff'],
  ['htmlEntityDecode', '&lt;&LT;&lt&amp;lt;', '<<<&lt;'],
  ['htmlEntityDecode', '&#60;&#x3C;&#X3c&#0000060', '<<<<'],
  ['htmlEntityDecode', 'java&Tab;script&colon;&lpar;&rpar;', 'java\tscript:()'],
  ['htmlEntityDecode', '&colon &foo; &; & &# &#; &#x; &#xg;', '&colon &foo; &; & &# &#; &#x; &#xg;'],
  ['htmlEntityDecode', '&quotx &ampx', '"x &x'],
  [
    'htmlEntityDecode',
    '&#233;&#x1F600;&#xD800;&#99999999999;',
    '\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd',
  ],
  ['jsDecode', '\\x3cscript\\u003e\\74\\400\\8\\', '<script><\x200' + '8\\'],
  ['jsDecode', '\\uff1cx\\uFF1E', '<x>'],
  ['cssDecode', 'java\\0073 cript \\61\\62 c', 'javascript abc'],
  ['escapeSeqDecode', '\\x2fbin\\57sh\\q\\', '/bin/shq\\'],
  ['urlDecode', '%41%4%zz%%41', 'A%4%zz%A'],
  ['urlDecodeUni', '%u2018%U00AE%ufF1c%u12', "'R<%u12"],
  [
    'utf8toUnicode',
    '\xc3\xa9\xc0\xaf\xe0\x80\xaf\xf0\x9f\x98\x80\xff\xc3',
    '%u00e9%u002f%u002f%u1f600\xff\xc3',
  ],
  ['utf8toUnicode', '\xed\xa0\x80', '\xed\xa0\x80'],
  ['normalizePath', '/../../a/./b//../c', '/a/c'],
  ['normalizePath', 'a/..', ''],
  ['normalizePath', '/', '/'],
  ['normalizePath', '...', '...'],
  ['normalizePathWin', '\\a\\..\\b', '/b'],
  ['cmdLine', 'c^M"D,; \t/c  (x', 'cmd/c(x'],
  ['replaceComments', 'a/**/b/*c', 'a b '],
  ['replaceComments', 'a/*/b', 'a '],
  ['removeComments', 'a/*x*/b--c', 'ab'],
  ['removeComments', 'a<!--x-->b#c', 'ab'],
  ['removeCommentsChar', 'a/*b*/c--d<!--e-->f#g', 'abcdefg'],
  ['compressWhitespace', 'a\xa0 \t b', 'a b'],
  ['removeWhitespace', 'a \xa0\nb', 'ab'],
  ['base64Decode', 'YWI!YQ==', 'ab'],
  ['base64Decode', 'YWJj\nZA', 'abc'],
  ['base64DecodeExt', 'YW Jj!ZA', 'abcd'],
  ['sqlHexDecode', "0x41426 '0x' 0xZZ 0X43", "AB6 '0x' 0xZZ C"],
  ['hexDecode', '4g', ''],
];

for (const [name, input, output] of ROWS) {
  test(`${name} of ${JSON.stringify(input)}`, () =>
    assert.equal(JSON.stringify(run(name, input)), JSON.stringify(output)));
}

test('names are found in any case, both spellings of normalise are there, others are not', () => {
  assert.equal(transformationNamed('URLDECODEUNI')?.name, 'urlDecodeUni');
  assert.equal(run('normalisePath', '/a/../b'), run('normalizePath', '/a/../b'));
  assert.equal(transformationNamed('none'), undefined);
  assert.equal(transformationNamed('toString'), undefined);
  assert.equal(TRANSFORMATION_NAMES.length, 37);
});

test('every transformation gives bytes for every byte and every pair of telling bytes', () => {
  const telling = Array.from('%u\\x&#;/*-.+ <>!0aF"\'^,(=\0\n\x80\xc3\xe9\xff');
  for (const name of TRANSFORMATION_NAMES) {
    for (let byte = 0; byte < 256; byte++)
      assert(isBytes(run(name, String.fromCharCode(byte))), `${name} of byte ${byte}`);
    for (const first of telling) {
      for (const second of telling)
        assert(isBytes(run(name, first + second)), `${name} of ${first}${second}`);
    }
  }
});

test('what a look finds nothing in is left as it is', () => {
  const random = seededRandom(fuzzSeed);
  const pieces = ['.', '/', '\\', '&', '#', ';', 'amp', 'lt', '3', 'a', 'b', '%', ' '];
  const looked = TRANSFORMATION_NAMES.flatMap((name) => transformationNamed(name) ?? []).filter(
    ({ isIn }) => isIn !== undefined,
  );
  let found = 0;
  let left = 0;
  for (let run = 0; run < 20_000; run++) {
    const length = 1 + random(8);
    const value = Array.from({ length }, () => pieces[random(pieces.length)] ?? '').join('');
    for (const { name, isIn, run: transform } of looked) {
      if (isIn?.(value) === true) found++;
      else left++;
      if (isIn?.(value) === false) assert.equal(transform(value), value, name);
      assert.equal(isIn?.(value), isIn?.(value.toUpperCase()), `${name} of another case`);
    }
  }
  assert(found > 10_000 && left > 10_000, `${found} and ${left}`);
});

test('no transformation grows a value beyond six times its length, digests aside', () => {
  const value = '%u\xc3\xa9&#\\'.repeat(500);
  for (const name of TRANSFORMATION_NAMES) assert(run(name, value).length <= 6 * value.length, name);
});

test('values of 128 KiB made of the bytes that a decoder looks for come back', () => {
  for (const unit of [
    '%',
    '%u',
    '&#',
    '&#0',
    '&amp',
    '\\',
    '\\u',
    '/*',
    '*/',
    '<!--',
    '../',
    './',
    ' ',
    '=',
    '0x',
    "'",
    '\xc3',
    '0',
  ]) {
    const value = unit.repeat(131_072 / unit.length);
    for (const name of TRANSFORMATION_NAMES) assert(isBytes(run(name, value).slice(0, 100)), name);
  }
});

const LIKENESSES: readonly (readonly [code: number, character: string])[] = [
  [0x41, 'A'],
  [0xe9, 'e'],
  [0xb2, '2'],
  [0xff1c, '<'],
  [0x2019, "'"],
  [0x201d, '"'],
  [0x2215, '/'],
  [0x0100, 'A'],
  [0xbd, '\xbd'],
  [0xdf, '\xdf'],
  [0x4e2d, '\x2d'],
];

for (const [code, character] of LIKENESSES) {
  test(`U+${code.toString(16)} is taken for ${JSON.stringify(character)}`, () => {
    assert.equal(String.fromCharCode(bestFitByte(code)), character);
  });
}

test('bestFitByte gives a byte for every code point', () => {
  for (let code = 0; code < 0x10000; code++) {
    const byte = bestFitByte(code);
    assert(Number.isInteger(byte) && byte >= 0 && byte <= 255, `U+${code.toString(16)}`);
  }
});

test('what has a loop of its own for long values does the same there as in short ones', () => {
  const pieces = [
    ' ',
    '  ',
    '\t',
    '\xa0',
    '\xc2',
    '\xc2\xa0',
    '+',
    '%',
    '%4',
    '%41',
    '%u0041',
    '%uff1c',
    '%2B',
    'B',
    'c',
  ];
  const signs = ['/', '(', '"', "'", '^', '\\', ',', ';', '\n', '%zz', 'é', '\0'];
  const all = [...pieces, ...signs];
  // Letters that no transformation changes, whatever stands behind them.
  const before = 'x'.repeat(300);
  let state = 11;
  for (let count = 0; count < 2_000; count++) {
    let value = 'x';
    for (let index = 0; index < 8; index++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      value += all[state % all.length] ?? '';
    }
    for (const name of ['removeWhitespace', 'compressWhitespace', 'cmdLine', 'urlDecodeUni', 'lowercase']) {
      assert.equal(run(name, before + value), before + run(name, value), `${name} of ${value}`);
    }
    const upper = run('uppercase', value);
    assert.equal(run('uppercase', before + value), 'X'.repeat(300) + upper, `uppercase of ${value}`);
  }
});

function isBytes(value: string): boolean {
  return !/[^\x00-\xff]/.test(value);
}
