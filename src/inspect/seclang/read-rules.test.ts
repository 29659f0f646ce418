import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMistake } from '../mistake.ts';
import type { Rule } from '../rule/sec-rule.ts';
import type { Template } from '../rule/template.ts';
import { readRules } from './read-rules.ts';
import type { ReadRules, ReadRulesOptions } from './read-rules.ts';

function read(text: string, options: ReadRulesOptions = {}): ReadRules {
  return readRules([{ name: 'a.conf', text }], options);
}

function rulesOf(text: string): readonly Rule[] {
  const { ruleSet, mistakes, warnings } = read(text);
  assert.deepEqual([mistakes, warnings], [[], []]);
  return ruleSet.items.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []));
}

/** Macros as they are written. */
function shown(template: Template): string {
  return template
    .map((part) =>
      typeof part === 'string'
        ? part
        : `%{${part.variable.name}${part.member === undefined ? '' : `.${part.member}`}}`,
    )
    .join('');
}

test('a rule is read with all its parts', () => {
  const [rule, ...others] = rulesOf(
    [
      '# a comment',
      'SecRule ARGS|!ARGS:Note|&REQUEST_COOKIES|REQUEST_HEADERS:User-Agent "!@rx a\\"b" \\',
      "    \"id:7,phase:1,deny,status:405,severity:CRITICAL,msg:'one, %{tx.0}',logdata:x,tag:a,tag:'b c',\\",
      "    ver:'V/1',rev:2,maturity:3,accuracy:4,nolog,multiMatch,capture,skipAfter:END,\\",
      "    t:none,t:lowercase,t:urlDecode,setvar:'tx.A=+%{TX:b}'\"",
      'SecMarker END',
    ].join('\n'),
  );
  assert.equal(others.length, 0);
  assert(rule !== undefined);
  const { links, message, tags, ...plain } = rule;
  assert.deepEqual(plain, {
    id: '7',
    phase: 1,
    source: 'a.conf:2',
    severity: 2,
    version: 'V/1',
    revision: '2',
    maturity: 3,
    accuracy: 4,
    disruption: { do: 'deny', status: 405 },
    flow: { kind: 'skip-after', marker: 'END' },
    isLogged: false,
  });
  assert.equal(shown(message), 'one, %{TX.0}');
  assert.deepEqual(tags.map(shown), ['a', 'b c']);
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
      ['ARGS', undefined, [{ kind: 'name', name: 'note' }], false],
      ['REQUEST_COOKIES', undefined, [], true],
      ['REQUEST_HEADERS', { kind: 'name', name: 'user-agent' }, [], false],
    ],
  );
  assert.deepEqual(
    link.transformations.map(({ name }) => name),
    ['lowercase', 'urlDecode'],
  );
  assert.deepEqual([link.isNegated, link.isMultiMatch, link.isCapturing], [true, true, true]);
  assert.equal(link.testText, '!@rx a"b');
  assert(link.test.kind === 'ready');
  assert.deepEqual([link.test.operator.test('a"b'), link.test.operator.test('a\\"b')], [true, false]);
  assert.equal(shown(link.logData ?? []), 'x');
  const [action] = link.actions;
  assert(action?.do === 'set-variable');
  assert.deepEqual(
    [action.collection, shown(action.name), action.change, shown(action.value)],
    ['TX', 'a', 'add', '%{TX.b}'],
  );
});

const DISRUPTIONS: readonly (readonly [actions: string, disruption: object])[] = [
  ['id:1', { do: 'pass' }],
  ['id:1,pass', { do: 'pass' }],
  ['id:1,deny', { do: 'deny', status: undefined }],
  ['id:1,block', { do: 'deny', status: undefined }],
  ['id:1,DENY,status:403', { do: 'deny', status: 403 }],
  ["id:1,status:'403',block", { do: 'deny', status: 403 }],
  ['id:1,drop', { do: 'drop' }],
  ['id:1,allow', { do: 'allow', scope: 'all' }],
  ['id:1,allow:phase', { do: 'allow', scope: 'phase' }],
  ['id:1,allow:REQUEST', { do: 'allow', scope: 'request' }],
  ['id:1,redirect:/x', { do: 'redirect', location: ['/x'], status: 302 }],
  ["id:1,status:301,redirect:'http://a/b,c'", { do: 'redirect', location: ['http://a/b,c'], status: 301 }],
  ['id:1,status:403,redirect:/x', { do: 'redirect', location: ['/x'], status: 302 }],
];

