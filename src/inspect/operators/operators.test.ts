/** What the public vectors (test/conformance/secrules-vectors.test.ts) leave out: where matches are, and literals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldAscii } from '../match/phrase-automaton.ts';
import { ArgumentError, NO_FILES } from './operator.ts';
import type { Operator } from './operator.ts';
import { operatorNamed, OPERATOR_NAMES } from './table.ts';

function make(name: string, argument: string): Operator {
  const kind = operatorNamed(name);
  assert(kind !== undefined, name);
  return kind.make(argument, NO_FILES);
}

/** `found` is the matched text; undefined for no match. */
const ROWS: readonly (readonly [name: string, argument: string, value: string, found: string | undefined])[] =
  [
    ['contains', 'b', 'abc', 'b'],
    ['contains', 'B', 'abc', undefined],
    ['strmatch', 'bc', 'abc', 'bc'],
    ['containsWord', 'or', 'door or', 'or'],
    ['containsWord', 'or', 'or_', undefined],
    ['containsWord', 'or', 'doors', undefined],
    ['containsWord', 'aa', 'aaa aa', 'aa'],
    ['beginsWith', 'ab', 'abc', 'ab'],
    ['beginsWith', 'bc', 'abc', undefined],
    ['endsWith', 'bc', 'abc', 'bc'],
    ['endsWith', 'ab', 'abc', undefined],
    ['streq', 'abc', 'abc', 'abc'],
    ['streq', 'abc', 'ABC', undefined],
    ['within', 'GET,POST', 'GET', 'GET'],
    ['within', 'GET,POST', 'PUT', undefined],
    ['pm', 'foo bar', 'xBARx', 'BAR'],
    ['pm', 'foo |62 41|r', 'xbar', 'bar'],
    ['pm', 'a|20|b', 'a b', 'a b'],
    ['pm', 'foo bar', 'fobar'.slice(0, 4), undefined],
    ['pm', 'abcd bc', 'xabcx', 'bc'],
    ['rx', 'b+', 'abbc', 'bb'],
    ['rx', '^$', '', ''],
    ['rx', 'b', 'ac', undefined],
    ['eq', '5', ' 5x', ' 5x'],
    ['eq', '5', '6', undefined],
    ['gt', '10', '99999999999999999999', '99999999999999999999'],
    ['gt', '10', '-99999999999999999999', undefined],
    ['lt', '0', '-1', '-1'],
    ['ipMatch', '10.0.0.0/8,2001:db8::/32', '10.9.9.9', '10.9.9.9'],
    ['ipMatch', '10.0.0.0/8, 2001:db8::/32', '2001:db8:1::', '2001:db8:1::'],
    ['ipMatch', '10.0.0.0/8', '11.0.0.0', undefined],
    ['ipMatch', '10.0.0.0/8', 'x', undefined],
    ['validateByteRange', '32-126,9', 'a\tb', undefined],
    ['validateByteRange', '32-126', 'a\tb', 'a\tb'],
    ['validateUrlEncoding', '', 'a%4', 'a%4'],
    ['validateUtf8Encoding', '', '\xc0\xaf', '\xc0\xaf'],
    ['validateUtf8Encoding', '', '\xc3\xa9', undefined],
    ['unconditionalMatch', '', 'x', 'x'],
    ['noMatch', '', 'x', undefined],
  ];

for (const [name, argument, value, found] of ROWS) {
  test(`@${name} ${argument} ${found === undefined ? 'leaves' : 'finds'} ${JSON.stringify(value)}`, () => {
    const operator = make(name, argument);
    assert.equal(operator.test(value), found !== undefined);
    if (found === undefined) return;
    const { start, end } = operator.find(value);
    assert.equal(value.slice(start, end), found);
    const folded = foldAscii(value);
    const { literals } = operator;
    assert(literals === undefined || literals.some((literal) => folded.includes(foldAscii(literal))));
  });
}

const REFUSED: readonly (readonly [name: string, argument: string])[] = [
  ['pm', ''],
  ['pm', '   '],
  ['pm', 'a|zz|'],
  ['pm', 'a|41'],
  ['pm', '||'],
  ['pm', '|'],
  ['ipMatch', ''],
  ['ipMatch', '1.2.3'],
  ['ipMatch', '1.2.3.4/33'],
  ['ipMatch', '1.2.3.4/-1'],
  ['ipMatch', '1.2.3.4/8/8'],
  ['ipMatch', '::/129'],
  ['ipMatch', '10.0.0.1,,10.0.0.2'],
  ['validateByteRange', 'a'],
  ['validateByteRange', '1-256'],
  ['validateByteRange', '9-1'],
  ['validateByteRange', '1,,2'],
];

for (const [name, argument] of REFUSED) {
  test(`@${name} refuses ${JSON.stringify(argument)}`, () =>
    assert.throws(() => make(name, argument), ArgumentError));
}

test('operators are found in any case, others are not', () => {
  assert.equal(operatorNamed('BEGINSWITH')?.name, 'beginsWith');
  assert.equal(operatorNamed('constructor'), undefined);
  assert.equal(OPERATOR_NAMES.length, 20);
});
