/** What the public vectors (test/conformance/secrules) leave out: where matches are, captures, literals, mistakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldAscii } from '../match/phrase-automaton.ts';
import { readNumber } from './numbers.ts';
import { ArgumentError } from './operator.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { operatorNamed, OPERATOR_NAMES } from './table.ts';

const FILES: Readonly<Record<string, string>> = {
  'phrases.data': '# agents\n\n  # more\nsqlmap\r\nNik to\n x \n   \nlast',
  'other.data': 'zgrab',
  'empty.data': '# nothing\n\n',
  'networks.data': '# ours\n10.0.0.0/8\r\n\n2001:db8::/32,192.0.2.1\n',
  'bad.data': '10.0.0.0/8\nx\n',
};

function context(shared = new Map<string, Operator>()): OperatorContext {
  return {
    shared,
    readFile(name) {
      const text = FILES[name];
      if (text === undefined) throw new ArgumentError(`file "${name}" cannot be read`);
      return text;
    },
  };
}

function make(name: string, argument: string): Operator {
  const kind = operatorNamed(name);
  assert(kind !== undefined, name);
  return kind.make(argument, context());
}

function isExhausted(operator: Operator): boolean {
  return operator.wasExhausted?.() ?? false;
}

/** `found` is the matched text; undefined for no match. */
const ROWS: readonly (readonly [name: string, argument: string, value: string, found: string | undefined])[] =
  [
    ['contains', 'b', 'abc', 'b'],
    ['contains', 'B', 'abc', undefined],
    ['contains', '', '', ''],
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
    ['within', 'GET,POST', '', ''],
    ['pm', 'foo bar', 'xBARx', 'BAR'],
    ['pm', '"foo bar"', 'xBARx', 'BAR'],
    ['pm', 'foo |62 41|r', 'xbar', 'bar'],
    ['pm', 'foo |6241|r', 'xbar', 'bar'],
    ['pm', 'a|20|b', 'a b', 'a b'],
    ['pm', 'A|42|C|44|F', 'xabcdfx', 'abcdf'],
    ['pm', 'a\\:b', 'a:b', 'a:b'],
    ['pm', 'a\\\\b', 'a\\b', 'a\\b'],
    ['pm', 'a\\nb', 'a\\nb', 'a\\nb'],
    ['pm', 'a\\nb', 'a\nb', undefined],
    ['pm', 'x |zz| y', '|zz|', '|zz|'],
    ['pm', '| ; &', 'a|b', '|'],
    ['pm', 'foo bar', 'fobar'.slice(0, 4), undefined],
    ['pm', 'abcd bc', 'xabcx', 'bc'],
    ['pm', 'c abc', 'abc', 'abc'],
    ['pm', 'ab \xe9', 'x\xe9', '\xe9'],
    ['pm', '\xe9', '\xc9', undefined],
    ['pmFromFile', 'phrases.data', 'a SQLMAP b', 'SQLMAP'],
    ['pmFromFile', 'phrases.data', 'nik to', 'nik to'],
    ['pmFromFile', 'phrases.data', 'a x b', ' x '],
    ['pmFromFile', 'phrases.data', 'axb', undefined],
    ['pmFromFile', 'phrases.data', 'agents', undefined],
    ['pmf', 'phrases.data other.data', 'zgrab/1', 'zgrab'],
    ['rx', 'b+', 'abbc', 'bb'],
    ['rx', 'b', 'ac', undefined],
    ['eq', '5', ' 5x', ' 5x'],
    ['eq', '5', '6', undefined],
    ['eq', '', 'x', 'x'],
    ['ge', '5', '4', undefined],
    ['le', '5', '6', undefined],
    ['gt', '10', '99999999999999999999', '99999999999999999999'],
    ['gt', '10', '-99999999999999999999', undefined],
    ['lt', '0', '-1', '-1'],
    ['lt', '0', '-0', undefined],
    ['ipMatch', '10.0.0.0/8,2001:db8::/32', '10.9.9.9', '10.9.9.9'],
    ['ipMatch', '10.0.0.0/8, 2001:db8::/32', '2001:db8:1::', '2001:db8:1::'],
    ['ipMatch', '10.0.0.0/8', '11.0.0.0', undefined],
    ['ipMatch', '10.0.0.0/8', 'x', undefined],
    ['ipMatchFromFile', 'networks.data', '10.1.2.3', '10.1.2.3'],
    ['ipMatchF', 'networks.data', '192.0.2.1', '192.0.2.1'],
    ['ipMatchF', 'networks.data', '192.0.2.2', undefined],
    ['validateByteRange', '32-126,9', 'a\tb', undefined],
    ['validateByteRange', '32-126', 'a\tb', '\t'],
    ['validateByteRange', '32 - 126', 'a b', undefined],
    ['validateByteRange', '', '', undefined],
    ['validateByteRange', '', 'a', 'a'],
    ['validateUrlEncoding', '', 'a%4', '%4'],
    ['validateUrlEncoding', '', 'a%41%zzb', '%zz'],
    ['validateUrlEncoding', '', 'a%41', undefined],
    ['validateUtf8Encoding', '', 'a\xc0\xaf', '\xc0\xaf'],
    ['validateUtf8Encoding', '', '\xc3\xa9\xed\xa0\x80', '\xed\xa0\x80'],
    ['validateUtf8Encoding', '', '\xf4\x90\x80\x80', '\xf4\x90\x80\x80'],
    ['validateUtf8Encoding', '', '\xe2\x82', '\xe2\x82'],
    ['validateUtf8Encoding', '', '\xc3\xa9\xf0\x9f\x98\x80', undefined],
    ['verifyCC', '\\d{13,16}', 'x 4916545704601136 y', '4916545704601136'],
    ['verifyCC', '\\d{13,16}', '1124916545704601136', '4916545704601136'],
    ['verifyCC', '\\d{13,16}', '4916545704601137', undefined],
    ['verifyCC', '[\\d-]{13,}', '4916-5457-0460-1136', '4916-5457-0460-1136'],
    ['verifyCPF', '\\d{11}', 'a 01081751460', '01081751460'],
    ['verifyCPF', '\\d{11}', '01081751461', undefined],
    ['verifyCPF', '\\d{11}', '11111111111', undefined],
    ['verifySSN', '\\d{9}', 'n 574578065.', '574578065'],
    ['verifySSN', '\\d{9}', '666578065', undefined],
    ['verifySSN', '\\d{9}', '574008065', undefined],
    ['verifySSN', '\\d{9}', '123456789', undefined],
    ['verifySVNR', '\\d{10}', '1237010180', '1237010180'],
    ['verifySVNR', '\\d{10}', '1236010180', undefined],
    ['verifySVNR', '\\d{10}', '1234567890', undefined],
    ['validateNid', 'cl [\\d.]+-[\\dk]', 'rut 11.111.111-1', '11.111.111-1'],
    ['validateNid', 'cl ^[\\d.]+-[\\dk]', '11.111.111-2', undefined],
    ['validateNid', 'us \\d{9}', '000578065', undefined],
    ['unconditionalMatch', '', 'x', 'x'],
    ['noMatch', '', 'x', undefined],
  ];

