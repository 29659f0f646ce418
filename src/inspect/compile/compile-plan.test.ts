import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from '../build.ts';
import { formatMistake } from '../mistake.ts';
import type { FastPath, Plan } from '../plan/plan.ts';

function planOf(text: string): Plan {
  const compiled = compileRules([{ name: 'r.conf', text }], { exclude: [] });
  assert(
    compiled.kind === 'ok',
    compiled.kind === 'bad' ? compiled.mistakes.map(formatMistake).join('\n') : '',
  );
  return compiled.plan;
}

function fastOf(text: string): FastPath {
  const { fast } = planOf(text);
  assert(fast !== undefined);
  return fast;
}

/** The ids of the rules that are left on the clean path. */
function leftIn(text: string): readonly string[] {
  return fastOf(text).phases.flatMap(({ steps }) => steps.map(({ planned }) => planned.rule.id));
}

/** The ids of the rules that are run for every exchange. */
function alwaysIn(text: string): readonly string[] {
  return fastOf(text).always.flatMap((steps) => steps.map(({ planned }) => planned.rule.id));
}

const SET = 'SecAction "id:1,phase:1,nolog,pass,setvar:tx.level=1"';

const SKIPPING = 'SecRule ARGS x "id:1,phase:2,pass,nolog,skipAfter:M"\n';
const NO_MATCH = 'SecRule TX:level "@eq 9" "id:9,phase:2,pass,nolog,setvar:tx.a=1"\n';

/** What, rules, ids of those that are left for exchanges. */
const LEFT: readonly (readonly [what: string, text: string, ids: readonly string[]])[] = [
  ['a rule that sets a default is run ahead', SET, []],
  ['a rule that looks at the exchange is left', `${SET}\nSecRule ARGS x "id:2,phase:2"`, ['2']],
  [
    'rules that a setting skips are left out',
    `${SET}\nSecRule TX:level "@lt 2" "id:2,phase:2,nolog,pass,skipAfter:M"\nSecRule ARGS x "id:3"\nSecMarker M\nSecRule ARGS y "id:4"`,
    ['4'],
  ],
  [
    'rules that a setting does not skip are left',
    `${SET}\nSecRule TX:level "@lt 1" "id:2,phase:2,nolog,pass,skipAfter:M"\nSecRule ARGS x "id:3"\nSecMarker M`,
    ['3'],
  ],
  [
    'skip counts rules, not markers',
    'SecAction "id:1,phase:2,nolog,pass,skip:1"\nSecMarker M\nSecRule ARGS x "id:2"\nSecRule ARGS y "id:3"',
    ['3'],
  ],
  [
    'rules that a ctl removes are left out',
    'SecAction "id:1,phase:1,nolog,pass,ctl:ruleRemoveById=2"\nSecRule ARGS x "id:2"\nSecRule ARGS y "id:3"',
    ['3'],
  ],
  [
    'a chain whose setting is off is left out',
    'SecRule TX:limit "@eq 1" "id:1,phase:2,chain"\nSecRule ARGS x ""\nSecRule ARGS y "id:2"',
    ['2'],
  ],
  [
    'but not when a rule that looks at the exchange may switch it on',
    'SecRule ARGS z "id:3,phase:2,setvar:tx.limit=1"\nSecRule TX:limit "@eq 1" "id:1,phase:2,chain"\nSecRule ARGS x ""',
    ['3', '1'],
  ],
  ['captures are nobody\u2019s setting', 'SecRule TX:1 x "id:1,phase:2"', ['1']],
  [
    'an operator with a macro of the exchange is no setting',
    'SecRule TX:a "@streq %{ARGS.a}" "id:1,phase:2"',
    ['1'],
  ],
  [
    'a rule that opens a collection is left',
    'SecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR}"',
    ['1'],
  ],
  [
    'so is one that chooses the reader of a body',
    'SecAction "id:1,phase:1,nolog,pass,ctl:requestBodyProcessor=JSON"',
    ['1'],
  ],
  [
    'and one that says which bodies are read, or forces a variable',
    'SecAction "id:1,phase:1,nolog,pass,ctl:requestBodyAccess=Off,ctl:responseBodyAccess=Off"\n' +
      'SecAction "id:2,phase:1,nolog,pass,ctl:forceRequestBodyVariable=On"',
    ['1', '2'],
  ],
  [
    'a rule that switches the engine or takes rules away is not',
    'SecAction "id:1,phase:1,nolog,pass,ctl:ruleEngine=DetectionOnly,ctl:ruleRemoveById=7,ctl:auditEngine=Off"',
    [],
  ],
];

for (const [what, text, ids] of LEFT) {
  test(`the clean path: ${what}`, () => {
    assert.deepEqual(leftIn(text), ids);
  });
}

