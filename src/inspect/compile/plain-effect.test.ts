import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from '../build.ts';
import type { PlainEffect } from './plain-effect.ts';

/** The rule with the id 1 in these rules. */
function effectOf(text: string): PlainEffect | undefined {
  const compiled = compileRules([{ name: 'r.conf', text }]);
  assert(compiled.kind === 'ok');
  const steps = compiled.plan.fast?.phases.flatMap((phase) => phase.steps) ?? [];
  return steps.find(({ planned }) => planned.rule.id === '1')?.effect;
}

const REMOVER = (target: string, more = '', phase = 1): string =>
  `SecRule ${target} "@streq a" "id:1,phase:${phase},pass,nolog${more},ctl:ruleRemoveById=2"`;
const LEADER = (more = ''): string =>
  `SecRule REQUEST_METHOD "@streq GET" "id:1,pass,nolog,${more}skipAfter:M"`;

const ROWS: readonly (readonly [what: string, rules: string, effect: PlainEffect])[] = [
  ['takes a rule away', REMOVER('REQUEST_FILENAME'), 'removes'],
  ['takes a target away', REMOVER('REQUEST_FILENAME', ',ctl:ruleRemoveTargetById=3;ARGS'), 'removes'],
  ['takes a rule away by a field', REMOVER('REQUEST_HEADERS:A', '', 4), 'removes'],
  ['takes away by the reader of the body', REMOVER('REQBODY_PROCESSOR', '', 2), 'removes'],
  ['by the reader, before it has read', REMOVER('REQBODY_PROCESSOR'), 'any'],
  ['by what rules change', REMOVER('HIGHEST_SEVERITY'), 'any'],
  ['by what comes with the body', REMOVER('REQUEST_BODY', '', 2), 'any'],
  ['by the response', REMOVER('RESPONSE_STATUS', '', 3), 'any'],
  ['does something else, too', REMOVER('REQUEST_FILENAME', ',ctl:forceRequestBodyVariable=On'), 'any'],
  ['leaves a hit', 'SecRule REQUEST_FILENAME "@streq a" "id:1,pass,ctl:ruleRemoveById=2"', 'any'],
  [
    'may give up',
    'SecRule REQUEST_FILENAME "@rx (a)\\1" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2"',
    'any',
  ],
  [
    'has a pattern that never gives up',
    'SecRule REQUEST_FILENAME "@rx a" "id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2"',
    'removes',
  ],
  [
    'takes away a rule that was run ahead',
    `${REMOVER('REQUEST_FILENAME')}\nSecAction "id:2,phase:2,pass,nolog,setvar:tx.a=1"`,
    'any',
  ],
  ['leads around a rule', `${LEADER()}\nSecRule ARGS x id:2\nSecMarker M`, 'leads'],
  [
    'leads around one that was run ahead',
    `${LEADER()}\nSecAction "id:2,pass,nolog,setvar:tx.a=1"\nSecMarker M\nSecRule TX:a 1 id:3`,
    'any',
  ],
  ['leads, and does more', `${LEADER('ctl:ruleRemoveById=2,')}\nSecRule ARGS x id:2\nSecMarker M`, 'any'],
];

for (const [what, rules, effect] of ROWS) {
  test(`the effect of a rule that ${what} is "${effect}"`, () => {
    assert.equal(effectOf(rules), effect);
  });
}
