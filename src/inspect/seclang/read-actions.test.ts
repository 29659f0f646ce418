import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, RuleChoice } from '../rule/action.ts';
import type { Template } from '../rule/template.ts';
import { readRules } from './read-rules.ts';

function actionsOf(list: string): readonly Action[] {
  const { ruleSet, mistakes, warnings } = readRules([
    { name: 'a.conf', text: `SecRule ARGS x "id:1,${list}"` },
  ]);
  assert.deepEqual([mistakes, warnings], [[], []]);
  const [item] = ruleSet.items;
  return item?.kind === 'rule' ? (item.rule.links[0]?.actions ?? []) : [];
}

function text(template: Template): string {
  return template
    .map((part) => (typeof part === 'string' ? part : `{${part.variable.name}.${part.member ?? ''}}`))
    .join('');
}

/** An action on one line. */
function shown(action: Action): string {
  switch (action.do) {
    case 'set-variable':
      return `${action.collection}.${text(action.name)} ${action.change} ${text(action.value)}`;
    case 'unset-variable':
      return `unset ${action.collection}.${text(action.name)}`;
    case 'expire-variable':
      return `expire ${action.collection}.${text(action.name)} ${text(action.seconds)}`;
    case 'deprecate-variable':
      return `deprecate ${action.collection}.${text(action.name)} ${action.amount} ${action.seconds}`;
    case 'open-collection':
      return `open ${action.collection} ${text(action.key)}`;
    case 'set-environment':
      return `env ${action.name} ${text(action.value)}`;
    case 'control':
      return shownControl(action.control);
  }
}

function shownControl(control: Extract<Action, { readonly do: 'control' }>['control']): string {
  switch (control.control) {
    case 'engine':
      return `engine ${control.mode}`;
    case 'response-body-access':
    case 'force-request-body':
      return `${control.control} ${control.isOn}`;
    case 'request-body-processor':
      return `${control.control} ${control.processor}`;
    case 'remove-rules':
      return `remove ${shownChoice(control.rules)}`;
    case 'remove-targets':
      return `remove ${shownChoice(control.rules)} ; ${control.targets
        .map(({ variable, selector }) =>
          selector === undefined
            ? variable.name
            : `${variable.name}:${selector.kind === 'name' ? selector.name : `/${selector.text}/`}`,
        )
        .join(' ')}`;
    case 'none':
      return `none ${control.name}`;
  }
}

function shownChoice(choice: RuleChoice): string {
  if (choice.by !== 'id') return `${choice.by} ${choice.text}`;
  return choice.ranges.map(({ first, last }) => `${first}-${last}`).join(' ');
}