for (const [actions, disruption] of DISRUPTIONS) {
  test(`the actions ${actions} do what they say`, () => {
    assert.deepEqual(rulesOf(`SecRule ARGS "x" "${actions}"`)[0]?.disruption, disruption);
  });
}

/** `block` and rules that say nothing, after SecDefaultAction. */
const DEFAULTS: readonly (readonly [defaults: string, actions: string, disruption: object])[] = [
  ['phase:2,pass', 'id:1,block', { do: 'pass' }],
  ['phase:2,deny,status:404', 'id:1,block', { do: 'deny', status: 404 }],
  ['phase:2,deny,status:404', 'id:1,block,status:405', { do: 'deny', status: 405 }],
  ['phase:2,deny,status:404', 'id:1', { do: 'deny', status: 404 }],
  ['phase:2,deny,status:404', 'id:1,pass', { do: 'pass' }],
  ['phase:2,deny,status:404', 'id:1,phase:1,block', { do: 'deny', status: undefined }],
  ['phase:1,drop', 'id:1,phase:1,block', { do: 'drop' }],
  ['phase:2,redirect:/x,status:307', 'id:1,block', { do: 'redirect', location: ['/x'], status: 307 }],
  ['phase:request,allow:phase', 'id:1,block', { do: 'allow', scope: 'phase' }],
];

for (const [defaults, actions, disruption] of DEFAULTS) {
  test(`after SecDefaultAction ${defaults}, ${actions} does what both say`, () => {
    const [rule] = rulesOf(`SecDefaultAction "${defaults}"\nSecRule ARGS x "${actions}"`);
    assert.deepEqual(rule?.disruption, disruption);
  });
}

test('what SecDefaultAction says is inherited by the rules that follow, in its phase', () => {
  const [before, after, chained, other] = rulesOf(
    [
      'SecRule ARGS x id:1',
      'SecDefaultAction "phase:2,nolog,pass,tag:a,t:lowercase,setvar:\'tx.a=1\'"',
      'SecRule ARGS x "id:2,tag:b,t:urlDecode"',
      'SecRule ARGS x "id:3,log,t:none,chain"\nSecRule ARGS y',
      'SecRule ARGS_GET x id:4,phase:1',
    ].join('\n'),
  );
  const namesOf = (rule: Rule | undefined, link = 0): readonly string[] =>
    rule?.links[link]?.transformations.map(({ name }) => name) ?? [];
  assert.deepEqual([before?.isLogged, before?.tags, namesOf(before)], [true, [], []]);
  assert.deepEqual(
    [after?.isLogged, after?.tags, namesOf(after)],
    [false, [['a'], ['b']], ['lowercase', 'urlDecode']],
  );
  assert.equal(after?.links[0]?.actions.length, 1);
  assert.deepEqual([chained?.isLogged, namesOf(chained), namesOf(chained, 1)], [true, [], ['lowercase']]);
  assert.deepEqual([chained?.links[0]?.actions.length, chained?.links[1]?.actions.length], [1, 0]);
  assert.deepEqual([other?.isLogged, namesOf(other)], [true, []]);
});

const LOGGED: readonly (readonly [actions: string, isLogged: boolean])[] = [
  ['id:1', true],
  ['id:1,nolog', false],
  ['id:1,nolog,log', true],
  ['id:1,log,nolog', false],
  ['id:1,nolog,auditlog', true],
  ['id:1,noauditlog', true],
  ['id:1,auditlog,nolog', false],
];

for (const [actions, isLogged] of LOGGED) {
  test(`a rule with ${actions} ${isLogged ? 'leaves' : 'leaves no'} hit`, () => {
    assert.equal(rulesOf(`SecRule ARGS x "${actions}"`)[0]?.isLogged, isLogged);
  });
}

