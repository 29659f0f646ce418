/**
 * What could not be found out within its bound counts as a match, and does all that a match does: a rule of several links
 * adds its score and denies, also where only the beginning of its chain is known.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { USED_UP } from '../base/verdict.ts';
import { compileRules, makeInspector } from './build.ts';
import { formatMistake } from './mistake.ts';

/** Ids of the rules that hit, with what they tell, and what is done if that is not to continue. */
function outcome(rules: string, target: string, isFast: boolean): readonly string[] {
  const compiled = compileRules([{ name: 'r.conf', text: rules }], { exclude: [], isFast });
  assert(
    compiled.kind === 'ok',
    compiled.kind === 'bad' ? compiled.mistakes.map(formatMistake).join('\n') : '',
  );
  const transaction = makeInspector(compiled.plan, { mode: 'on' }).begin({
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: { count: 0, name: () => '', value: () => '' },
    clientAddress: '192.0.2.1',
  });
  const verdict = transaction.requestHead();
  const { do: done } =
    verdict.do === 'continue'
      ? transaction.requestBody({ bytes: Buffer.alloc(0), isPrefix: false })
      : verdict;
  transaction.end();
  const hits = transaction.hits.map(({ rule, data }) => (data === undefined ? rule : `${rule} ${data}`));
  return [...hits, ...(done === 'continue' ? [] : [done])];
}

const SCORE = "setvar:'tx.score=+5'";
const JUDGE = 'SecRule TX:SCORE "@ge 5" "id:9,phase:2,deny,status:403"';

/** A pattern, and a value that holds all that it asks for, on which it goes back until it gives up. */
const GIVES_UP = '^(?:(a+)+)+\\1b(?!cd)';
const ENDLESS = `${'a'.repeat(2_000)}bcd`;
/** Each search for the next match looks at all that follows. */
const DEAR = 'x.*?y|x|(?<name>evil)';