const EFFECTS: readonly (readonly [list: string, shown: string])[] = [
  ['setvar:tx.a', 'TX.a set 1'],
  ['setvar:TX.A=1', 'TX.a set 1'],
  ['setvar:tx:a=1', 'TX.a set 1'],
  ["setvar:'tx.a=b, c'", 'TX.a set b, c'],
  ["setvar:'tx.a = b'", 'TX.a set b'],
  ["setvar:'tx.a='", 'TX.a set '],
  ['setvar:tx.a=+1', 'TX.a add 1'],
  ['setvar:tx.a=-%{tx.b}', 'TX.a subtract {TX.b}'],
  ['setvar:tx.a=+', 'TX.a set +'],
  ['setvar:tx.a=-', 'TX.a set -'],
  ['setvar:tx.a=b=c', 'TX.a set b=c'],
  ["setvar:'tx.A_%{TX.1}_B=/%{tx.1}/'", 'TX.a_{TX.1}_b set /{TX.1}/'],
  ['setvar:!tx.a', 'unset TX.a'],
  ['setvar:ip.a.b=1', 'IP.a.b set 1'],
  ['setvar:session.a=1', 'SESSION.a set 1'],
  ['expirevar:ip.a=60', 'expire IP.a 60'],
  ['expirevar:ip.a=%{tx.t}', 'expire IP.a {TX.t}'],
  ['deprecatevar:session.a=60/300', 'deprecate SESSION.a 60 300'],
  ['initcol:ip=%{REMOTE_ADDR}_%{tx.a}', 'open IP {REMOTE_ADDR.}_{TX.a}'],
  ['initcol:global=global', 'open GLOBAL global'],
  ['setuid:%{REMOTE_USER}', 'open USER {REMOTE_USER.}'],
  ['setsid:%{REQUEST_COOKIES.sid}', 'open SESSION {REQUEST_COOKIES.sid}'],
  ['setrsc:a', 'open RESOURCE a'],
  ['setenv:a=b', 'env a b'],
  ['setenv:a', 'env a 1'],
  ['setenv:!a', 'env a '],
  ['ctl:ruleEngine=off', 'engine off'],
  ['ctl:ruleEngine=DetectionOnly', 'engine detect'],
  ['ctl:requestBodyAccess=On', 'none requestBodyAccess'],
  ['ctl:responseBodyAccess=Off', 'response-body-access false'],
  ['phase:1,ctl:forceRequestBodyVariable=On', 'force-request-body true'],
  ['phase:1,ctl:requestBodyProcessor=xml', 'request-body-processor XML'],
  ['ctl:responseBodyProcessor=JSON', 'none responseBodyProcessor'],
  ['ctl:ruleRemoveById=1', 'remove 1-1'],
  ["ctl:'ruleRemoveById=1-5 7, 9'", 'remove 1-5 7-7 9-9'],
  ['ctl:ruleRemoveByTag=a/b', 'remove tag a/b'],
  ["ctl:'ruleRemoveByMsg=a b'", 'remove message a b'],
  ['ctl:ruleRemoveTargetById=1;ARGS:A', 'remove 1-1 ; ARGS:a'],
  ['ctl:ruleRemoveTargetById=1-9;!ARGS', 'remove 1-9 ; ARGS'],
  [
    "ctl:'ruleRemoveTargetById=1;ARGS:a,REQUEST_COOKIES:/^b/|TX'",
    'remove 1-1 ; ARGS:a REQUEST_COOKIES:/^b/ TX',
  ],
  ['ctl:ruleRemoveTargetByTag=t;ARGS:a', 'remove tag t ; ARGS:a'],
  ['ctl:ruleRemoveTargetByMsg=m;ARGS:a', 'remove message m ; ARGS:a'],
  ['ctl:auditLogParts=+E', 'none auditLogParts'],
  ['ctl:auditEngine=Off', 'none auditEngine'],
  ['ctl:debugLogLevel=9', 'none debugLogLevel'],
];

for (const [list, line] of EFFECTS) {
  test(`${list} is ${line}`, () => assert.deepEqual(actionsOf(list).map(shown), [line]));
}

test('effects keep their order', () => {
  assert.deepEqual(actionsOf('setvar:tx.a,ctl:ruleEngine=On,setvar:!tx.a').map(shown), [
    'TX.a set 1',
    'engine on',
    'unset TX.a',
  ]);
});

test('tags and messages are chosen by an expression that may match anywhere, in its own case', () => {
  const [action] = actionsOf('ctl:ruleRemoveByTag=attack-s.l');
  assert(action?.do === 'control' && action.control.control === 'remove-rules');
  const { rules } = action.control;
  assert(rules.by === 'tag');
  assert.deepEqual(
    ['attack-sqli', 'x/attack-sal', 'ATTACK-SQLI', 'attack'].map((tag) => rules.test(tag)),
    [true, true, false, false],
  );
});

