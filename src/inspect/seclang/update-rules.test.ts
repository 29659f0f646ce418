import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMistake } from '../mistake.ts';
import type { Rule } from '../rule/sec-rule.ts';
import type { Target } from '../rule/target.ts';
import { readRules } from './read-rules.ts';

const RULES = [
  'SecRule ARGS|REQUEST_URI x "id:1,phase:2,deny,msg:\'one of a\',tag:a/b,tag:c,t:lowercase"',
  'SecRule REQUEST_METHOD x "id:2,chain,msg:\'two of %{tx.a}\',tag:a"',
  '  SecRule ARGS:p|ARGS:q y',
  'SecRule ARGS:p x "id:3,tag:d"',
  'SecAction "id:4,msg:\'one, too\'"',
].join('\n');

interface Updated {
  readonly rules: readonly Rule[];
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

function update(directive: string): Updated {
  // Before the rules: the place among them does not matter.
  const { ruleSet, mistakes, warnings } = readRules([{ name: 'a.conf', text: `${directive}\n${RULES}` }]);
  const rules = ruleSet.items.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []));
  return { rules, mistakes: mistakes.map(formatMistake), warnings: warnings.map(formatMistake) };
}

const REMOVED: readonly (readonly [directive: string, left: string])[] = [
  ['SecRuleRemoveById 1', '2 3 4'],
  ['SecRuleRemoveById 1 3', '2 4'],
  ['SecRuleRemoveById "1-2" 4-9', '3'],
  ['SecRuleRemoveById "1,3"', '2 4'],
  ['SecRuleRemoveByTag ^a', '3 4'],
  ['SecRuleRemoveByTag a/b', '2 3 4'],
  ['SecRuleRemoveByMsg "^one"', '2 3'],
  ['secruleremovebyid 4', '1 2 3'],
];

for (const [directive, left] of REMOVED) {
  test(`${directive} leaves ${left}`, () => {
    const { rules, mistakes, warnings } = update(directive);
    assert.deepEqual([mistakes, warnings], [[], []]);
    assert.equal(rules.map(({ id }) => id).join(' '), left);
  });
}

function shown({ variable, selector, excluded, isCount }: Target): string {
  const name = (other: typeof selector): string =>
    other === undefined ? '' : `:${other.kind === 'name' ? other.name : `/${other.text}/`}`;
  const without = excluded.map((other) => ` -${name(other).slice(1)}`).join('');
  return `${isCount ? '&' : ''}${variable.name}${name(selector)}${without}`;
}

/** The targets of rules 1, 2 with both its links, and 3. */
const TARGETS: readonly (readonly [directive: string, targets: string])[] = [
  ['SecRuleUpdateTargetById 1 !ARGS:a', 'ARGS -a|REQUEST_URI; REQUEST_METHOD, ARGS:p|ARGS:q; ARGS:p'],
  [
    'SecRuleUpdateTargetById 1 "!ARGS:a,!ARGS:/b/"',
    'ARGS -a -/b/|REQUEST_URI; REQUEST_METHOD, ARGS:p|ARGS:q; ARGS:p',
  ],
  ['SecRuleUpdateTargetById 1 "!ARGS"', 'REQUEST_URI; REQUEST_METHOD, ARGS:p|ARGS:q; ARGS:p'],
  [
    'SecRuleUpdateTargetById 1 "TX:a|&TX"',
    'ARGS|REQUEST_URI|TX:a|&TX; REQUEST_METHOD, ARGS:p|ARGS:q; ARGS:p',
  ],
  ['SecRuleUpdateTargetById 1 TX ARGS', 'REQUEST_URI|TX; REQUEST_METHOD, ARGS:p|ARGS:q; ARGS:p'],
  ['SecRuleUpdateTargetById 3 TX:a ARGS:p', 'ARGS|REQUEST_URI; REQUEST_METHOD, ARGS:p|ARGS:q; TX:a'],
  ['SecRuleUpdateTargetById 2 !ARGS:P', 'ARGS|REQUEST_URI; REQUEST_METHOD, ARGS:q -p; ARGS:p'],
  ['SecRuleUpdateTargetById 2 TX', 'ARGS|REQUEST_URI; REQUEST_METHOD|TX, ARGS:p|ARGS:q; ARGS:p'],
  ['SecRuleUpdateTargetByTag ^a !ARGS:x', 'ARGS -x|REQUEST_URI; REQUEST_METHOD, ARGS:p -x|ARGS:q -x; ARGS:p'],
  ['SecRuleUpdateTargetByMsg "one of" !REQUEST_URI', 'ARGS; REQUEST_METHOD, ARGS:p|ARGS:q; ARGS:p'],
  [
    'SecRuleUpdateTargetById 1-3 !ARGS:z',
    'ARGS -z|REQUEST_URI; REQUEST_METHOD, ARGS:p -z|ARGS:q -z; ARGS:p -z',
  ],
];