test('a static rule that would show ends the clean path', () => {
  const fast = fastOf(`${SET}\nSecRule TX:level "@eq 1" "id:2,phase:1,deny"\nSecRule ARGS x "id:3,phase:2"`);
  assert.equal(fast.phases[0]?.barrier, 1);
  assert.deepEqual(
    fast.phases.slice(1).map(({ barrier }) => barrier),
    [0, 0, 0, 0],
  );
});

/** What, rules, and where the match of the first rule that looks at the exchange goes on without leaving the path. */
const LANDINGS: readonly (readonly [what: string, text: string, landing: number | undefined])[] = [
  ['a rule that skips nothing has none', 'SecRule ARGS x "id:1,phase:2"\nSecMarker M', undefined],
  ['rules that look at the exchange are skipped', `${SKIPPING}SecRule ARGS y "id:2,phase:2"\nSecMarker M`, 3],
  [
    'so are static rules that do not match',
    `${SET.replace('id:1', 'id:8')}\n${SKIPPING}${NO_MATCH}SecMarker M`,
    3,
  ],
  [
    'not static rules that set something',
    `${SKIPPING}SecAction "id:2,phase:2,pass,nolog,setvar:tx.a=1"\nSecMarker M`,
    undefined,
  ],
  [
    'nor those that skip beyond the landing',
    `${SKIPPING}SecAction "id:2,phase:2,pass,nolog,skipAfter:N"\nSecMarker M\nSecRule ARGS y "id:3,phase:2"\nSecMarker N`,
    undefined,
  ],
  ['a marker that is not there is the end', `${SKIPPING}SecRule ARGS y "id:2,phase:2"`, 2],
  [
    'skip counts as well',
    'SecRule ARGS x "id:1,phase:2,pass,nolog,skip:1"\nSecRule ARGS y "id:2,phase:2"',
    2,
  ],
];

for (const [what, text, landing] of LANDINGS) {
  test(`a landing: ${what}`, () => {
    const steps = fastOf(text).phases[1]!.steps; // There are five.
    assert.equal(steps[0]?.landing, landing);
  });
}

/** What, rules, ids of those that no value names. */
const ALWAYS: readonly (readonly [what: string, text: string, ids: readonly string[]])[] = [
  ['a test of values names its rule', 'SecRule ARGS|REQUEST_HEADERS x "id:1,phase:2"', []],
  ['a test of a count does', 'SecRule &ARGS "@gt 2" "id:1,phase:2"', []],
  ['a negated test does', 'SecRule REQUEST_METHOD "!@within GET" "id:1,phase:1"', []],
  ['a macro of a setting does', `${SET}\nSecRule ARGS "@contains %{tx.level}" "id:2,phase:2"`, []],
  ['a macro of the exchange does not', 'SecRule ARGS "@contains %{REQUEST_METHOD}" "id:1,phase:2"', ['1']],
  ['a variable that changes does not', 'SecRule TIME_HOUR "@gt 20" "id:1,phase:1"', ['1']],
  ['a variable of a later phase does not', 'SecRule &RESPONSE_HEADERS:a "@eq 0" "id:1,phase:1"', ['1']],
  [
    'a later link does when those before set nothing',
    'SecRule TIME_HOUR "@gt 20" "id:1,phase:1,chain"\nSecRule REQUEST_URI x ""',
    [],
  ],
  [
    'a later link does not when one before sets something',
    'SecRule TIME_HOUR "@gt 20" "id:1,phase:1,setvar:tx.a=1,chain"\nSecRule REQUEST_URI x ""',
    ['1'],
  ],
];

for (const [what, text, ids] of ALWAYS) {
  test(`naming: ${what}`, () => {
    assert.deepEqual(alwaysIn(text), ids);
  });
}

const CAPTURING =
  'SecRule REQUEST_HEADERS_NAMES "@rx ^(.*)$" "id:1,phase:1,capture,setvar:tx.n_%{tx.1}=1,chain"';

test('a chain that only looks back at itself is one test of a value', () => {
  const { naming } = fastOf(`${CAPTURING}\nSecRule TX:/^n_/ "@streq 2" ""`);
  assert.equal(naming.links.length, 1);
  const operator = naming.links[0]?.operator;
  assert.equal(operator?.test('host'), false);
});

test('a value passes such a test when the chain holds, or sets what another rule reads', () => {
  const holds = fastOf(`${CAPTURING}\nSecRule TX:/^n_/ "@streq 1" ""`).naming.links[0]?.operator;
  assert.equal(holds?.test('host'), true);
  const readBeside = `${CAPTURING}\nSecRule TX:/^n_/ "@streq 2" ""\nSecRule TX:n_host x "id:2,phase:2"`;
  const isRead = fastOf(readBeside).naming.links[0]?.operator;
  assert.equal(isRead?.test('host'), true);
  assert.equal(isRead.test('accept'), false);
});

