import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMistake } from '../mistake.ts';
import { parseRules } from './parse.ts';

function mistakesOf(text: string): readonly string[] {
  return parseRules([{ name: 'a.conf', text }]).mistakes.map(formatMistake);
}

function parse(text: string): ReturnType<typeof parseRules>['rules'] {
  const parsed = parseRules([{ name: 'a.conf', text }]);
  assert.deepEqual(parsed.mistakes, []);
  return parsed.rules;
}

test('a rule is read with all its parts', () => {
  const [rule, ...others] = parse(
    [
      '# a comment',
      'SecRule ARGS|!ARGS:Note|&REQUEST_COOKIES|REQUEST_HEADERS:User-Agent "!@rx a\\"b" \\',
      "    \"id:7,phase:1,deny,status:405,severity:CRITICAL,msg:'one, two',logdata:x,tag:a,tag:'b c',nolog,multiMatch,\\",
      '    t:none,t:lowercase,t:urlDecode"',
    ].join('\n'),
  );
  assert.equal(others.length, 0);
  assert(rule !== undefined);
  const { links, ...plain } = rule;
  assert.deepEqual(plain, {
    id: '7',
    phase: 1,
    source: 'a.conf:2',
    message: 'one, two: x',
    severity: 2,
    tags: ['a', 'b c'],
    outcome: { do: 'reply', status: 405 },
    isLogged: false,
  });
  const [link] = links;
  assert(link !== undefined && links.length === 1);
  assert.deepEqual(
    link.targets.map(({ variable, selector, excluded, isCount }) => [
      variable.name,
      selector,
      excluded,
      isCount,
    ]),
    [
      ['ARGS', undefined, ['note'], false],
      ['REQUEST_COOKIES', undefined, [], true],
      ['REQUEST_HEADERS', 'user-agent', [], false],
    ],
  );
  assert.deepEqual(
    link.transformations.map(({ name }) => name),
    ['lowercase', 'urlDecode'],
  );
  assert.deepEqual([link.isNegated, link.isMultiMatch], [true, true]);
  assert.deepEqual([link.operator.test('a"b'), link.operator.test('a\\"b')], [true, false]);
});

const OUTCOMES: readonly (readonly [actions: string, outcome: object])[] = [
  ['id:1', { do: 'pass' }],
  ['id:1,pass', { do: 'pass' }],
  ['id:1,deny', { do: 'deceive' }],
  ['id:1,block', { do: 'deceive' }],
  ['id:1,DENY,status:403', { do: 'reply', status: 403 }],
  ['id:1,status:403,block', { do: 'reply', status: 403 }],
  ['id:1,drop', { do: 'drop' }],
];

for (const [actions, outcome] of OUTCOMES) {
  test(`the actions ${actions} do what they say`, () => {
    assert.deepEqual(parse(`SecRule ARGS "x" "${actions}"`)[0]?.outcome, outcome);
  });
}

/** Rules that must be read without a mistake. */
const VALID: readonly string[] = [
  '',
  '# only a comment',
  '# a comment that ends with a backslash \\\nSecRule ARGS x id:1',
  'SecRule ARGS x id:1',
  'secrule args x id:1',
  '  SecRule   ARGS\t"x"   "id:1"  ',
  'SecRule ARGS x id:1\r\nSecRule ARGS x id:2\r\n',
  'SecRule ARGS \\\r\n x \\\r\n id:1',
  "SecRule ARGS 'x y' 'id:1'",
  'SecRule "ARGS:\'a b\'" x id:1',
  "SecRule ARGS x \"id:'1',phase:'2'\"",
  'SecRule ARGS x "id:1,phase:request,severity:7"',
  "SecRule ARGS x \"id:1,msg:'it\\'s'\"",
  'SecRule ARGS "@streq %{" id:1',
  'SecRule ARGS "@rx a%{2}" id:1',
  'SecRule REQUEST_BODY x "id:1,phase:2"',
  'SecRule RESPONSE_STATUS "@ge 500" "id:1,phase:3"',
  'SecAction "id:1,phase:1,pass"',
  'SecRule ARGS x "id:1,chain"\nSecRule ARGS y "t:lowercase,chain"\nSecRule ARGS z',
  'SecRule ARGS "@pm a |62 63|" id:1',
  'SecRule ARGS "@within " id:1',
];

for (const text of VALID) {
  test(`no mistake in ${JSON.stringify(text)}`, () => assert.deepEqual(mistakesOf(text), []));
}

