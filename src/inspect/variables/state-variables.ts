/** Variables that rules set, and those that tell what the rules before did. */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { CollectionName } from '../rule/action.ts';
import { collection, single } from './define.ts';
import type { Facts } from './facts.ts';
import { Value } from './value.ts';
import type { Variable } from './variable.ts';

const VOLATILE = { isVolatile: true } as const;

export const STATE_VARIABLES: readonly Variable[] = [
  collection('ENV', (facts) => membersOf(facts.state.environment), VOLATILE),
  stored('GLOBAL'),
  single('HIGHEST_SEVERITY', (facts) => String(facts.state.highestSeverity), VOLATILE),
  stored('IP'),
  single('MATCHED_VAR', (facts) => facts.state.matched.at(-1)?.text ?? '', VOLATILE),
  single('MATCHED_VAR_NAME', (facts) => facts.state.matched.at(-1)?.name ?? '', VOLATILE),
  collection(
    'MATCHED_VARS',
    (facts) => facts.state.matched.map(({ name, text }) => new Value(name, text)),
    VOLATILE,
  ),
  collection(
    'MATCHED_VARS_NAMES',
    (facts) => facts.state.matched.map(({ name }) => new Value(name, name)),
    VOLATILE,
  ),
  single('MODSEC_BUILD', () => '030000000'),
  single('MSC_PCRE_ERROR', (facts) => (facts.state.isExhausted ? '1' : '0'), VOLATILE),
  single('MSC_PCRE_LIMITS_EXCEEDED', (facts) => (facts.state.isExhausted ? '1' : '0'), VOLATILE),
  stored('RESOURCE'),
  collection('RULE', readRule, VOLATILE),
  stored('SESSION'),
  single('SESSIONID', (facts) => facts.state.keyOf('SESSION'), VOLATILE),
  {
    ...stored('TX'),
    readMeant: (facts, isMeant) =>
      facts.state.txMembers(isMeant).map(([name, text]) => new Value(name, text)),
  },
  stored('USER'),
  single('USERID', (facts) => facts.state.keyOf('USER'), VOLATILE),
  single('WEBAPPID', (facts) => facts.state.webAppId),
];

function stored(name: CollectionName): Variable {
  return collection(name, (facts) => membersOf(facts.state.membersOf(name)), {
    isVolatile: true,
    readMember: (facts, member) => facts.state.read(name, member),
  });
}

function membersOf(members: ReadonlyMap<string, string>): readonly Value[] {
  const values: Value[] = [];
  for (const [name, text] of members) values.push(new Value(name, text));
  return values;
}

/** What is known of the rule that runs: RULE.id, .msg, .severity, .rev, .ver, .logdata. */
function readRule(facts: Facts): readonly Value[] {
  const { rule } = facts.state;
  if (rule === undefined) return [];
  return [
    new Value('id', rule.id),
    new Value('rev', rule.revision),
    new Value('severity', String(rule.severity)),
    new Value('ver', rule.version),
    new Value('msg', rule.message.map((part) => (typeof part === 'string' ? part : '')).join('')),
    new Value('phase', String(rule.phase)),
  ].map((value) => new Value(foldAscii(value.key), value.text));
}