const members = (count: number, value: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}=${value}`).join('&');

const ROWS: readonly (readonly [what: string, rules: string, target: string, told: readonly string[]])[] = [
  [
    'as many values as are followed, and none of them bad',
    `SecRule ARGS "@rx ^(\\w+)=" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?${members(100, 'good%3d1')}`,
    [],
  ],
  [
    'an attack as the last value that is followed',
    `SecRule ARGS "@rx ^(\\w+)=" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?${members(99, 'good%3d1')}&z=evil%3d1`,
    ['1', '9', 'reply'],
  ],
  [
    'an attack behind more values than are followed',
    `SecRule ARGS "@rx ^(\\w+)=" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?${members(100, 'good%3d1')}&z=evil%3d1`,
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'the same where the last of three links scores',
    `SecRule ARGS "@rx ^(\\w+)=" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "chain"\nSecRule TX:1 "@rx v" "${SCORE}"\n${JUDGE}`,
    `/?${members(100, 'good%3d1')}&z=evil%3d1`,
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  ...(
    [
      ['POST', []],
      ['GET', [`1 ${USED_UP}`, '9', 'reply']],
    ] as const
  ).map(
    ([method, hits]) =>
      [
        `more values than are followed, where the second link is about a method that is ${method}`,
        `SecRule ARGS "@rx ^(\\w)" "id:1,phase:2,capture,chain,pass"\nSecRule REQUEST_METHOD "@streq ${method}" "chain"\nSecRule TX:1 "@streq e" "${SCORE}"\n${JUDGE}`,
        `/?${members(120, 'x')}`,
        hits,
      ] as const,
  ),
  [
    'the same where the last link is about something else',
    `SecRule ARGS "@rx ^(\\w)" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq e" "chain"\nSecRule REQUEST_METHOD "@streq POST" "${SCORE}"\n${JUDGE}`,
    `/?${members(120, 'x')}`,
    [],
  ],
  [
    'a first link that gives up, with a second one about what it captured',
    `SecRule ARGS "@rx ${GIVES_UP}" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?a=${ENDLESS}`,
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'a first link that gives up, with a second one about something else that does not hold',
    `SecRule ARGS "@rx ${GIVES_UP}" "id:1,phase:2,chain,pass"\nSecRule REQUEST_METHOD "@streq POST" "${SCORE}"\n${JUDGE}`,
    `/?a=${ENDLESS}`,
    [],
  ],
  [
    'a first link that gives up, with a second one about something else that holds',
    `SecRule ARGS "@rx ${GIVES_UP}" "id:1,phase:2,chain,pass"\nSecRule REQUEST_METHOD "@streq GET" "${SCORE}"\n${JUDGE}`,
    `/?a=${ENDLESS}`,
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'a negated first link that gives up',
    `SecRule ARGS "!@rx ${GIVES_UP}" "id:1,phase:2,capture,chain,pass"\nSecRule TX:0 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?a=${ENDLESS}`,
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'the last of a thousand matches of @rxGlobal',
    `SecRule ARGS "@rxGlobal (good|evil)" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?a=${'good'.repeat(999)}evil`,
    ['1', '9', 'reply'],
  ],
  [
    'a thousand matches of @rxGlobal whose last is harmless',
    `SecRule ARGS "@rxGlobal (good|evil)" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?a=${'good'.repeat(1_000)}`,
    [],
  ],
  [
    'a match of @rxGlobal behind those that used up its work',
    `SecRule ARGS "@rxGlobal ${DEAR}" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq evil" "${SCORE}"\n${JUDGE}`,
    `/?a=${'x'.repeat(20_000)}evil`,
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'one rule of @rxGlobal whose work is used up',
    `SecRule ARGS "@rxGlobal ${DEAR}" "id:1,phase:2,deny,status:403"`,
    `/?a=${'x'.repeat(20_000)}evil`,
    [`1 ${USED_UP}`, 'reply'],
  ],
  [
    'a rule that is not logged, which is told when it gives up',
    `SecRule REQUEST_URI "@rx ${GIVES_UP.replace('^', '')}" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=77"`,
    `/?a=${ENDLESS}`,
    [`1 ${USED_UP}`],
  ],
  [
    'a rule about TX that is not logged, which is told when it gives up',
    `SecRule ARGS "@rx ^a" "id:1,phase:2,pass,nolog,setvar:'tx.seen=%{matched_var}'"
     SecRule TX:SEEN "@rx ${GIVES_UP}" "id:2,phase:2,pass,nolog,${SCORE}"\n${JUDGE}`,
    `/?a=${ENDLESS}`,
    [`2 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'what a rule tells of itself, behind that it gave up',
    `SecRule ARGS "@rx ${GIVES_UP}" "id:1,phase:2,deny,logdata:'%{matched_var_name}'"`,
    `/?a=${ENDLESS}`,
    [`1 ${USED_UP}; ARGS:a`, 'deceive'],
  ],
  [
    'a pattern that cannot be made of what was sent',
    `SecRule ARGS:next "@rx ^https?://%{ARGS.host}/" "id:1,phase:2,deny"`,
    '/?host=a(&next=http://evil/',
    [`1 ${USED_UP}`, 'deceive'],
  ],
  [
    'the same turned around',
    `SecRule ARGS:next "!@rx ^https?://%{ARGS.host}/" "id:1,phase:2,deny"`,
    '/?host=a(&next=http://a/',
    [`1 ${USED_UP}`, 'deceive'],
  ],
  [
    'the same without a value to look at',
    `SecRule ARGS:next "!@rx ^https?://%{ARGS.host}/" "id:1,phase:2,deny"`,
    '/?host=a(',
    [],
  ],
  [
    'the same with a pattern that can be made',
    `SecRule ARGS:next "!@rx ^https?://%{ARGS.host}/" "id:1,phase:2,deny"`,
    '/?host=a&next=http://a/',
    [],
  ],
  [
    'a pattern that cannot be made of a setting',
    'SecAction "id:1,phase:1,pass,nolog,setvar:tx.x=("\nSecRule ARGS "@rx %{tx.x}" "id:2,phase:2,deny"',
    '/?a=b',
    [`2 ${USED_UP}`, 'deceive'],
  ],
  [
    'a pattern that cannot be made, with a second link about what it matched',
    `SecRule ARGS:next "@rx %{ARGS.host}" "id:1,phase:2,capture,chain,pass"\nSecRule TX:0 "@streq evil" "${SCORE}"\n${JUDGE}`,
    '/?host=a(&next=b',
    [`1 ${USED_UP}`, '9', 'reply'],
  ],
  [
    'a capture longer than a text with macros may be, compared with another',
    `SecRule ARGS "@rx ^or (\\w+)=(\\w+)" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq %{TX.2}" "${SCORE}"\n${JUDGE}`,
    `/?a=or ${'1'.repeat(9_000)}%3d${'1'.repeat(9_000)}`,
    ['1', '9', 'reply'],
  ],
  [
    'the same when they differ at the end',
    `SecRule ARGS "@rx ^or (\\w+)=(\\w+)" "id:1,phase:2,capture,chain,pass"\nSecRule TX:1 "@streq %{TX.2}" "${SCORE}"\n${JUDGE}`,
    `/?a=or ${'1'.repeat(9_000)}%3d${'1'.repeat(9_000)}2`,
    [],
  ],
  ...['@streq', '!@streq', '@within'].map(
    (operator) =>
      [
        `an argument of several parts that is too long, of ${operator}`,
        `SecRule ARGS:a "${operator} x%{ARGS.b}" "id:1,phase:2,chain,pass"\nSecRule REQUEST_METHOD "@streq GET" "${SCORE}"\n${JUDGE}`,
        `/?a=x&b=${'1'.repeat(9_000)}`,
        [`1 ${USED_UP}`, '9', 'reply'],
      ] as const,
  ),
  [
    'that what was set is cut can be asked by a rule behind',
    `SecRule ARGS:b "@rx ." "id:1,phase:2,pass,nolog,setvar:'tx.all=%{MATCHED_VAR};'"
     SecRule MSC_PCRE_LIMITS_EXCEEDED "@eq 1" "id:2,phase:2,deny,status:400"`,
    `/?b=${'1'.repeat(9_000)}`,
    ['2', 'reply'],
  ],
];

for (const isFast of [true, false]) {
  for (const [what, rules, target, told] of ROWS) {
    test(`${what}${isFast ? '' : ', plainly'}`, () => {
      assert.deepEqual(outcome(rules, target, isFast), told);
    });
  }
}

test('that the work was used up can be asked by a rule behind', () => {
  const asking = 'SecRule MSC_PCRE_LIMITS_EXCEEDED "@eq 1" "id:2,phase:2,deny,status:400"';
  for (const isFast of [true, false]) {
    for (const operator of [`@rx ${GIVES_UP}`, `@rxGlobal ${DEAR}`]) {
      const rules = `SecRule ARGS "${operator}" "id:1,phase:2,pass,nolog"\n${asking}`;
      const value = operator.startsWith('@rxGlobal') ? 'x'.repeat(20_000) : ENDLESS;
      assert.deepEqual(outcome(rules, `/?a=${value}`, isFast), [`1 ${USED_UP}`, '2', 'reply'], operator);
      assert.deepEqual(outcome(rules, '/?a=x', isFast), [], operator);
    }
  }
});