test('a chain is one rule with several links, each with its own actions', () => {
  const [rule, ...others] = rulesOf(
    [
      'SecRule ARGS "@rx a" "id:1,phase:2,deny,chain,setvar:tx.a"',
      '  SecRule ARGS "@rx b" "chain,capture,t:lowercase,logdata:\'%{tx.0}\'"',
      '  SecRule ARGS "!@streq c" "phase:2,multiMatch,setvar:!tx.a"',
      'SecAction "id:2,phase:5,nolog,pass"',
    ].join('\n'),
  );
  assert.equal(rule?.links.length, 3);
  assert.deepEqual(
    rule.links.map((link) => [link.testText, link.isCapturing, link.isMultiMatch, link.isNegated]),
    [
      ['@rx a', false, false, false],
      ['@rx b', true, false, false],
      ['!@streq c', false, true, true],
    ],
  );
  assert.deepEqual(
    rule.links.map((link) => link.actions.map((action) => action.do)),
    [['set-variable'], [], ['unset-variable']],
  );
  assert.equal(shown(rule.links[1]?.logData ?? []), '%{TX.0}');
  assert.equal(others.length, 1);
  assert.deepEqual([others[0]?.phase, others[0]?.links[0]?.targets], [5, []]);
});

test('an argument with macros is made when the rule runs', () => {
  const [rule] = rulesOf('SecRule ARGS "@streq a%{TX:B}c%{remote_addr}" id:1');
  const found = rule?.links[0]?.test;
  assert(found?.kind === 'macro');
  assert.equal(found.operatorKind.name, 'streq');
  assert.equal(shown(found.argument), 'a%{TX.b}c%{REMOTE_ADDR}');
});

test('text is bytes, and equal operators and templates are one object', () => {
  const [first, second] = rulesOf(
    'SecRule ARGS "@streq é" "id:1,msg:\'é\'"\nSecRule ARGS "@streq é" "id:2,msg:\'é\'"',
  );
  assert.deepEqual(first?.message, ['\xc3\xa9']);
  assert.equal(first.message, second?.message);
  assert(second !== undefined);
  assert.equal(first.links[0]?.targets, second.links[0]?.targets);
  const [left, right] = [first.links[0]?.test, second.links[0]?.test];
  assert(left?.kind === 'ready' && right?.kind === 'ready');
  assert.equal(left.operator, right.operator);
  assert(left.operator.test('\xc3\xa9'));
});

test('markers stand between the rules', () => {
  const { ruleSet } = read('SecRule ARGS x id:1\nSecMarker "A b"\nSecRule ARGS x id:2');
  assert.deepEqual(
    ruleSet.items.map((item) => (item.kind === 'marker' ? item.name : item.rule.id)),
    ['1', 'A b', '2'],
  );
});

/** Rules that must be read without a mistake or a warning. */
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
  'SecRule RESPONSE_BODY x "id:1,phase:response,severity:\'ERROR\'"',
  'SecRule ARGS x "id:1,phase:logging"',
  "SecRule ARGS x \"id:1,msg:'it\\'s'\"",
  'SecRule ARGS x "id:1,msg:it\'s,deny"',
  'SecRule ARGS x "id:1,deny,"',
  'SecRule ARGS "@streq %{" id:1',
  'SecRule ARGS "@rx a%{2}" id:1',
  'SecRule ARGS "@pm a |62 63|" id:1',
  'SecRule ARGS "@within " id:1',
  'SecRule ARGS "" id:1',
  'SecRule REQUEST_BODY x "id:1,phase:2"',
  'SecRule RESPONSE_STATUS "@ge 500" "id:1,phase:3"',
  'SecAction "id:1,phase:1,pass"',
  'SecRule ARGS x "id:1,chain"\nSecRule ARGS y "t:lowercase,chain"\nSecRule ARGS z',
  'SecRule ARGS x "id:1,xmlns:a=http://a/"',
  'SecRule ARGS x "id:1,msg:\'%{rule.id} %{MATCHED_VAR} %{TX:a.b} %{unique_id}\'"',
  'SecComponentSignature "a/1"',
  'SecRule ARGS x "id:1,skipAfter:2"\nSecRule ARGS x id:2',
];

for (const text of VALID) {
  test(`no mistake in ${JSON.stringify(text)}`, () => {
    const { mistakes, warnings } = read(text);
    assert.deepEqual([mistakes, warnings], [[], []]);
  });
}

