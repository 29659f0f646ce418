import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { makeAutomaton } from '../../../tools/sql-automaton.ts';
import { GRAMMAR, LETTERS, NAMED } from '../../../tools/sql-grammar.ts';
import { detectSqli, sqlReadings } from './sqli.ts';

/** Values, and what their bare reading folds to. */
const BARE: readonly (readonly [value: string, folded: string, why: string])[] = [
  ['', '', 'nothing'],
  ['one', 'n', 'a word'],
  ['one two three', 'n', 'words in a row are one name'],
  ['- + 5', '1', 'signs go'],
  ['1-2*3/4 % 5', '1', 'arithmetic is its value'],
  ['((1))', '1', 'brackets that group go'],
  ['1))', '1p', 'brackets that close what is not open are one break'],
  ['24-7-team', 'n', 'arithmetic with a name is a name'],
  ['2nd 70s 1.2.3.4', 'n', 'names that begin with a digit'],
  ['1union', '1U', 'a keyword right behind a number'],
  ['1e5union', '1U', 'the same behind an exponent'],
  ['1dunion', '1U', `the same behind Oracle's mark`],
  ['0x1f 0b1 1e3 .5 1.', '11111', 'numbers'],
  ['0xzz', 'n', 'no number'],
  [`'it''s'`, 's', 'a doubled quote within a string'],
  [`'open`, 'S', 'a string without an end'],
  [`N'a' x'1f' u&'b' $$c$$ $d$e$d$`, 'sssss', 'marked strings'],
  ['`a` [b]', 'n', 'quoted names'],
  ['@a @@b.c @`d`', 'vvv', 'variables'],
  ['me@example.com', 'n', 'mail addresses are no variables'],
  ['a.b.c', 'n', 'names with dots'],
  ['master..xp_cmdshell xp_dirtree', 'vv', 'procedures'],
  ['sleep(5)', 'f', 'a call'],
  ['sleep', 'n', 'no call'],
  ['left(a, 2)', 'g', 'a call of a function that is a word'],
  ['left (right (version()))', 'f', 'what a call holds shows'],
  ['version (2)', 'g', 'a word before a bracket'],
  ['foo(1, 2)', 'n', 'a function that nobody knows'],
  ['sleep((select 1))', 'hR1', 'a statement within a call stays'],
  ['a, b, c', 'n', 'lists of names are prose'],
  ['1, 2', '1,1', 'lists of values are not'],
  ['select 1, 2, a from b', 'E1Fn', 'within a statement lists are columns'],
  ['select * from b', 'EgFn', 'a star is all columns'],
  ['order by 1', 'B1', 'two words, one clause'],
  ['order now', 'n', 'half of it is a word'],
  ['not like', 'n', 'operators without a left side are words'],
  ['1 not like 2', '1i1', 'NOT changes nothing about LIKE'],
  ['1 is not null', '1i0', 'IS NOT is one operator'],
  ['in a box', 'n', 'IN without a bracket is a word'],
  ['1 in (2, 3)', '1i1,1', 'IN with one is an operator'],
  ['1 union all distinct select', '1UE', 'ALL goes'],
  ['drop table x', 'Pn', 'a whole head of a statement'],
  ['1 collate utf8 = 2', '1=1', 'collations go'],
  ['1::int = 2', '1=1', 'casts go'],
  ['1/**/or/*x*/2', '1&1', 'comments are white space'],
  ['1/*!50000or*/2', '1&1', 'MySQL runs these comments'],
  ['1/* open', '1c', 'a comment that hides the rest'],
  ['1-- x\nor 2', '1&1', 'a comment up to the end of the line'],
  ['1 #x', '1xn', 'no comment but in MySQL'],
  ['\\N', '0', 'NULL'],
  ['a \0\t\xa0 or b', 'n&n', 'white space'],
  ['é or b', 'n&n', 'bytes above ASCII are letters'],
];

test('values fold to their fingerprints', () => {
  for (const [value, folded, why] of BARE) assert.equal(sqlReadings(value)[0], folded, `${value}: ${why}`);
});

test('behind a quote the value begins with what the quote closes', () => {
  assert.deepEqual(sqlReadings(`a' or 'b`), ['nsn', 'q&S', 'nsn', 'q&S']);
  assert.deepEqual(sqlReadings(`a" or "b`), ['ndn', 'Q&D', 'ndn', 'Q&D']);
});

test('MySQL escapes quotes, others do not', () => {
  const [, ansi, , mysql] = sqlReadings(`\\' or 1=1 -- '`);
  assert.equal(ansi, 'q&1=1c');
  assert.equal(mysql, 'q');
  assert.notEqual(detectSqli(`\\' or 1=1 -- `), undefined);
});

test('every rule of the grammar finds its example by itself', () => {
  for (const [pattern, example] of GRAMMAR) {
    const { rows } = makeAutomaton([pattern], LETTERS, NAMED);
    const isFound = sqlReadings(example).some((reading) => accepts(rows, reading));
    assert(isFound, `${pattern} does not find ${example}: ${sqlReadings(example).join(' ')}`);
    assert.notEqual(detectSqli(example), undefined, example);
  }
});

