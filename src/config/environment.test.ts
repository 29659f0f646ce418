import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandEnvironment } from './environment.ts';

const ENVIRONMENT = { A: 'one', B: '', C: '${A}', D: '$${A}', UNSET: undefined, _x9: 'under' };

const GOOD: readonly (readonly [string, string])[] = [
  ['', ''],
  ['plain $A $ {A} $$', 'plain $A $ {A} $$'],
  ['${A}', 'one'],
  ['x${A}y${A}', 'xoneyone'],
  ['${B}', ''],
  ['${_x9}', 'under'],
  ['${A:-two}', 'one'],
  ['${B:-two}', 'two'],
  ['${UNSET:-two}', 'two'],
  ['${NOPE:-}', ''],
  ['${NOPE:-a:-b}', 'a:-b'],
  ['${NOPE:-$A}', '$A'],
  ['${C}', '${A}'],
  ['${D}', '$${A}'],
  ['$${A}', '${A}'],
  ['$$${A}', '$${A}'],
  ['$${A', '${A'],
];

const BAD: readonly string[] = [
  ...[
    '${',
    '${A',
    '${}',
    '${ A}',
    '${A }',
    '${1}',
    '${A-b}',
    '${A:b}',
    '${A:=b}',
    '${A?}',
    '${:-x}',
    '${é}',
    '${A\n}',
  ],
  ...[
    '${NOPE}',
    '${UNSET}',
    '${toString}',
    '${__proto__}',
    '${A}${NOPE}',
    `\${${'A'.repeat(129)}}`,
    '${${A}}',
  ],
];

test('expandEnvironment puts variables and defaults in', () => {
  for (const [text, expected] of GOOD) {
    assert.deepEqual(expandEnvironment(text, ENVIRONMENT), { kind: 'ok', text: expected }, text);
  }
});

test('expandEnvironment refuses what is not set and what is not well-formed', () => {
  for (const text of BAD) assert.equal(expandEnvironment(text, ENVIRONMENT).kind, 'bad', text);
});

test('expandEnvironment is linear: a text of nothing but beginnings takes no time', () => {
  const text = '${'.repeat(200_000);
  assert.equal(expandEnvironment(text, ENVIRONMENT).kind, 'bad');
});