/** One mistake each, at its place. */
const INVALID: readonly (readonly [text: string, mistake: string])[] = [
  [
    'SecRul ARGS x id:1',
    '1:1: Cannot read directive "SecRul": it is not known, perhaps "SecRule" is meant [directive-unknown]',
  ],
  [
    'SecRuleScript a.lua id:1',
    '1:1: Cannot run directive "SecRuleScript": rules run no programs [directive-unsupported]',
  ],
  [
    'SecRemoteRules key https://a/',
    '1:1: Cannot run directive "SecRemoteRules": rules come from files only [directive-unsupported]',
  ],
  [
    '<Location /a>',
    '1:1: Cannot run directive "<Location": rules are read, not the configuration of Apache [directive-unsupported]',
  ],
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
  ['SecMarker', '1:1: Cannot read SecMarker: it needs one word: its name, and has 0 [directive-arguments]'],
  [
    'SecRule ARGS "x id:1',
    '1:14: Cannot read directive: a quote is opened and not closed in its line [quote-open]',
  ],
  [
    'SecRule ARGS "x\ny" id:1\nSecRule ARGS x id:2',
    '1:14: Cannot read directive: a quote is opened and not closed in its line [quote-open]',
  ],
  [
    'SecRule ARGS x "id:1,msg:\'a"',
    '1:22: Cannot read action "msg:\'a": its quote is not closed [quote-open]',
  ],
  ['SecRule ARGS "@foo x" id:1', '1:15: Cannot read operator "@foo": it is not known [operator-unknown]'],
  [
    'SecRule ARGS "@strec x" id:1',
    '1:15: Cannot read operator "@strec": it is not known, perhaps "streq" is meant [operator-unknown]',
  ],
  [
    'SecRule ARGS "@inspectFile x" id:1',
    '1:15: Cannot run operator "@inspectFile": rules run no programs [operator-unsupported]',
  ],
  [
    'SecRule ARGS "@fuzzyHash x 1" id:1',
    '1:15: Cannot run operator "@fuzzyHash": files are not compared by likeness [operator-unsupported]',
  ],
  [
    'SecRule ARGS "@validateSchema a.xsd" id:1',
    '1:15: Cannot run operator "@validateSchema": files of schemas are not read [operator-unsupported]',
  ],
  [
    'SecRule ARGS "@streq %{foo}" id:1',
    '1:22: Cannot read macro "%{foo}": "foo" is no variable [macro-unknown]',
  ],
  [
    'SecRule ARGS x "id:1,msg:\'é %{tx.a} %{remote_adr}\'"',
    '1:26: Cannot read macro "%{remote_adr}": "remote_adr" is no variable, perhaps "REMOTE_ADDR" is meant [macro-unknown]',
  ],
  [
    'SecRule ARGS x "id:1,logdata:%{REQUEST_URI.a}"',
    '1:30: Cannot read macro "%{REQUEST_URI.a}": REQUEST_URI has no members [macro-unknown]',
  ],
  [
    'SecRule ARGS x "id:1,logdata:%{tx.}"',
    '1:30: Cannot read macro "%{tx.}": the name of the member is missing [macro-unknown]',
  ],
  [
    'SecRule ARGS x "id:1,logdata:%{script_uid}"',
    '1:30: Cannot run macro "%{script_uid}": it tells of a server that runs scripts [macro-unsupported]',
  ],
  ['SecRule ARGS x', '1:1: Cannot read rule: it has no id [id-missing]'],
  [
    'SecRule ARGS x id:1\n\nSecRule ARGS y id:1',
    '3:1: Cannot read rule 1: the rule at a.conf:1 has the same id [id-duplicate]',
  ],
  [
    'SecRule ARGS x "id:1,chain"',
    '1:1: Cannot read rule: it is chained, and no rule follows in its file [chain-open]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecAction "nolog"',
    '2:1: Cannot read SecAction: the rule before it is chained and needs a SecRule [chain-open]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecMarker A\nSecRule ARGS y',
    '2:1: Cannot read SecMarker: the rule before it is chained and needs a SecRule [chain-open]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecRule ARGS y id:2',
    '2:16: Cannot read action "id:2": only the first rule of a chain may have it [action-conflict]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecRule ARGS y deny',
    '2:16: Cannot read action "deny": only the first rule of a chain may have it [action-conflict]',
  ],
  [
    'SecRule ARGS x "id:1,phase:2,chain"\nSecRule ARGS y phase:1',
    '2:16: Cannot read action "phase:1": only the first rule of a chain may have it [action-conflict]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecRule ARGS y skip:1',
    '2:16: Cannot read action "skip:1": only the first rule of a chain may have it [action-conflict]',
  ],
  ['SecDefaultAction "pass"', '1:1: Cannot read SecDefaultAction: it needs a phase [directive-arguments]'],
  [
    'SecDefaultAction "phase:1,log"',
    '1:1: Cannot read SecDefaultAction: it needs a disruptive action, such as pass or deny [directive-arguments]',
  ],
  [
    'SecDefaultAction "phase:1,pass,id:1"',
    '1:32: Cannot read action "id:1": SecDefaultAction cannot have it [action-conflict]',
  ],
  [
    'SecDefaultAction "phase:1,block"',
    '1:27: Cannot read action "block": SecDefaultAction cannot have it [action-conflict]',
  ],
  ['Include b.conf', '1:9: Cannot include "b.conf": this text is in no file [rules-unreadable]'],
];