for (const [directive, targets] of TARGETS) {
  test(`${directive} makes the targets ${targets}`, () => {
    const { rules, mistakes, warnings } = update(directive);
    assert.deepEqual([mistakes, warnings], [[], []]);
    const lines = rules
      .slice(0, 3)
      .map((rule) => rule.links.map((link) => link.targets.map(shown).join('|')));
    assert.equal(lines.map((links) => links.join(', ')).join('; '), targets);
  });
}

test('a rule that has nothing left to look at goes: it could never match', () => {
  assert.deepEqual(
    update('SecRuleUpdateTargetById 3 !ARGS:p').rules.map(({ id }) => id),
    ['1', '2', '4'],
  );
  assert.deepEqual(
    update('SecRuleUpdateTargetById 2 !ARGS').rules.map(({ id }) => id),
    ['1', '3', '4'],
  );
});

test('SecAction, which looks at nothing, stays whatever is left out', () => {
  assert.deepEqual(
    update('SecRuleUpdateTargetById 4 !ARGS').rules.map(({ id }) => id),
    ['1', '2', '3', '4'],
  );
});

test('SecRuleUpdateActionById changes what it names and leaves the rest', () => {
  const { rules, mistakes } = update(
    'SecRuleUpdateActionById 1 "pass,nolog,tag:new,t:urlDecode,msg:\'%{tx.m}\',severity:0,setvar:tx.a"',
  );
  assert.deepEqual(mistakes, []);
  const [rule] = rules;
  assert.deepEqual(rule?.disruption, { do: 'pass' });
  assert.deepEqual([rule.isLogged, rule.severity, rule.phase], [false, 0, 2]);
  assert.deepEqual(rule.tags, [['a/b'], ['c'], ['new']]);
  assert.deepEqual(
    rule.links[0]?.transformations.map(({ name }) => name),
    ['lowercase', 'urlDecode'],
  );
  assert.equal(rule.links[0].actions.length, 1);
});

test('SecRuleUpdateActionById reaches one rule of a chain', () => {
  const { rules, mistakes } = update('SecRuleUpdateActionById 2:1 "t:none,t:lowercase,capture"');
  assert.deepEqual(mistakes, []);
  assert.deepEqual(
    rules[1]?.links.map((link) => [link.isCapturing, link.transformations.length]),
    [
      [false, 0],
      [true, 1],
    ],
  );
});

test('SecRuleUpdateActionById can block again what SecDefaultAction lets pass', () => {
  const text =
    'SecDefaultAction "phase:2,pass"\nSecRule ARGS x id:1,block\nSecRuleUpdateActionById 1 "deny,status:404"';
  const [item] = readRules([{ name: 'a.conf', text }]).ruleSet.items;
  assert.deepEqual(item?.kind === 'rule' ? item.rule.disruption : undefined, { do: 'deny', status: 404 });
});

