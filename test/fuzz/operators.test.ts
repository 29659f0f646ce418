/** Whatever bytes a value has: operators end, agree with plain references, and keep the promises of their contract. */
import assert from 'node:assert/strict';
import { Buffer, isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import { foldAscii } from '../../src/inspect/match/phrase-automaton.ts';
import { ArgumentError, NO_FILES } from '../../src/inspect/operators/operator.ts';
import type { Extent, Operator } from '../../src/inspect/operators/operator.ts';
import { makePhraseTables, PhraseSet } from '../../src/inspect/operators/phrase-set.ts';
import { phraseOperator } from '../../src/inspect/operators/pm.ts';
import { operatorNamed, OPERATOR_NAMES } from '../../src/inspect/operators/table.ts';
import { PatternError } from '../../src/inspect/rx/syntax.ts';
import { pick } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { seededRandom } from '../support/random.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300) * 5;

const TOKENS: readonly string[] = [
  ...[
    'a',
    'b',
    'ab',
    'ba',
    'A',
    'aB',
    '\xe9',
    '\xc9',
    'or',
    ' ',
    '_',
    '-',
    '.',
    '/',
    '|',
    '"',
    '\\',
    ':',
    ',',
  ],
  ...[
    '0',
    '1',
    '9',
    '10',
    '-1',
    '+',
    '255',
    '256',
    '10.0.0.1',
    '10.0.0.0/8',
    '::',
    '::1/128',
    '2001:db8::',
    '32-126',
  ],
  ...[
    '%',
    '%4',
    '%41',
    '%zz',
    '\xc3\xa9',
    '\xc0\xaf',
    '\xed\xa0\x80',
    '\xf0\x9f\x98\x80',
    '\xf4\x90',
    '\x80',
    '\0',
    '\n',
  ],
  ...[
    '4916545704601136',
    '574578065',
    '01081751460',
    '1237010180',
    'us ',
    'cl ',
    '\\d+',
    '[0-9]{9}',
    '(',
    '*',
    '|41|',
  ],
];

function randomText(random: Random, countMax: number): string {
  let text = '';
  for (let count = random(countMax + 1); count > 0; count--) text += pick(random, TOKENS);
  return text;
}

/** Undefined when the argument cannot be used, and that is said in the way it should be. */
function tryMake(name: string, argument: string): Operator | undefined {
  try {
    return operatorNamed(name)?.make(argument, NO_FILES);
  } catch (error) {
    if (error instanceof ArgumentError || error instanceof PatternError) return undefined;
    throw error;
  }
}

test('every operator is made or refused, and keeps the promises of its contract', () => {
  const random = seededRandom(1);
  const names = OPERATOR_NAMES.filter((name) => !/FromFile$|^pmf$|^ipMatchF$/.test(name));
  let matches = 0;
  for (let run = 0; run < RUNS; run++) {
    const name = pick(random, names);
    const operator = tryMake(name, randomText(random, 4));
    if (operator === undefined) continue;
    for (let count = 0; count < 5; count++) {
      const value = randomText(random, 6);
      if (!operator.test(value)) continue;
      matches++;
      const extent: Extent = operator.find(value);
      assert(extent.start >= 0 && extent.start <= extent.end && extent.end <= value.length, name);
      const captures: readonly string[] = operator.captures?.(value) ?? [];
      assert(captures.length <= 10, name);
      if (operator.literals === undefined) continue;
      const folded = foldAscii(value);
      assert(
        operator.literals.some((literal) => folded.includes(foldAscii(literal))),
        `${name}: literals`,
      );
    }
  }
  assert(matches > RUNS / 10, `only ${matches} matches prove little`);
});

/** The plainest way to say the same. `argument` is given to both. */
const REFERENCES: Readonly<Record<string, (argument: string, value: string) => boolean>> = {
  beginsWith: (argument, value) => value.slice(0, argument.length) === argument,
  contains: (argument, value) => value.split(argument).length > 1 || argument === '',
  containsWord: (argument, value) =>
    Array.from({ length: value.length + 1 }, (_, at) => at).some(
      (at) =>
        value.slice(at, at + argument.length) === argument &&
        !/\w/.test(value.slice(at - 1, at)) &&
        !/\w/.test(value.charAt(at + argument.length)),
    ) || argument === '',
  endsWith: (argument, value) => argument === '' || value.slice(-argument.length) === argument,
  streq: (argument, value) => value === argument,
  within: (argument, value) => argument.includes(value),
  eq: (argument, value) => asNumber(value) === asNumber(argument),
  gt: (argument, value) => asNumber(value) > asNumber(argument),
  le: (argument, value) => asNumber(value) <= asNumber(argument),
  validateUrlEncoding: (_, value) => /%(?![0-9a-fA-F]{2})/.test(value),
  validateUtf8Encoding: (_, value) => !isUtf8(Buffer.from(value, 'latin1')),
};

function asNumber(text: string): bigint {
  return BigInt(/^[\t-\r ]*[+-]?[0-9]+/.exec(text)?.[0].trim().replace('+', '') ?? 0);
}

for (const [name, reference] of Object.entries(REFERENCES)) {
  test(`@${name} agrees with a plain reference`, () => {
    const random = seededRandom(2);
    for (let run = 0; run < RUNS; run++) {
      const argument = randomText(random, 2);
      const value =
        random(4) === 0 ? randomText(random, 2) + argument + randomText(random, 2) : randomText(random, 4);
      const operator = tryMake(name, argument);
      assert(operator !== undefined);
      assert.equal(operator.test(value), reference(argument, value), JSON.stringify([argument, value]));
    }
  });
}

test('a set of phrases finds the first end of any of them, and the longest phrase there', () => {
  const random = seededRandom(3);
  const letters = ['a', 'A', 'b', 'B', 'c', '\xe9', '\xc9', '0'];
  const text = (countMax: number): string =>
    Array.from({ length: 1 + random(countMax) }, () => pick(random, letters)).join('');
  for (let run = 0; run < RUNS; run++) {
    const phrases = Array.from({ length: 1 + random(12) }, () => text(random(4) === 0 ? 12 : 4));
    const set = new PhraseSet(makePhraseTables(phrases));
    for (let count = 0; count < 5; count++) {
      const value = text(30);
      const folded = foldAscii(value);
      const found = phrases.flatMap((phrase) => {
        const at = folded.indexOf(foldAscii(phrase));
        return at < 0 ? [] : [at + phrase.length];
      });
      const end = found.length === 0 ? -1 : Math.min(...found);
      assert.equal(set.endOf(value), end, JSON.stringify([phrases, value]));
      if (end < 0) continue;
      const longest = phrases.filter((phrase) => folded.slice(0, end).endsWith(foldAscii(phrase)));
      assert.equal(set.lengthAt(value, end), Math.max(...longest.map((phrase) => phrase.length)));
    }
  }
});

test('thousands of phrases and 256 KiB made to hurt them take linear time', () => {
  // Quadratic time would take minutes here, which the runner's own deadline would end.
  const phrases = Array.from({ length: 4000 }, (_, index) => `${'a'.repeat(index % 200)}b${index}`);
  const operator = phraseOperator(phrases);
  const value = `${'a'.repeat(199)}c`.repeat(1300);
  assert.equal(operator.test(value), false);
  assert.equal(operator.test(`${value}b200`), true);
  // Phrase 0 is "b0", phrase 200 "b200".
  assert.deepEqual(operator.captures?.(`${value}B200`), ['B200']);
});

test('every operator takes a value of 64 KiB', () => {
  const argumentOf: Readonly<Record<string, string>> = {
    ipMatch: '10.0.0.0/8',
    pm: 'a b',
    validateNid: 'us \\d+',
  };
  for (const name of OPERATOR_NAMES) {
    const operator = tryMake(name, argumentOf[name] ?? '1');
    for (const unit of ['1', 'a', '%', '\xc3', ' ']) {
      const value = unit.repeat(65_536);
      if (operator?.test(value) === true) operator.find(value);
    }
  }
});