for (const [name, argument, value, found] of ROWS) {
  test(`@${name} ${argument} ${found === undefined ? 'leaves' : 'finds'} ${JSON.stringify(value)}`, () => {
    const operator = make(name, argument);
    assert.equal(operator.test(value), found !== undefined);
    assert.equal(isExhausted(operator), false);
    if (found === undefined) return;
    const { start, end } = operator.find(value);
    assert.equal(value.slice(start, end), found);
    if (operator.captures !== undefined) assert.equal(operator.captures(value)[0], found);
    const folded = foldAscii(value);
    const { literals } = operator;
    assert(literals === undefined || literals.some((literal) => folded.includes(foldAscii(literal))));
  });
}

const REFUSED: readonly (readonly [name: string, argument: string])[] = [
  ['pm', ''],
  ['pm', '   '],
  ['pm', 'a|4|'],
  ['pm', 'a|41'],
  ['pm', '||'],
  ['pm', '|'],
  ['pmFromFile', ''],
  ['pmFromFile', 'absent.data'],
  ['pmFromFile', 'empty.data'],
  ['pmFromFile', 'phrases.data absent.data'],
  ['pmFromFile', 'https://example.com/list'],
  ['ipMatchFromFile', 'absent.data'],
  ['ipMatchFromFile', 'bad.data'],
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
  ['validateNid', ''],
  ['validateNid', 'us'],
  ['validateNid', 'de \\d+'],
];

