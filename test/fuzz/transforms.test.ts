/** Whatever bytes a value has: transformations end, give bytes, keep their promises, and agree with plain references. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  transformationNamed,
  TRANSFORMATION_NAMES,
  triggerBitsOf,
} from '../../src/inspect/transforms/table.ts';
import type { Transformation } from '../../src/inspect/transforms/table.ts';
import { pick } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { seededRandom } from '../support/random.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300) * 5;

/** What decoders look for, and what surrounds it. */
const TOKENS: readonly string[] = [
  ...['%', '%4', '%41', '%zz', '%u', '%u0041', '%U2019', '%uff21', '+'],
  ...[
    '\\',
    '\\\\',
    '\\x',
    '\\x41',
    '\\u',
    '\\u0041',
    '\\uff1c',
    '\\101',
    '\\400',
    '\\777',
    '\\8',
    '\\0',
    '\\n',
  ],
  ...['\\\n', '\\26', '\\000026 ', '\\ff1c', '\\110000', '\\d800', '\\10ffff'],
  ...[
    '&',
    '&#',
    '&#x',
    '&lt;',
    '&LT',
    '&amp',
    '&nbsp;',
    '&colon;',
    '&#65;',
    '&#x41',
    '&#xd800;',
    '&#99999999999;',
    ';',
  ],
  ...['/', '//', '/..', '/../', '../', './', '.', '..', '...', '\\..\\'],
  ...['/*', '*/', '*', '<!--', '-->', '--', '-', '#', '<', '!'],
  ...[' ', '  ', '\t', '\n', '\r\n', '\v', '\f', '\xa0', '\xc2\xa0', '\0'],
  ...['a', 'B', 'z', 'Z', '0', '9', 'f', '0x', '0X4', '0x41', '=', '==', 'YQ', ',', '^', '"', "'", '(', '~'],
  ...[
    '\xc3\xa9',
    '\xc0\xaf',
    '\xe2\x82\xac',
    '\xe0\x80\xaf',
    '\xed\xa0\x80',
    '\xf0\x9f\x98\x80',
    '\xf4\x90\x80\x80',
  ],
  ...['\x80', '\xbf', '\xc3', '\xe2\x82', '\xf5', '\xff', '\xde', '\xdf', '\xfe', '\xb5'],
];

/** Tokens and noise; now and then long enough that results do not fit the memory that decoders share. */
function randomValue(random: Random): string {
  let value = '';
  for (let count = random(10); count > 0; count--) {
    value += random(8) === 0 ? String.fromCharCode(random(256)) : pick(random, TOKENS);
  }
  return random(200) === 0 ? value.repeat(1 + random(2000)) : value;
}

function transformation(name: string): Transformation {
  const found = transformationNamed(name);
  assert(found !== undefined, name);
  return found;
}

const ALL: readonly Transformation[] = TRANSFORMATION_NAMES.map(transformation);

test('every transformation gives bytes, and the same ones again', () => {
  const random = seededRandom(1);
  for (let run = 0; run < RUNS; run++) {
    const value = randomValue(random);
    for (const { name, run: transform } of ALL) {
      const once = transform(value);
      assert(!/[^\x00-\xff]/.test(once), `${name} of ${JSON.stringify(value)}`);
      assert.equal(transform(value), once, name);
    }
  }
});

test('a transformation whose trigger bit is not set changes nothing', () => {
  const random = seededRandom(2);
  const skipped = new Map<string, number>();
  for (let run = 0; run < RUNS; run++) {
    // Few tokens, so that each transformation meets many values without its triggers.
    const value = run % 3 === 0 ? randomValue(random) : pick(random, TOKENS) + pick(random, TOKENS);
    const bits = triggerBitsOf(value);
    for (const { name, run: transform, triggerBit } of ALL) {
      if (triggerBit === 0 || (bits & triggerBit) !== 0) continue;
      skipped.set(name, (skipped.get(name) ?? 0) + 1);
      assert.equal(transform(value), value, `${name} of ${JSON.stringify(value)}`);
    }
  }
  for (const { name, triggerBit } of ALL) {
    if (triggerBit !== 0) assert((skipped.get(name) ?? 0) > RUNS / 100, `${name} was never skipped`);
  }
});

test('a transformation brings in no byte but those it names, case aside', () => {
  const random = seededRandom(3);
  for (let run = 0; run < RUNS; run++) {
    const value = randomValue(random);
    for (const { name, run: transform, brings } of ALL) {
      if (brings === undefined) continue;
      const before = new Set((value + brings).toLowerCase());
      for (const byte of transform(value).toLowerCase())
        assert(before.has(byte), `${name} of ${JSON.stringify(value)} brings ${JSON.stringify(byte)}`);
    }
  }
});

