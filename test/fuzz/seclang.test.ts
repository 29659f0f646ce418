/**
 * Whatever stands in a rule file, reading it ends, with rules or with mistakes at places inside the file. Rule files are
 * written by people whom we trust; what must hold is that none of their slips goes untold or ends the process.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatMistake } from '../../src/inspect/mistake.ts';
import { readRules } from '../../src/inspect/seclang/read-rules.ts';
import type { ReadRules } from '../../src/inspect/seclang/read-rules.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500);

const DIRECTIVES = [
  ...[
    'SecRule ',
    'SecAction ',
    'SecMarker ',
    'SecDefaultAction ',
    'SecRuleRemoveById ',
    'SecRuleRemoveByTag ',
  ],
  ...['SecRuleUpdateTargetById ', 'SecRuleUpdateTargetByMsg ', 'SecRuleUpdateActionById ', 'SecRuleEngine '],
  ...[
    'SecResponseBodyMimeType ',
    'SecArgumentSeparator ',
    'SecAuditLog ',
    'SecRuleScript ',
    'Include ',
    '<IfModule a>',
  ],
];
const TARGETS = [
  ...[
    'ARGS',
    'ARGS:a',
    '!ARGS:a',
    '&ARGS',
    '!ARGS',
    'REQUEST_URI',
    'TX:/^a/',
    "ARGS:'/a|b/'",
    'XML:/*',
    'XML:/a',
  ],
  ...['|', ':', '!', '&', '/', 'GEO', 'PERF_ALL', 'RESPONSE_BODY'],
];
const OPERATORS = [
  ...[
    '@rx ',
    '!@streq ',
    '@pm ',
    '@eq ',
    '@ipMatch ',
    '@within ',
    '@geoLookup',
    '@inspectFile ',
    '@pmFromFile a',
    '@',
  ],
  ...['(', ')', '[', '{2}', '\\d', '(?=', 'a*', '%{tx.a}', '%{foo}', '%{', '%{geo.a}', '1', '\\"'],
];
const ACTIONS = [
  ...[
    'id:1',
    'id:2',
    'id:x',
    'phase:1',
    'phase:5',
    'phase:9',
    'deny',
    'pass',
    'block',
    'allow:phase',
    'status:403',
  ],
  ...[
    'redirect:/%{tx.a}',
    'chain',
    'skip:1',
    'skipAfter:A',
    't:none',
    't:lowercase',
    't:x',
    'capture',
    'multiMatch',
  ],
  ...[
    "msg:'a, b'",
    "msg:'",
    'logdata:%{tx.0}',
    'tag:a',
    'severity:2',
    'nolog',
    'auditlog',
    'setvar:tx.a=+1',
    'setvar:!tx.a',
  ],
  ...[
    "setvar:'tx.%{tx.a}=1'",
    'setvar:a',
    'expirevar:ip.a=1',
    'initcol:ip=a',
    'setenv:a=b',
    'ctl:ruleEngine=Off',
  ],
  ...[
    'ctl:ruleRemoveById=1-2',
    'ctl:ruleRemoveTargetByTag=a;ARGS:/b/',
    'ctl:a',
    'exec:a',
    'sanitiseArg:a',
    'xmlns:a=b',
  ],
];
const JOINTS = [
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\\\n',
  '\\\r\n',
  '\r',
  '"',
  "'",
  '\\',
  '#',
  ',',
  'é',
  '\u{1f600}',
  '\0',
  '\ud800',
];

/** Lists of pieces that look like rules, and others that do not. */
const anyPiece = fc.constantFrom(...DIRECTIVES, ...TARGETS, ...OPERATORS, ...ACTIONS, ...JOINTS);
const wordOf = (pieces: readonly string[], joint: string): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(joint));
const rule = fc
  .tuple(wordOf(TARGETS, ''), wordOf(OPERATORS, ''), wordOf(ACTIONS, ','))
  .map(([targets, operator, actions]) => `SecRule "${targets}" "${operator}" "${actions}"\n`);