/** The place is that of the action; column 22 is the first behind `id:1,`. */
const MISTAKES: readonly (readonly [list: string, mistake: string])[] = [
  ['foo', 'action-unknown: Cannot read action "foo": it is not known'],
  ['denny', 'action-unknown: Cannot read action "denny": it is not known, perhaps "deny" is meant'],
  ['exec:/a', 'action-unsupported: Cannot run action "exec": rules run no programs'],
  [
    'proxy:http://a/',
    'action-unsupported: Cannot run action "proxy": requests are routed by the configuration',
  ],
  [
    'pause:100',
    'action-unsupported: Cannot run action "pause": clients are slowed down by the configuration',
  ],
  ['append:a', 'action-unsupported: Cannot run action "append": bodies are not changed by rules'],
  ['id:2', 'action-conflict: Cannot read action "id:2": "id:1" is given as well'],
  ['phase:0', 'action-argument: Cannot read action "phase:0": it is no phase'],
  ['phase', 'action-argument: Cannot read action "phase": its value is missing'],
  ['phase:', 'action-argument: Cannot read action "phase:": its value is missing'],
  ["phase:'1'2", 'action-argument: Cannot read action "phase:\'1\'2": it is no phase'],
  ['severity:8', 'action-argument: Cannot read action "severity:8": it is no severity'],
  ['severity:bad', 'action-argument: Cannot read action "severity:bad": it is no severity'],
  ['maturity:10', 'action-argument: Cannot read action "maturity:10": it is no number from 0 to 9'],
  ['accuracy:-1', 'action-argument: Cannot read action "accuracy:-1": it is no number from 0 to 9'],
  ['status:200x', 'action-argument: Cannot read action "status:200x": it is no final status'],
  ['status:101', 'action-argument: Cannot read action "status:101": it is no final status'],
  ['deny:403', 'action-argument: Cannot read action "deny:403": it takes no value'],
  ['deny:', 'action-argument: Cannot read action "deny:": it takes no value'],
  ['log:1', 'action-argument: Cannot read action "log:1": it takes no value'],
  ['chain:1', 'action-argument: Cannot read action "chain:1": it takes no value'],
  [
    'allow:all',
    'action-argument: Cannot read action "allow:all": it is neither allow, allow:phase nor allow:request',
  ],
  ['redirect', 'action-argument: Cannot read action "redirect": its value is missing'],
  ['skip:0', 'action-argument: Cannot read action "skip:0": it is no number of rules'],
  ['skip:-1', 'action-argument: Cannot read action "skip:-1": it is no number of rules'],
  ['skipAfter', 'action-argument: Cannot read action "skipAfter": its value is missing'],
  ['msg:', 'action-argument: Cannot read action "msg:": its value is missing'],
  ['tag', 'action-argument: Cannot read action "tag": its value is missing'],
  [
    't:lower',
    'transformation-unknown: Cannot read transformation "lower": it is not known, perhaps "lowercase" is meant',
  ],
  ['t', 'transformation-unknown: Cannot read transformation "": it is not known'],
  ['setvar:a=1', 'action-argument: Cannot read action "setvar:a=1": it has not the form COLLECTION.NAME'],
  [
    'setvar:args.a=1',
    'action-argument: Cannot read action "setvar:args.a=1": "args" is no collection that rules can write',
  ],
  ['setvar:tx.=1', 'action-argument: Cannot read action "setvar:tx.=1": the name of the member is missing'],
  ['setvar:!tx.a=1', 'action-argument: Cannot read action "setvar:!tx.a=1": what is unset takes no value'],
  ['setvar', 'action-argument: Cannot read action "setvar": its value is missing'],
  [
    'expirevar:ip.a',
    'action-argument: Cannot read action "expirevar:ip.a": it has not the form NAME=SECONDS',
  ],
  [
    'expirevar:ip.a=1m',
    'action-argument: Cannot read action "expirevar:ip.a=1m": the seconds are no whole number',
  ],
  [
    'deprecatevar:ip.a=60',
    'action-argument: Cannot read action "deprecatevar:ip.a=60": it has not the form NAME=AMOUNT/SECONDS',
  ],
  ['deprecatevar:ip.a=1/0', 'action-argument: Cannot read action "deprecatevar:ip.a=1/0": the seconds are 0'],
  ['initcol:tx=a', 'action-argument: Cannot read action "initcol:tx=a": "tx" is no collection that is kept'],
  ['initcol:ip', 'action-argument: Cannot read action "initcol:ip": the key is missing'],
  [
    'setenv:=a',
    'action-argument: Cannot read action "setenv:=a": the name is missing, or has other characters than letters and digits',
  ],
  ['ctl:ruleEngine', 'action-argument: Cannot read action "ctl:ruleEngine": it has not the form NAME=VALUE'],
  ['ctl:foo=1', 'action-argument: Cannot read action "ctl:foo=1": control "foo" is not known'],
  [
    'ctl:ruleEngine=maybe',
    'action-argument: Cannot read action "ctl:ruleEngine=maybe": it is neither On, Off nor DetectionOnly',
  ],
  [
    'ctl:requestBodyAccess=1',
    'action-argument: Cannot read action "ctl:requestBodyAccess=1": it is neither On nor Off',
  ],
  [
    'ctl:requestBodyProcessor=YAML',
    'action-argument: Cannot read action "ctl:requestBodyProcessor=YAML": it is none of URLENCODED, MULTIPART, JSON and XML',
  ],
  [
    'ctl:ruleRemoveById=a',
    'action-argument: Cannot read action "ctl:ruleRemoveById=a": "a" is neither an id nor a range of ids',
  ],
  [
    'ctl:ruleRemoveById=9-1',
    'action-argument: Cannot read action "ctl:ruleRemoveById=9-1": "9-1" is neither an id nor a range of ids',
  ],
  ['ctl:ruleRemoveById=', 'action-argument: Cannot read action "ctl:ruleRemoveById=": the id is missing'],
  ['ctl:ruleRemoveByTag=', 'action-argument: Cannot read action "ctl:ruleRemoveByTag=": the tag is missing'],
  [
    'ctl:ruleRemoveById=%{tx.a}',
    'action-argument: Cannot read action "ctl:ruleRemoveById=%{tx.a}": macros cannot stand in a control',
  ],
  [
    'ctl:ruleRemoveTargetById=1',
    'action-argument: Cannot read action "ctl:ruleRemoveTargetById=1": it has not the form RULES;TARGET',
  ],
  [
    'ctl:hashEngine=On',
    'action-unsupported: Cannot run action "ctl:hashEngine=On": responses are not signed',
  ],
];

