/**
 * The public sets of Snort 2.2 (2004), Snort 3 (community) and Suricata (ET open): every rule is read, nearly every one
 * loads, and each that loads alerts on a message made from its contents and not on the same with one content changed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompiledRule } from '../../../src/inspect/snort/compile.ts';
import { Coverages } from '../../../src/inspect/snort/coverage.ts';
import { Expected } from '../../../src/inspect/snort/expected.ts';
import { needsOf } from '../../../src/inspect/snort/needs.ts';
import { parseSnortRules } from '../../../src/inspect/snort/parse.ts';
import { NOT_MADE, NOT_RUN, OTHER_PROTOCOLS } from './left-out.ts';
import { alerts, messageFor, withOneChanged } from './made-message.ts';
import type { MadeMessage } from './made-message.ts';
import { loadSet, readSet, SET_NAMES, SKIP } from './sets.ts';
import type { SetName } from './sets.ts';

interface Counts {
  /** Rules in the files, those in comments too. */
  readonly read: number;
  readonly loaded: number;
  /** Rules that no literal tells: they are evaluated for every message of their direction. */
  readonly withoutLiteral: number;
  /** Rules that name no buffer and no content: nothing of theirs can be changed. */
  readonly withoutContent: number;
}

const COUNTS: Readonly<Record<SetName, Counts>> = {
  '2004': { read: 1064, loaded: 1064, withoutLiteral: 0, withoutContent: 0 },
  community: { read: 4024, loaded: 3638, withoutLiteral: 8, withoutContent: 3 },
  'et-open': { read: 7573, loaded: 7466, withoutLiteral: 6, withoutContent: 6 },
};

for (const name of SET_NAMES) {
  test(
    `every rule of ${name} is read, and those that are not loaded are the ones that are known`,
    { skip: SKIP },
    (context) => {
      const set = loadSet(name);
      assert.deepEqual(set.mistakes, []);
      assert.equal(set.ruleCount, COUNTS[name].read);
      assert.equal(set.rules.length, COUNTS[name].loaded);
      context.diagnostic(`${name}: ${set.ruleCount} rules read, ${set.rules.length} loaded`);
      const byOption = Map.groupBy(set.notRun, ({ option }) => option);
      const found = Object.fromEntries(
        [...byOption].map(([option, rules]) => [option, rules.map(({ sid }) => sid).sort((a, b) => a - b)]),
      );
      const counted = Object.keys(OTHER_PROTOCOLS[name]);
      const protocols = Object.fromEntries(counted.map((protocol) => [protocol, found[protocol]?.length]));
      assert.deepEqual(protocols, OTHER_PROTOCOLS[name]);
      const options = Object.entries(found).filter(([option]) => !counted.includes(option));
      assert.deepEqual(Object.fromEntries(options), NOT_RUN[name]);
    },
  );
}

test('at least 99.5 % of the web rules of each set load', { skip: SKIP }, (context) => {
  const shares = [
    ...SET_NAMES.filter((name) => name !== 'community').map((name) => {
      const files = readSet(name).filter((file) => file.name !== 'emerging-scan.rules');
      const { rules, ruleCount } = parseSnortRules(files, { withDisabled: true });
      return rules.length / ruleCount;
    }),
    shareOfCommunityHttp(),
  ];
  assert.equal(shares.length, 3);
  for (const share of shares) assert(share >= 0.995, `only ${(100 * share).toFixed(2)} % load`);
  context.diagnostic(
    `of web rules ${shares.map((share) => `${(100 * share).toFixed(2)} %`).join(', ')} load`,
  );
});

function shareOfCommunityHttp(): number {
  const [file] = readSet('community');
  assert(file !== undefined);
  const lines = file.text.split('\n').filter((line) => /[;(]\s*service:[^;]*\bhttp\b/.test(line));
  assert.equal(lines.length, 2326);
  const { rules } = parseSnortRules([{ ...file, text: lines.join('\n'), dialect: 'snort3' }]);
  return rules.length / lines.length;
}

for (const name of SET_NAMES) {
  test(
    `each loaded rule of ${name} alerts on its message and not on the same with one content changed`,
    { skip: SKIP },
    (context) => {
      const { rules } = loadSet(name);
      const notMade: number[] = [];
      let withoutLiteral = 0;
      let withoutContent = 0;
      for (const compiled of rules) {
        const message = NOT_MADE[name][compiled.rule.sid] === undefined ? messageFor(compiled) : undefined;
        if (message === undefined) {
          notMade.push(compiled.rule.sid);
          continue;
        }
        if (!hasNeeds(compiled, message)) withoutLiteral++;
        const changed = withOneChanged(compiled, message);
        if (changed === undefined) withoutContent++;
        else assert(!alerts(compiled, changed), `rule ${compiled.rule.sid} still alerts`);
      }
      const made = rules.length - notMade.length;
      context.diagnostic(
        `${name}: ${made} of ${rules.length} alert on their message, ${made - withoutContent} not on a changed one`,
      );
      const left = Object.keys(NOT_MADE[name]).map(Number);
      assert.deepEqual(
        notMade.sort((a, b) => a - b),
        left.sort((a, b) => a - b),
      );
      const { withoutLiteral: literals, withoutContent: contents } = COUNTS[name];
      assert.deepEqual(
        { withoutLiteral, withoutContent },
        { withoutLiteral: literals, withoutContent: contents },
      );
    },
  );
}

/** Whether the rule is found by what a message must hold; that the message holds it is what differential.test.ts shows. */
function hasNeeds(compiled: CompiledRule, message: MadeMessage): boolean {
  return needsOf(compiled, new Coverages(message.flow.direction), new Expected()).length > 0;
}