/** Sound pieces only, so that what is read is compared with something. */
const soundRule = fc
  .tuple(
    fc.constantFrom('ARGS', 'ARGS|!ARGS:a', '&TX:/^a/|XML:/*', "ARGS:'/a|b/'"),
    fc.constantFrom('@rx a*', '!@streq %{tx.a}', '@pm a b', 'b', '@eq 1'),
    fc.integer({ min: 1, max: 9999 }),
    fc.subarray([
      'phase:1',
      'block',
      "msg:'a, b'",
      'logdata:%{tx.0}',
      't:none',
      'capture',
      'setvar:!tx.a',
      'ctl:ruleRemoveById=1-2',
    ]),
  )
  .map(
    ([targets, operator, id, actions]) =>
      `SecRule "${targets}" "${operator}" "${[`id:${id}`, ...actions].join(',')}"\n`,
  );
const directive = fc
  .tuple(fc.constantFrom(...DIRECTIVES), wordOf([...TARGETS, '1', '2-3', 'On'], ''), wordOf(ACTIONS, ','))
  .map(([name, first, second]) => `${name}"${first}" "${second}"\n`);
const ruleText = fc.oneof(
  fc.array(soundRule, { maxLength: 4 }).map((parts) => parts.join('')),
  fc.array(fc.oneof(soundRule, rule, directive), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.array(anyPiece, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string(),
);

function assertSound(text: string, { ruleSet, mistakes, warnings }: ReadRules): void {
  const lines = text.split('\n');
  for (const finding of [...mistakes, ...warnings]) {
    const shown = formatMistake(finding);
    assert(finding.line >= 1 && finding.line <= lines.length, shown);
    assert(finding.column >= 1 && finding.column <= (lines[finding.line - 1] ?? '').length + 1, shown);
    assert(!/[\n\r]/.test(finding.text), 'a message stays on its line');
  }
  for (const item of ruleSet.items) {
    if (item.kind === 'marker') continue;
    const { links, source } = item.rule;
    assert(links.length > 0);
    assert.match(source, /^f\.conf:\d+$/);
    for (const link of links) assert(link.targets.length > 0 || link.testText === '@unconditionalMatch');
  }
}

test('readRules ends with rules or mistakes, whatever it reads', () => {
  let ruleCount = 0;
  fc.assert(
    fc.property(ruleText, (text) => {
      const strict = readRules([{ name: 'f.conf', text }]);
      assertSound(text, strict);
      if (strict.mistakes.length === 0) ruleCount += strict.ruleSet.items.length;
      const lenient = readRules([{ name: 'f.conf', text }], { isLenient: true });
      assertSound(text, lenient);
      assert(lenient.mistakes.length <= strict.mistakes.length);
    }),
    { numRuns, seed: fuzzSeed },
  );
  assert(ruleCount > numRuns / 50, `only ${ruleCount} rules were sound: the target proves little`);
});

test('what is sound stays so when lines end otherwise, and where they are joined', () => {
  const plain = 'SecRule ARGS|!ARGS:a "@rx a b" "id:1,phase:2,deny,msg:\'x, y\',t:none,t:lowercase"';
  const expected = readRules([{ name: 'f.conf', text: plain }]).ruleSet;
  assert.equal(expected.items.length, 1);
  // Behind every comma and around every word of the actions a line may end.
  const joints = [...plain.matchAll(/,(?=[a-z])/g)].map((match) => match.index + 1);
  fc.assert(
    fc.property(fc.subarray(joints), fc.constantFrom('\\\n', '\\\r\n', '\\\n   ', '  '), (cuts, joint) => {
      let text = plain;
      for (const cut of cuts.toReversed()) text = text.slice(0, cut) + joint + text.slice(cut);
      const { ruleSet, mistakes } = readRules([{ name: 'f.conf', text }]);
      assert.deepEqual(mistakes, []);
      assert.equal(JSON.stringify(ruleSet), JSON.stringify(expected));
    }),
    { numRuns: Math.min(numRuns, 1000), seed: fuzzSeed },
  );
});