for (const [text, mistake] of INVALID) {
  test(`one mistake in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(read(text).mistakes.map(formatMistake), [`a.conf:${mistake}`]);
  });
}

test('a mistake in an expression is told where it is in the file', () => {
  const places = (text: string): readonly string[] =>
    read(text).mistakes.map(({ code, line, column }) => `${line}:${column} ${code}`);
  assert.deepEqual(places('SecRule ARGS "é(" id:1'), ['1:16 pattern-syntax']);
  assert.deepEqual(places('SecRule ARGS "!@rx a\\\n  \\"(" id:1'), ['2:5 pattern-syntax']);
});

/** One warning each, and no mistake. */
const WARNED: readonly (readonly [text: string, warning: string])[] = [
  [
    'SecAuditEngine On',
    '1:1: SecAuditEngine has no effect: logs are set by "log" in the configuration [directive-ignored]',
  ],
  [
    'secrequestbodylimit 100',
    '1:1: SecRequestBodyLimit has no effect: how much of a body is inspected, and what happens beyond, is set by "inspection.body" in the configuration [directive-ignored]',
  ],
  [
    'SecRule RESPONSE_STATUS x "id:1,phase:1"',
    '1:9: Variable "RESPONSE_STATUS" has no values: it is not known before phase 3, and the rule runs in phase 1 [variable-phase]',
  ],
  [
    'SecRule ARGS|!ARGS_GET:a x id:1',
    '1:14: Nothing is left out by "!ARGS_GET:a": the rule does not look at ARGS_GET [variable-selector]',
  ],
  [
    'SecRule ARGS "@pm a %{tx.a}" id:1',
    '1:19: The argument of "@pm" is taken as it is written: macros are not expanded in it [macro-unsupported]',
  ],
  [
    'SecRule ARGS x "id:1,severity:1,severity:2"',
    '1:33: Action "severity:1" has no effect: it is given again [action-ignored]',
  ],
  [
    'SecRule ARGS x "id:1,pass,status:403"',
    '1:27: Action "status:403" has no effect: only deny, block and redirect send one [action-ignored]',
  ],
  [
    'SecRule ARGS x "id:1,sanitiseArg:password"',
    '1:22: Action "sanitiseArg:password" has no effect: what is kept out of logs is Sallyport\'s own setting [action-ignored]',
  ],
  [
    'SecRule ARGS x "id:1,phase:2,ctl:requestBodyProcessor=JSON"',
    '1:30: Action "ctl:requestBodyProcessor=JSON" has no effect: the body is taken apart before phase 2 [action-ignored]',
  ],
  [
    'SecRule REQUEST_URI x "id:1,phase:1,chain"\nSecRule REQUEST_METHOD GET\n' +
      'SecRule ARGS x "id:2,chain"\nSecRule ARGS y ctl:forceRequestBodyVariable=On',
    '4:16: Action "ctl:forceRequestBodyVariable=On" has no effect: the body is taken apart before phase 2 [action-ignored]',
  ],
  [
    'SecRule ARGS x "id:1,chain"\nSecRule ARGS y msg:b',
    '2:16: Action "msg:b" has no effect: only that of the first rule of a chain has [action-ignored]',
  ],
  [
    'SecRule ARGS x "id:1,skipAfter:END"',
    '1:22: Action "skipAfter:END" leaves out the rest of its phase: no marker of this name follows [marker-unknown]',
  ],
  [
    'SecMarker END\nSecRule ARGS x "id:1,skipAfter:END"',
    '2:22: Action "skipAfter:END" leaves out the rest of its phase: no marker of this name follows [marker-unknown]',
  ],
  [
    'SecRuleRemoveById 1 5-7',
    '1:1: "SecRuleRemoveById 1 5-7" has no effect: it names no rule [rule-unknown]',
  ],
];

for (const [text, warning] of WARNED) {
  test(`one warning in ${JSON.stringify(text)}`, () => {
    const { mistakes, warnings } = read(text);
    assert.deepEqual(mistakes, []);
    assert.deepEqual(warnings.map(formatMistake), [`a.conf:${warning}`]);
  });
}

/** What is known and not run leaves its rule out with a warning, and only that. */
const LENIENT: readonly (readonly [text: string, ids: readonly string[]])[] = [
  ['SecRule ARGS "@inspectFile a" id:1\nSecRule ARGS x id:2', ['2']],
  ['SecRule ARGS x "id:1,exec:/bin/a"\nSecRule ARGS x id:2', ['2']],
  ['SecRule ARGS x "id:1,chain"\nSecRule SCRIPT_UID y\nSecRule ARGS x id:2', ['2']],
  ['SecRule ARGS x "id:1,logdata:\'%{SCRIPT_UID}\'"\nSecRule ARGS x id:2', ['2']],
  ['SecRule ARGS "@streq %{SCRIPT_UID}" "id:1"\nSecRule ARGS x id:2', ['2']],
  ['SecRuleScript a.lua id:1\nSecRule ARGS x id:2', ['2']],
  ['SecRule ARGS x "id:1,ctl:hashEngine=On"\nSecRule ARGS x id:2', ['2']],
];

for (const [text, ids] of LENIENT) {
  test(`lenient reading leaves out what is not run in ${JSON.stringify(text)}`, () => {
    assert.equal(read(text).mistakes.length, 1);
    const { ruleSet, mistakes, warnings } = read(text, { isLenient: true });
    assert.deepEqual([mistakes, warnings.length], [[], 1]);
    assert.match(warnings[0]?.text ?? '', /; what it stands in is left out$/);
    assert.deepEqual(
      ruleSet.items.map((item) => (item.kind === 'rule' ? item.rule.id : item.name)),
      ids,
    );
  });
}

test('lenient reading forgives no other mistake', () => {
  for (const [text] of INVALID) {
    const strict = read(text).mistakes.filter(({ code }) => !code.endsWith('-unsupported'));
    assert.deepEqual(read(text, { isLenient: true }).mistakes, strict);
  }
});

test('rules that ask for what is not there are left out even without being asked', () => {
  const { ruleSet, mistakes, warnings, ids } = read(
    'SecRule REMOTE_ADDR "@geoLookup" "id:1,chain"\nSecRule GEO:COUNTRY_CODE "@streq DE" "logdata:%{geo.country_code}"',
  );
  assert.deepEqual([ruleSet.items, mistakes], [[], []]);
  assert(warnings.length >= 1);
  assert.deepEqual([...ids], ['1']);
});

test('mistakes are in the order of the text, of all files', () => {
  const files = [
    { name: 'b.conf', text: 'SecRule ARGS x "severity:9,phase:0,id:1"\nSecRule ARG x id:2' },
    { name: 'a.conf', text: 'SecFoo' },
  ];
  assert.deepEqual(
    readRules(files).mistakes.map(({ file, line, column }) => `${file}:${line}:${column}`),
    ['b.conf:1:17', 'b.conf:1:28', 'b.conf:2:9', 'a.conf:1:1'],
  );
});

test('ids are unique in all files, and a chain ends with its file', () => {
  const { mistakes } = readRules([
    { name: 'a.conf', text: 'SecRule ARGS x "id:1"\nSecRule ARGS x "id:2,chain"' },
    { name: 'b.conf', text: 'SecRule ARGS x "id:1"' },
  ]);
  assert.deepEqual(
    mistakes.map(({ file, code }) => [file, code]),
    [
      ['a.conf', 'chain-open'],
      ['b.conf', 'id-duplicate'],
    ],
  );
});