test('such a test answers by what was captured: another text with the same ending has the same answer', () => {
  const ending =
    'SecRule REQUEST_BASENAME "@rx \\.([^.]+)$" "id:1,phase:1,capture,setvar:tx.e=.%{tx.1}/,chain"\nSecRule TX:e "@within .bak/ .sql/" ""';
  const operator = fastOf(ending).naming.links[0]?.operator;
  const answers = ['a.sql', 'b.sql', 'b.html', 'a.html', 'sql', 'c.bak', 'a.sql'].map((name) =>
    operator?.test(name),
  );
  assert.deepEqual(answers, [true, true, false, false, false, true, true]);
});

test('what looks at the value beside its captures is asked for each value', () => {
  const matched =
    'SecRule ARGS "@rx ^(a)" "id:1,phase:2,capture,chain"\nSecRule TX:1 "@streq a" "chain"\nSecRule MATCHED_VARS "@rx a" ""';
  const whole = `SecRule ARGS "@rx ^(a)" "id:1,phase:2,capture,setvar:tx.w=%{MATCHED_VAR},chain"\nSecRule TX:w "@streq ab" ""`;
  assert.equal(fastOf(matched).naming.links[0]?.operator.test('ab'), true);
  const operator = fastOf(whole).naming.links[0]?.operator;
  assert.deepEqual([operator?.test('ac'), operator?.test('ab'), operator?.test('ac')], [false, true, false]);
});

test('a chain that reads what another rule writes is no test of a value', () => {
  const text = `${CAPTURING}\nSecRule TX:/^n_/ "@streq 2" ""\nSecRule ARGS x "id:2,phase:1,setvar:tx.n_a=2"`;
  const [first] = fastOf(text).naming.rules;
  assert.equal(first?.isNamedInAnyState, true, 'its first link alone names it');
});

test('a chain that looks at nothing but its value names its rule in any state', () => {
  const chain = 'SecRule ARGS "@rx ^(a)" "id:1,phase:2,capture,chain"\n';
  const isNamedInAnyState = (rest: string): boolean | undefined =>
    fastOf(chain + rest).naming.rules[0]?.isNamedInAnyState;
  assert.equal(isNamedInAnyState('SecRule MATCHED_VARS "@rx b" ""'), true);
  assert.equal(isNamedInAnyState('SecRule TX:1 "@streq %{MATCHED_VAR}" ""'), true);
  assert.equal(isNamedInAnyState('SecRule MATCHED_VARS "@streq %{tx.b}" ""'), false);
});

/** What, the rule, whether it is one about scores. */
const SCORES: readonly (readonly [what: string, text: string, isScore: boolean])[] = [
  ['it adds', 'SecRule TX:a "@ge 1" "id:1,nolog,pass,setvar:tx.b=+%{tx.a}"', true],
  ['it skips', 'SecRule TX:a "@lt %{tx.b}" "id:1,nolog,pass,skipAfter:M"', true],
  ['it is logged', 'SecRule TX:a "@ge 1" "id:1,log,pass"', false],
  ['it denies', 'SecRule TX:a "@ge 1" "id:1,nolog,deny"', false],
  ['it counts', 'SecRule &TX:a "@eq 0" "id:1,nolog,pass,setvar:tx.a=1"', false],
  ['it looks at several members', 'SecRule TX:/a/ "@ge 1" "id:1,nolog,pass"', false],
  ['it captures', 'SecRule TX:a "@rx (.)" "id:1,nolog,pass,capture"', false],
  ['it looks at the exchange', 'SecRule ARGS:a "@ge 1" "id:1,nolog,pass"', false],
  ['it tells what it matched', 'SecRule TX:a "@ge 1" "id:1,nolog,pass,setvar:tx.b=%{MATCHED_VAR}"', false],
  ['it is a chain', 'SecRule TX:a "@ge 1" "id:1,nolog,pass,chain"\nSecRule TX:b "@ge 1" ""', false],
];

for (const [what, text, isScore] of SCORES) {
  test(`a rule about scores: ${what}`, () => {
    const scores = planOf(text).programs.flatMap((program) => program.scores);
    assert.deepEqual(
      scores.map((score) => score !== undefined),
      [isScore],
    );
  });
}

test('without the fast path there is none', () => {
  const compiled = compileRules([{ name: 'r.conf', text: SET }], { exclude: [], isFast: false });
  assert(compiled.kind === 'ok');
  assert.equal(compiled.plan.fast, undefined);
});