/** One mistake each, at its place. */
const INVALID: readonly (readonly [text: string, mistake: string])[] = [
  [
    'SecRul ARGS x id:1',
    '1:1: Cannot read directive "SecRul": it is not known, perhaps "SecRule" is meant [directive-unknown]',
  ],
  [
    'SecRuleEngine On',
    '1:1: Cannot run directive "SecRuleEngine": it is not supported [directive-unsupported]',
  ],
  ['SecMarker END', '1:1: Cannot run directive "SecMarker": it is not supported [directive-unsupported]'],
  ['Include x.conf', '1:1: Cannot run directive "Include": it is not supported [directive-unsupported]'],
  [
    'SecRule ARGS',
    '1:1: Cannot read SecRule: it needs two or three words: variables, operator, actions, and has 1 [directive-arguments]',
  ],
  [
    'SecRule ARGS x y z',
    '1:1: Cannot read SecRule: it needs two or three words: variables, operator, actions, and has 4 [directive-arguments]',
  ],
  [
    'SecAction',
    '1:1: Cannot read SecAction: it needs one word: its actions, and has 0 [directive-arguments]',
  ],
  [
    'SecRule ARGS "x id:1',
    '1:14: Cannot read directive: a quote is opened and not closed in its line [quote-open]',
  ],
  [
    'SecRule ARGS "x\ny" id:1\nSecRule ARGS x id:2',
    '1:14: Cannot read directive: a quote is opened and not closed in its line [quote-open]',
  ],
  [
    'SecRule ARG x id:1',
    '1:9: Cannot read variable "ARG": it is not known, perhaps "ARGS" is meant [variable-unknown]',
  ],
  ['SecRule "ARGS||QUERY_STRING" x id:1', '1:15: Cannot read variable "": it has no name [variable-unknown]'],
  ['SecRule TX:a x id:1', '1:9: Cannot run variable "TX": it is not supported [variable-unsupported]'],
  [
    'SecRule RESPONSE_BODY x id:1',
    '1:9: Cannot run variable "RESPONSE_BODY": it is not supported [variable-unsupported]',
  ],
  [
    'SecRule REQUEST_URI:a x id:1',
    '1:9: Cannot read variable "REQUEST_URI:a": REQUEST_URI has no members [variable-selector]',
  ],
  [
    'SecRule ARGS:/^a/ x id:1',
    '1:9: Cannot read variable "ARGS:/^a/": selecting members by a pattern is not supported [variable-selector]',
  ],
  [
    'SecRule ARGS: x id:1',
    '1:9: Cannot read variable "ARGS:": the name of the member is missing [variable-selector]',
  ],
  [
    'SecRule ARGS|!ARGS x id:1',
    '1:14: Cannot read variable "!ARGS": only a member can be left out [variable-selector]',
  ],
  [
    'SecRule !ARGS:a x id:1',
    '1:9: Cannot read variables "!ARGS:a": nothing is left to look at [variable-selector]',
  ],
  [
    'SecRule REQUEST_BODY x "id:1,phase:1"',
    '1:9: Cannot read variable "REQUEST_BODY": it is not known before phase 2, and the rule runs in phase 1 [variable-phase]',
  ],
  [
    'SecRule RESPONSE_STATUS x id:1',
    '1:9: Cannot read variable "RESPONSE_STATUS": it is not known before phase 3, and the rule runs in phase 2 [variable-phase]',
  ],
  ['SecRule ARGS "@foo x" id:1', '1:15: Cannot read operator "@foo": it is not known [operator-unknown]'],
  ['SecRule ARGS "@rx(x)" id:1', '1:15: Cannot read operator "@rx(x)": it is not known [operator-unknown]'],
  ['SecRule ARGS "@" id:1', '1:15: Cannot read operator "@": it is not known [operator-unknown]'],
  [
    'SecRule ARGS "@detectSQLi" id:1',
    '1:15: Cannot run operator "@detectSQLi": it is not supported [operator-unsupported]',
  ],
  [
    'SecRule ARGS "@pmFromFile x" id:1',
    '1:15: Cannot run operator "@pmFromFile": it is not supported [operator-unsupported]',
  ],
  ['SecRule ARGS "@pm" id:1', '1:18: Cannot read argument of "@pm": no phrase is given [operator-argument]'],
  [
    'SecRule ARGS "@pm a|4|" id:1',
    '1:19: Cannot read argument of "@pm": "|4|" is no run of hexadecimal bytes [operator-argument]',
  ],
  [
    'SecRule REMOTE_ADDR "@ipMatch 1.2.3.4/33" id:1',
    '1:31: Cannot read argument of "@ipMatch": "1.2.3.4/33" has a prefix that its address cannot have [operator-argument]',
  ],
  [
    'SecRule ARGS "@validateByteRange 9-1" id:1',
    '1:34: Cannot read argument of "@validateByteRange": "9-1" is no range of bytes [operator-argument]',
  ],
  ['SecRule ARGS "@rx a(b" id:1', '1:20: Cannot read pattern: "(" is not closed [pattern-syntax]'],
  [
    'SecRule ARGS "@rx é\u{1f600}a(?=b)" id:1',
    '1:23: Cannot read pattern: look-ahead is not supported [pattern-unsupported]',
  ],
  [
    'SecRule ARGS "@rx (a)\\1" id:1',
    '1:22: Cannot read pattern: backreference "\\1" is not supported [pattern-unsupported]',
  ],
  [
    'SecRule ARGS "@rx (?:a{900}){900}" id:1',
    '1:19: Cannot read pattern: pattern needs more than 20000 steps [pattern-too-large]',
  ],
  [
    'SecRule ARGS "@streq %{TX.a}" id:1',
    '1:22: Cannot run operator "@streq": macro "%{TX.a}" is not supported [macro-unsupported]',
  ],
  ['SecRule ARGS x "id:1,foo"', '1:22: Cannot read action "foo": it is not known [action-unknown]'],
  ['SecRule ARGS x "id:1,"', '1:22: Cannot read action "": it is not known [action-unknown]'],
  [
    'SecRule ARGS x "id:1,setvar:tx.a=1"',
    '1:22: Cannot run action "setvar": it is not supported [action-unsupported]',
  ],
  [
    'SecRule ARGS x "id:1,\\\n  skipAfter:END"',
    '2:3: Cannot run action "skipafter": it is not supported [action-unsupported]',
  ],
  ['SecRule ARGS x "id:0"', '1:17: Cannot read action "id:0": it is no whole number [action-argument]'],
  [
    'SecRule ARGS x "id:1,phase:4"',
    '1:22: Cannot read action "phase:4": phase 4 is not supported [action-argument]',
  ],
  ['SecRule ARGS x "id:1,phase:6"', '1:22: Cannot read action "phase:6": it is no phase [action-argument]'],
  [
    'SecRule ARGS x "id:1,severity:8"',
    '1:22: Cannot read action "severity:8": it is no severity [action-argument]',
  ],
  [
    'SecRule ARGS x "id:1,deny,status:99"',
    '1:27: Cannot read action "status:99": it is no final status [action-argument]',
  ],
  [
    'SecRule ARGS x "id:1,deny:403"',
    '1:22: Cannot read action "deny:403": it takes no value [action-argument]',
  ],
  ['SecRule ARGS x "id:1,tag:"', '1:22: Cannot read action "tag:": its value is missing [action-argument]'],
  [
    'SecRule ARGS x "id:1,msg:\'%{MATCHED_VAR}\'"',
    '1:22: Cannot read action "msg:\'%{MATCHED_VAR}\'": macros are not supported [macro-unsupported]',
  ],
  [
    'SecRule ARGS x "id:1,t:rot13"',
    '1:22: Cannot read transformation "rot13": it is not known [transformation-unknown]',
  ],
  [
    'SecRule ARGS x "id:1,deny,pass"',
    '1:27: Cannot read action "pass": another disruptive action is given [action-conflict]',
  ],
  ['SecRule ARGS x "id:1,id:2"', '1:22: Cannot read action "id:2": it is given twice [action-conflict]'],
  [
    'SecRule ARGS x "id:1,pass,status:403"',
    '1:27: Cannot read action "status": only deny and block send one [action-conflict]',
  ],
  ['SecRule ARGS x', '1:1: Cannot read rule: it has no id [id-missing]'],
  [
    'SecRule ARGS x id:1\nSecRule ARGS y id:1',
    '2:1: Cannot read rule 1: the rule at a.conf:1 has the same id [id-duplicate]',
  ],
  [
    'SecRule ARGS x "id:1,chain"',
    '1:1: Cannot read rule: it is chained, and no rule follows in its file [chain-open]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecRule ARGS y "id:2"',
    '2:17: Cannot read action "id": only the first rule of a chain may have it [action-conflict]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecRule ARGS y "deny"',
    '2:17: Cannot read action "deny": only the first rule of a chain may have it [action-conflict]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecAction "t:none"',
    '2:1: Cannot read SecAction: a rule before it is chained and needs a SecRule [chain-open]',
  ],
];