test('the bits of what a transformation would make are told without making it', () => {
  const random = seededRandom(4);
  let told = 0;
  for (let run = 0; run < RUNS; run++) {
    const value = pick(random, ['', 'YQ', 'PHNjcmlwdD4', 'c2VsZWN0IDE7']) + randomValue(random);
    // A bit for a few bytes each.
    const table = Int32Array.from({ length: 256 }, () => (random(8) === 0 ? 1 << random(32) : 0));
    for (const { name, run: transform, bitsAfter } of ALL) {
      if (bitsAfter === undefined) continue;
      const bits = bitsOf(transform(value), table);
      assert.equal(
        bits & ~bitsAfter(value, table, bitsOf(value, table)),
        0,
        `${name} of ${JSON.stringify(value)}`,
      );
      told += bits === 0 ? 0 : 1;
    }
  }
  assert(told > RUNS / 10, 'the comparison proves little');
});

test('words are kept by those that say so', () => {
  const random = seededRandom(5);
  let kept = 0;
  for (let run = 0; run < RUNS; run++) {
    const value = randomValue(random);
    for (const { name, run: transform, keepsWords } of ALL) {
      if (keepsWords === undefined) continue;
      const { unless, apart } = keepsWords;
      if (Array.from(unless).some((byte) => value.includes(byte))) continue;
      kept++;
      const folded = value.toLowerCase();
      const result = Array.from(transform(value).toLowerCase(), (byte) =>
        apart.includes(byte) ? ' ' : byte,
      );
      for (const word of result.join('').split(' '))
        assert(folded.includes(word), `${name} of ${JSON.stringify(value)} makes ${JSON.stringify(word)}`);
    }
  }
  assert(kept > RUNS / 10, 'the comparison proves little');
});

test('those that put spaces in the place of other bytes do nothing else, unless a byte that they name is there', () => {
  const random = seededRandom(6);
  let put = 0;
  for (let run = 0; run < RUNS; run++) {
    const value = pick(random, ['', '+', '+a']) + randomValue(random);
    for (const { name, run: transform, spacesUnless } of ALL) {
      if (spacesUnless === undefined || Array.from(spacesUnless).some((byte) => value.includes(byte)))
        continue;
      const result = transform(value);
      const spaced = Array.from(value, (byte, at) => (result[at] === ' ' ? ' ' : byte)).join('');
      assert.equal(result, spaced, `${name} of ${JSON.stringify(value)}`);
      if (result !== value) put++;
    }
  }
  assert(put > RUNS / 10, 'the comparison proves little');
});

test('those that say that there is nothing for them change nothing, with spaces in the place of other bytes neither', () => {
  const random = seededRandom(7);
  let unchanged = 0;
  let changed = 0;
  for (let run = 0; run < RUNS; run++) {
    const value = pick(random, ['&', '', 'a=1&b=']) + randomValue(random);
    for (const { name, run: transform, isIn, triggerBit } of ALL) {
      if (isIn === undefined) continue;
      const isThere = isIn(value);
      const hasChanged = transform(value) !== value;
      // A segment that begins with dots is looked at as if they were all of it.
      const isExact = !name.startsWith('normalise') && !name.startsWith('normalize');
      const what = `${name} of ${JSON.stringify(value)}`;
      if (isExact || hasChanged) assert.equal(isThere, hasChanged, what);
      if (hasChanged) changed++;
      if (isThere || (triggerBitsOf(value) & triggerBit) === 0) continue;
      unchanged++;
      const spaced = Array.from(value, (byte) => (random(4) === 0 ? ' ' : byte)).join('');
      assert.equal(transform(spaced), spaced, `${name} of ${JSON.stringify(spaced)}`);
    }
  }
  assert(changed > RUNS / 20 && unchanged > RUNS / 10, 'the comparison proves little');
});

function bitsOf(value: string, table: Int32Array): number {
  return Buffer.from(value, 'latin1').reduce((bits, byte) => bits | (table[byte] ?? 0), 0);
}

test('no two functions share a trigger bit, and every bit is one bit that its own class sets', () => {
  const owners = new Map<number, (value: string) => string>();
  for (const { name, run, triggerBit, mayChange } of ALL) {
    assert.equal(triggerBit === 0, mayChange === undefined, name);
    if (triggerBit === 0) continue;
    assert.equal(triggerBit & (triggerBit - 1), 0, name);
    assert.equal(owners.get(triggerBit) ?? run, run, name);
    owners.set(triggerBit, run);
    for (let byte = 0; byte < 256; byte++) {
      const isSet = (triggerBitsOf(String.fromCharCode(byte)) & triggerBit) !== 0;
      assert.equal(isSet, mayChange?.[byte] === 1, `${name}, byte ${byte}`);
    }
  }
  assert.equal(owners.size, 25);
});

