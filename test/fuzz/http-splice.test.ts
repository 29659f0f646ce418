/**
 * Fuzz targets: lists of header fields, and what is left of them. FUZZ_RUNS sets the number of runs each.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  HAS_NAMES,
  IS_BAD,
  namedForRemoval,
  readConnectionOptions,
} from '../../src/http/connection-options.ts';
import { FieldSection, READ_BAD, READ_NEED, READ_OK } from '../../src/http/field-section.ts';
import { KNOWN_NAMES } from '../../src/http/known-headers.ts';
import { headerSet, spliceFields } from '../../src/http/splice.ts';
import type { Removal } from '../../src/http/splice.ts';
import { mutate, pick, randomCuts, runFlat } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { FRAGMENTS } from '../support/http-seeds.ts';
import { splitFields } from '../support/naive-http.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 8000);
const COUNT_MAX = 12;

const SECTION = /^((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n/;
const SEEDS = ['\r\n', 'A: b\r\n\r\n', 'Host: a\r\nX-A:\t b \r\nx_a: c\r\nCookie:d\r\nCookie: e\r\n\r\n'];

test('field sections: pieces make no difference, and all is as one expression reads it', () => {
  const random = seededRandom(fuzzSeed);
  const fields = new FieldSection(COUNT_MAX);
  runFlat(runs, () => {
    const text = mutate(random, SEEDS, FRAGMENTS);
    const whole = read(fields, text, []);
    assert.deepEqual(read(fields, text, randomCuts(random, text.length)), whole, JSON.stringify(text));
    if (whole === 'too-many-headers') return;
    const match = SECTION.exec(text);
    if (match === null) assert.equal(typeof whole, 'string', JSON.stringify(text));
    else assert.deepEqual(whole, splitFields(match[1] ?? ''), JSON.stringify(text));
  });
});

test('splicing leaves the lines that a filter of the lines leaves, and these can be read again', () => {
  const random = seededRandom(fuzzSeed + 1);
  const fields = new FieldSection(COUNT_MAX);
  runFlat(runs, () => {
    const lines = Array.from({ length: random(COUNT_MAX) }, () => randomLine(random));
    const start = pick(random, ['', 'GET / HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n']);
    const text = `${start}${lines.join('')}\r\n`;
    readFrom(fields, text, start.length);
    const removal = randomRemoval(random);
    const expected = lines.filter((line) => stays(line.slice(0, line.indexOf(':')), removal));
    const isWithStart = random(2) === 0;
    const left = spliceFields(text, isWithStart ? 0 : start.length, fields, removal);
    assert.equal(
      left,
      `${isWithStart ? start : ''}${expected.join('')}`,
      JSON.stringify([text, [...removal.known]]),
    );
    const again = read(fields, `${expected.join('')}\r\n`, []);
    assert.deepEqual(again, splitFields(expected.join('')));
  });
});

test('what Connection names is what a filter of its items gives, and never what must stay', () => {
  const random = seededRandom(fuzzSeed + 2);
  const fields = new FieldSection(COUNT_MAX);
  runFlat(runs, () => {
    const values = Array.from({ length: 1 + random(2) }, () => randomConnection(random));
    const text = `X: y\r\n${values.map((value) => `connection:${value}\r\n`).join('')}\r\n`;
    readFrom(fields, text, 0);
    const bits = readConnectionOptions(fields, Buffer.from(text, 'latin1'), 0);
    const items = values
      .flatMap((value) => value.split(','))
      .map((item) => item.replace(/^[ \t]+|[ \t]+$/g, ''));
    const isGood = items.every((item) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/.test(item));
    assert.equal((bits & IS_BAD) === 0, isGood, JSON.stringify(text));
    if (!isGood) return;
    const names = namedForRemoval(fields, text);
    const options = new Set(['', 'close', 'keep-alive', 'upgrade']);
    const others = items.map((item) => item.toLowerCase()).filter((item) => !options.has(item));
    assert.equal((bits & HAS_NAMES) !== 0, others.length > 0, JSON.stringify(text));
    for (const name of ['host', 'cookie', 'content-length', 'x-forwarded-for']) assert.ok(!names.has(name));
    for (const name of others) if (!KNOWN_NAMES.includes(name)) assert.ok(names.has(name), name);
  });
});

/** Names and values, or the refusal, or `need`. */
function read(fields: FieldSection, text: string, cuts: readonly number[]): [string, string][] | string {
  fields.restart(0);
  for (const [index, cut] of [...cuts, text.length].entries()) {
    const base = index % 3;
    const bytes = Buffer.from(`${':'.repeat(base)}${text.slice(0, cut)}\r\n\r\n`, 'latin1');
    const state = fields.read(bytes, base, base + cut);
    if (state === READ_BAD) return fields.refusal;
    if (state === READ_OK) return pairsOf(fields, text);
    assert.equal(state, READ_NEED);
    assert.equal(fields.position, cut);
  }
  return 'need';
}

function pairsOf(fields: FieldSection, text: string): [string, string][] {
  return Array.from({ length: fields.count }, (_, index) => [
    text.slice(fields.nameStart(index), fields.nameEnd(index)),
    text.slice(fields.valueStart(index), fields.valueEnd(index)),
  ]);
}

function readFrom(fields: FieldSection, text: string, start: number): void {
  const bytes = Buffer.from(text, 'latin1');
  fields.restart(start);
  assert.equal(fields.read(bytes, 0, bytes.length), READ_OK, JSON.stringify(text));
}

/** A name: known, a look-alike of a known one, or another; in any case. */
function randomName(random: Random): string {
  const known = KNOWN_NAMES[1 + random(KNOWN_NAMES.length - 1)] ?? '';
  const name = pick(random, [
    known,
    known.replaceAll('-', pick(random, ['_', '.', '!', '--'])),
    'x-a',
    'x_a',
    'y',
    '_',
  ]);
  return random(3) === 0 ? name.toUpperCase() : name;
}

function randomLine(random: Random): string {
  return `${randomName(random)}:${pick(random, ['', ' ', ' a', '\tb \t', ': x_y.z', '\xff'])}\r\n`;
}

function randomRemoval(random: Random): Removal {
  const ids = (): number[] => Array.from({ length: random(6) }, () => 1 + random(KNOWN_NAMES.length - 1));
  const names = new Set(Array.from({ length: random(3) }, () => randomName(random).toLowerCase()));
  return {
    known: headerSet(...ids()),
    names: random(2) === 0 ? undefined : names,
    aliases: random(2) === 0 ? undefined : headerSet(...ids(), ...ids()),
  };
}

function stays(name: string, removal: Removal): boolean {
  const lower = name.toLowerCase();
  if (removal.names?.has(lower) === true) return false;
  const id = KNOWN_NAMES.indexOf(lower);
  if (id > 0) return removal.known[id] === 0;
  const taken = KNOWN_NAMES.indexOf(lower.replace(/[^a-z0-9-]/g, '-'));
  return taken < 1 || removal.aliases === undefined || removal.aliases[taken] === 0;
}

function randomConnection(random: Random): string {
  const items = [
    '',
    ' ',
    'close',
    'Keep-Alive',
    'upgrade',
    'x-a',
    'x_b',
    'Host',
    'cookie',
    'X-Forwarded-For',
    'TE',
  ];
  const bad = ['a b', '"a"', 'a;b', '\xe9'];
  const count = 1 + random(4);
  const list = Array.from({ length: count }, () =>
    random(12) === 0 ? pick(random, bad) : pick(random, items),
  );
  return list.map((item) => `${pick(random, ['', ' ', '\t'])}${item}${pick(random, ['', ' '])}`).join(',');
}