test('the table is the one that the grammar and the words make', () => {
  execFileSync(process.execPath, ['tools/sql-fingerprints.ts', '--check'], { stdio: 'pipe' });
});

const ATTACKS: readonly string[] = [
  ...[`admin'--`, `admin'-- -`, `admin'#`, `admin'/*`, `' or 1=1#`, `') or true--`, `'=''or'`, `'or(1)=1--`],
  ...[`1 and 1=1`, `1 or 1 is not null`, `id=1 and 1=1`, `1 OR 3*2<(0+5+513-513) --`, `1) AND 8=8 AND (3=3`],
  ...[`1\x0bunion\x0bselect`, `1\xa0union\xa0select 1`, `1/*!50000union*//*!50000select*/1`],
  ...[`1 rlike sleep(5)`, `1 AND ELT(1=1,SLEEP(5))`, `1' and sleep(5) and '1`, `if(1=1,sleep(5),0)`],
  ...[`1;waitfor delay '0:0:5'`, `'; DROP TABLE members; --`, `1;delete from users`, `'; shutdown --`],
  ...[`'+(select 1)+'`, `1,(select 1)`, `' or exists(select 1) --`, `1 in (select 1)`, `select * from users`],
  ...[`' union all select @@version--`, `' having 1=1--`, `1 procedure analyse()`, `' or username like '%`],
];

const HARMLESS: readonly string[] = [
  ...[`O'Brien and Sons`, `D'Angelo or Smith`, `it's 5 or 6`, `rock 'n' roll`, `'tis the season`, `'quoted'`],
  ...[
    `he said 'yes' and 'no'`,
    `either 'a' or 'b'`,
    `5' 10" tall`,
    `6' or 7'`,
    `3' x 5' rug`,
    `27" -- the big one`,
  ],
  ...[`'90s and '80s music`, `'80s or '90s`, `Smith's, Jones' and Brown's`, `who's who & what's what`],
  ...[
    '1 or more',
    '1 and 2',
    'price > 5 and price < 10',
    'a=1 and b=2',
    'x = 1 or y = 2',
    'id = 5',
    `name = 'x'`,
  ],
  ...['Order by phone', 'Group by 5', 'update me; delete this', 'drop table', 'create user', 'having 5 kids'],
  ...[
    'select one',
    'union jack',
    '5 case',
    'is null',
    'where is 5 from',
    '10 -- 20',
    '50% off -- today only',
  ],
  ...[
    'function f(a, b) { return a && b; }',
    '{"op":"and","v":1}',
    'if (a == b) { return 1; }',
    'q=1&r=2',
    'C#',
  ],
  ...[
    'http://a.b/c?d=1&e=2',
    '2024-01-01 12:00:00',
    '+1 (917) 666-0987',
    '*/*',
    '/* comment */',
    '--',
    '- - -',
  ],
  ...[
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36',
  ],
  ...['text/html,application/xml;q=0.9,*/*;q=0.8', 'a=b; __utmb=111.37.10.13; c=(direct)|d=(none)'],
];

test('attacks are found', () => {
  for (const value of ATTACKS) {
    assert.notEqual(detectSqli(value), undefined, `${value}: ${sqlReadings(value).join(' ')}`);
  }
});

test('harmless values are not', () => {
  for (const value of HARMLESS) assert.equal(detectSqli(value), undefined, value);
});

test('the fingerprint is as much of the folded value as says that it is an attack', () => {
  assert.equal(detectSqli(`1 union select 1,2,3 from t where a=1`), '1UE');
  assert.equal(detectSqli(`1' or '1'='1`), 'q&s=S');
});

test('prose may be as long as it wants', () => {
  assert.equal(detectSqli('The fox, it is quick; and the dog is not. '.repeat(2000)), undefined);
});

function accepts(rows: readonly (readonly number[])[], reading: string): boolean {
  let state = 2;
  for (const letter of Array.from(reading)) {
    state = rows[state]![LETTERS.indexOf(letter)]!;
    if (state <= 1) return state === 1;
  }
  return rows[state]![LETTERS.length] === 1;
}

test('of a long value the readings are those of its beginning and its quotes', () => {
  const prose = 'The word which we got on May '.repeat(40);
  const found = (value: string): boolean => detectSqli(value) !== undefined;
  assert.equal(found(prose), false);
  assert(found(`1' or 1=1 -- ${prose}`), 'a quote');
  assert(found(`1" or 1=1 -- ${prose}`), 'the other');
  assert(found(`1 or 1=1 # ${prose}`), 'a comment of MySQL');
  assert(found(`${'x'.repeat(100)}' or 1=1 -- ${'x'.repeat(1_000)}`), 'a break that comes late');
  assert.equal(found('x'.repeat(2_000)), false);
});