for (const [name, argument] of REFUSED) {
  test(`@${name} refuses ${JSON.stringify(argument)}`, () =>
    assert.throws(() => make(name, argument), ArgumentError));
}

const NUMBERS: readonly (readonly [text: string, number: number])[] = [
  ['12', 12],
  ['+12', 12],
  ['-12', -12],
  [' \t\n\v\f\r12 13', 12],
  ['007', 7],
  ['12.9', 12],
  ['1e3', 1],
  ['0x10', 0],
  ['', 0],
  ['-', 0],
  ['- 1', 0],
  ['+-1', 0],
  ['x1', 0],
  ['\xa012', 0],
  ['9007199254740991', 9007199254740991],
  ['9'.repeat(400), 2 ** 63],
  [`-${'9'.repeat(400)}`, -(2 ** 63)],
];

for (const [text, number] of NUMBERS) {
  test(`${JSON.stringify(text.slice(0, 20))} is read as ${number}`, () =>
    assert.equal(readNumber(text), number));
}

test('a candidate that is looked at too often counts as a match, and says so', () => {
  const operator = make('verifySSN', '\\d+');
  const digits = '1'.repeat(9000);
  assert.equal(operator.test(digits), true);
  assert.equal(isExhausted(operator), true);
  assert.deepEqual(operator.captures?.(digits), []);
  assert.equal(operator.test('12'), false);
  assert.equal(isExhausted(operator), false);
});

test('operators of the same file are one, of other files and other kinds are not', () => {
  const shared = new Map<string, Operator>();
  const kind = operatorNamed('pmFromFile');
  assert(kind !== undefined);
  const operator = kind.make('phrases.data', context(shared));
  assert.equal(kind.make(' phrases.data ', context(shared)), operator);
  assert.notEqual(kind.make('other.data', context(shared)), operator);
  assert.notEqual(kind.make('phrases.data', context()), operator);
  assert.equal(shared.size, 2);
});

test('operators are found in any case, others are not', () => {
  assert.equal(operatorNamed('BEGINSWITH')?.name, 'beginsWith');
  assert.equal(operatorNamed('constructor'), undefined);
});

test('macros are for operators whose argument is text, a number or a pattern', () => {
  const withMacros = OPERATOR_NAMES.filter((name) => operatorNamed(name)?.takesMacros === true);
  for (const name of ['beginsWith', 'eq', 'rx', 'streq', 'within']) assert(withMacros.includes(name), name);
  for (const name of ['pm', 'pmFromFile', 'ipMatch', 'validateByteRange'])
    assert(!withMacros.includes(name), name);
});

test('a number is not looked for without end where each candidate needs a look at all that follows', () => {
  const operator = make('verifyCC', 'x.*?y|x');
  assert.equal(operator.test('x'.repeat(20_000)), true);
  assert.equal(isExhausted(operator), true);
  assert.equal(operator.test('x'.repeat(100)), false);
  assert.equal(isExhausted(operator), false);
});