for (const [list, mistake] of MISTAKES) {
  test(`one mistake in ${list}`, () => {
    const { mistakes } = readRules([{ name: 'a.conf', text: `SecRule ARGS x "id:1,${list}"` }]);
    // A chain that nothing follows is another mistake.
    const found = mistakes.filter(({ code }) => code !== 'chain-open');
    assert.deepEqual(
      found.map(({ line, column, code, text: message }) => `${line}:${column} ${code}: ${message}`),
      [`1:22 ${mistake}`],
    );
  });
}

const ELSEWHERE: readonly (readonly [list: string, mistakes: readonly string[]])[] = [
  ['deny,pass', ['27 action-conflict']],
  ['block,deny', ['28 action-conflict']],
  ['phase:1,phase:2', ['30 action-conflict']],
  ['skip:1,skipAfter:A', ['29 action-argument']],
  ['a,,b', ['22 action-unknown', '24 action-unknown', '25 action-unknown']],
  ['ctl:ruleRemoveTargetById=1;FOO', ['49 variable-unknown']],
  ['ctl:ruleRemoveTargetById=1;&ARGS', ['49 variable-selector']],
  ['setvar:tx.%{foo}=1', ['29 macro-unknown']],
];

for (const [list, places] of ELSEWHERE) {
  test(`mistakes in ${list} are told where they stand`, () => {
    const { mistakes } = readRules([{ name: 'a.conf', text: `SecRule ARGS x "id:1,${list}"` }]);
    assert.deepEqual(
      mistakes.map(({ column, code }) => `${column} ${code}`),
      places,
    );
  });
}