for (const [text, mistake] of INVALID) {
  test(`one mistake in ${JSON.stringify(text)}`, () =>
    assert.deepEqual(mistakesOf(text), [`a.conf:${mistake}`]));
}

test('all mistakes are told, in the order of the files and lines', () => {
  const parsed = parseRules([
    { name: 'b.conf', text: 'SecRule ARG "@rx (" "id:1,pase:2,t:foo"\nSecRul\nSecRule ARGS x "id:x"' },
    { name: 'a.conf', text: 'SecRule ARGS x "id:1"\nSecRule ARGS x "id:1"' },
  ]);
  assert.deepEqual(
    parsed.mistakes.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`),
    [
      'b.conf:1:9 variable-unknown',
      'b.conf:1:18 pattern-syntax',
      'b.conf:1:27 action-unknown',
      'b.conf:1:34 transformation-unknown',
      'b.conf:2:1 directive-unknown',
      'b.conf:3:17 action-argument',
      'a.conf:1:1 id-duplicate',
      'a.conf:2:1 id-duplicate',
    ],
  );
});

test('a chain is one rule with several links, and the files after it are not part of it', () => {
  const parsed = parseRules([
    { name: 'a.conf', text: 'SecRule ARGS x "id:1,chain"\nSecRule ARGS y' },
    { name: 'b.conf', text: 'SecRule ARGS z "id:2"' },
  ]);
  assert.deepEqual(parsed.mistakes, []);
  assert.deepEqual(
    parsed.rules.map((rule) => [rule.id, rule.source, rule.links.length]),
    [
      ['1', 'a.conf:1', 2],
      ['2', 'b.conf:1', 1],
    ],
  );
});