/** The plainest way to say the same, for those that have one. They may be slow and allocate. */
const REFERENCES: Readonly<Record<string, (value: string) => string>> = {
  base64Encode: (value) => btoa(value),
  hexEncode: (value) =>
    Array.from(value, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join(''),
  length: (value) => `${Array.from(value).length}`,
  lowercase: (value) => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  uppercase: (value) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  md5: (value) => createHash('md5').update(Buffer.from(value, 'latin1')).digest().toString('latin1'),
  sha1: (value) => createHash('sha1').update(Buffer.from(value, 'latin1')).digest().toString('latin1'),
  removeNulls: (value) => value.split('\0').join(''),
  replaceNulls: (value) => value.split('\0').join(' '),
  removeWhitespace: (value) => value.replace(/[\t-\r \xa0\xc2]/g, ''),
  compressWhitespace: (value) => value.replace(/[\t-\r \xa0]+/g, ' '),
  trimLeft: (value) => value.replace(/^[\t-\r ]+/, ''),
  trimRight: (value) => /^((?:[^]*[^\t-\r ])?)[\t-\r ]*$/.exec(value)?.[1] ?? '',
  trim: (value) => /^[\t-\r ]*((?:[^]*[^\t-\r ])?)[\t-\r ]*$/.exec(value)?.[1] ?? '',
  urlDecode: (value) =>
    value.replace(/%([0-9a-f]{2})|\+/gi, (_, hex?: string) => (hex === undefined ? ' ' : byteOf(hex))),
  urlEncode: (value) =>
    value.replace(/[^A-Za-z0-9*]/g, (byte) =>
      byte === ' ' ? '+' : `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
    ),
  replaceComments: (value) => value.replace(/\/\*[^]*?(?:\*\/|$)/g, ' '),
  removeCommentsChar: (value) => value.replace(/<!--|-->|\/\*|\*\/|--|#/g, ''),
  sqlHexDecode: (value) =>
    value.replace(/0x((?:[0-9a-f]{2})+)/gi, (_, hex: string) => hex.replace(/../g, byteOf)),
  hexDecode: (value) => (/^(?:[0-9a-f]{2})*$/i.test(value) ? value.replace(/../g, byteOf) : ''),
  cmdLine: (value) =>
    value
      .replace(/[\\"'^]/g, '')
      .replace(/[ ,;\t\r\n]+/g, ' ')
      .replace(/ (?=[/(])/g, '')
      .replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  parityZero7bit: (value) =>
    Array.from(value, (byte) => String.fromCharCode(byte.charCodeAt(0) & 0x7f)).join(''),
  jsDecode: (value) =>
    value.replace(
      /\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([0-3][0-7]{2}|[0-7]{1,2})|([^]))/gi,
      (all, word?: string, hex?: string, octal?: string, letter?: string) => {
        // The letters u and x are told apart by case, which this expression does not.
        if (word !== undefined) return all.startsWith('\\u') ? lowByteOf(Number(`0x${word}`)) : all.slice(1);
        if (hex !== undefined) return all.startsWith('\\x') ? byteOf(hex) : all.slice(1);
        return octal !== undefined ? String.fromCharCode(parseInt(octal, 8)) : controlOf(letter ?? '');
      },
    ),
};

function byteOf(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

function lowByteOf(code: number): string {
  return String.fromCharCode((code >= 0xff01 && code <= 0xff5e ? code - 0xfee0 : code) & 0xff);
}

function controlOf(letter: string): string {
  const index = 'abtnvfr'.indexOf(letter);
  return index < 0 ? letter : String.fromCharCode(7 + index);
}

for (const [name, reference] of Object.entries(REFERENCES)) {
  test(`${name} agrees with a plain reference`, () => {
    const random = seededRandom(3);
    const { run: transform } = transformation(name);
    for (let run = 0; run < RUNS; run++) {
      const value = randomValue(random);
      if (value.length < 5000) assert.equal(transform(value), reference(value), JSON.stringify(value));
    }
  });
}

test('every transformation takes a value of 256 KiB made to hurt it, and its result is the same after another one', () => {
  // Quadratic time would take minutes here, which the runner's own deadline would end.
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
    '--',
    '../',
    ' ',
    ' a',
    '0x',
    '\xc3',
    '.',
  ]) {
    const value = unit.repeat(Math.ceil(262_144 / unit.length));
    for (const { name, run: transform } of ALL) {
      const result = transform(value);
      transform('%41\\x41&lt;'.repeat(3));
      assert.equal(result.length, transform(value).length, name);
    }
  }
});