/** No mistake, and one warning: the exclusion does nothing. */
const IDLE: readonly string[] = [
  'SecRuleRemoveById 9',
  'SecRuleRemoveById 5-9',
  'SecRuleRemoveByTag zzz',
  'SecRuleRemoveByMsg zzz',
  'SecRuleUpdateTargetById 9 !ARGS',
  'SecRuleUpdateActionById 9 pass',
];

for (const directive of IDLE) {
  test(`${directive} names no rule, and says so`, () => {
    const { rules, mistakes, warnings } = update(directive);
    assert.equal(rules.length, 4);
    assert.deepEqual(mistakes, []);
    assert.deepEqual(warnings, [
      `a.conf:1:1: "${directive.split(/ (?:!|pass)/)[0]}" has no effect: it names no rule [rule-unknown]`,
    ]);
  });
}

const MISTAKES: readonly (readonly [directive: string, mistake: string])[] = [
  ['SecRuleRemoveById', '1:1: Cannot read SecRuleRemoveById: it needs ids, and has 0 [directive-arguments]'],
  [
    'SecRuleRemoveById a',
    '1:1: Cannot read SecRuleRemoveById: "a" is neither an id nor a range of ids [directive-arguments]',
  ],
  [
    'SecRuleRemoveById 3-1',
    '1:1: Cannot read SecRuleRemoveById: "3-1" is neither an id nor a range of ids [directive-arguments]',
  ],
  ['SecRuleRemoveById ""', '1:1: Cannot read SecRuleRemoveById: the id is missing [directive-arguments]'],
  ['SecRuleRemoveByTag ""', '1:1: Cannot read SecRuleRemoveByTag: the tag is missing [directive-arguments]'],
  [
    'SecRuleRemoveByMsg a b',
    '1:1: Cannot read SecRuleRemoveByMsg: it needs one word: an expression, and has 2 [directive-arguments]',
  ],
  [
    'SecRuleUpdateTargetById 1',
    '1:1: Cannot read SecRuleUpdateTargetById: it needs two or three words: ids, variables, and has 1 [directive-arguments]',
  ],
  [
    'SecRuleUpdateTargetById 1 !ARG',
    '1:27: Cannot read variable "ARG": it is not known, perhaps "ARGS" is meant [variable-unknown]',
  ],
  [
    'SecRuleUpdateTargetById x ARGS',
    '1:1: Cannot read SecRuleUpdateTargetById: "x" is neither an id nor a range of ids [directive-arguments]',
  ],
  [
    'SecRuleUpdateActionById 1 denny',
    '1:27: Cannot read action "denny": it is not known, perhaps "deny" is meant [action-unknown]',
  ],
  [
    'SecRuleUpdateActionById 1-4 status:1',
    '1:29: Cannot read action "status:1": it is no final status [action-argument]',
  ],
  [
    'SecRuleUpdateActionById 1 id:9',
    '1:27: Cannot read action "id:9": it cannot be changed [action-conflict]',
  ],
  [
    'SecRuleUpdateActionById 1 phase:1',
    '1:27: Cannot read action "phase:1": it cannot be changed [action-conflict]',
  ],
  [
    'SecRuleUpdateActionById 2:1 deny',
    '1:29: Cannot read action "deny": only the first rule of a chain may have it [action-conflict]',
  ],
  [
    'SecRuleUpdateActionById 2:2 capture',
    '1:1: Cannot apply "SecRuleUpdateActionById 2": the chain has 2 rules [directive-arguments]',
  ],
];

for (const [directive, mistake] of MISTAKES) {
  test(`one mistake in ${directive}`, () =>
    assert.deepEqual(update(directive).mistakes, [`a.conf:${mistake}`]));
}

test('an expression that cannot be read is told', () => {
  const { mistakes } = update('SecRuleRemoveByTag "("');
  assert.equal(mistakes.length, 1);
  assert.match(
    mistakes[0] ?? '',
    /^a\.conf:1:1: Cannot read SecRuleRemoveByTag: pattern "\(" cannot be read: /,
  );
});
