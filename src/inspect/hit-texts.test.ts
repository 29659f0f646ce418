/**
 * What a hit tells (`msg`, `tag`, `logdata`) is about the match that it names, however many values match before and
 * behind it, and says nothing that another rule has captured.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { Hit } from '../base/verdict.ts';
import { compileRules, makeInspector } from './build.ts';
import { formatMistake } from './mistake.ts';

function hitsOf(rules: string, target: string, isFast: boolean): readonly Hit[] {
  const compiled = compileRules([{ name: 'r.conf', text: rules }], { exclude: [], isFast });
  assert(
    compiled.kind === 'ok',
    compiled.kind === 'bad' ? compiled.mistakes.map(formatMistake).join('\n') : '',
  );
  const transaction = makeInspector(compiled.plan, { mode: 'detect' }).begin({
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: { count: 0, name: () => '', value: () => '' },
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: Buffer.alloc(0), isPrefix: false });
  transaction.end();
  return transaction.hits;
}

const TOLD = "logdata:'%{tx.0} of %{matched_var_name}: %{matched_var}'";

/** Rules, target, and `id data` of each hit. */
const ROWS: readonly (readonly [what: string, rules: string, target: string, told: readonly string[]])[] = [
  [
    'the first value that matches, whatever matches behind it',
    `SecRule ARGS "@rx x(.)" "id:1,capture,${TOLD}"`,
    '/?a=y&b=x1&c=x2',
    ['1 x1 of ARGS:b: x1'],
  ],
  [
    'the first member of several targets',
    `SecRule REQUEST_URI|ARGS "@rx x." "id:1,capture,${TOLD}"`,
    '/?a=x1',
    ['1 x1 of REQUEST_URI: /?a=x1'],
  ],
  [
    'the first step of multiMatch',
    `SecRule ARGS "@rx (?i)b+" "id:1,capture,multiMatch,t:lowercase,${TOLD}"`,
    '/?a=aBb',
    ['1 Bb of ARGS:a: aBb'],
  ],
  [
    'the value whose chain holds, not one behind it whose chain does not',
    `SecRule ARGS "@rx ^(\\w+)=(\\w+)$" "id:1,capture,chain,${TOLD}"\nSecRule TX:1 "@streq evil"`,
    '/?a=good%3d1&b=evil%3d2&c=fine%3d3',
    ['1 evil=2 of TX:1: evil'],
  ],
  [
    'the first of two values whose chain holds',
    `SecRule ARGS "@rx ^(\\w+)=(\\w+)$" "id:1,capture,chain,logdata:'%{tx.2}'"\nSecRule TX:1 "@streq evil"`,
    '/?b=evil%3d2&c=evil%3d3',
    ['1 2'],
  ],
  [
    'the operator that finds a text captures it, not what a rule before has captured',
    `SecRule ARGS:a "@rx secret(.*)" "id:1,nolog,capture"\nSecRule ARGS:b "@contains -->" "id:2,capture,${TOLD}"`,
    '/?a=secret123&b=x--%3Ey',
    ['2 --> of ARGS:b: x-->y'],
  ],
  [
    'the groups of a rule before are gone when an operator without groups captures',
    `SecRule ARGS:a "@rx secret(.*)" "id:1,nolog,capture"\nSecRule ARGS:b "@streq x" "id:2,capture,logdata:'[%{tx.0}][%{tx.1}]'"`,
    '/?a=secret123&b=x',
    ['2 [x][]'],
  ],
  [
    'the value of a test that is turned around',
    `SecRule ARGS "!@rx ^\\d+$" "id:1,capture,${TOLD}"`,
    '/?a=1&b=c',
    ['1 c of ARGS:b: c'],
  ],
  [
    'a number that is compared',
    `SecRule &ARGS "@gt 1" "id:1,capture,logdata:'%{tx.0} arguments'"`,
    '/?a=1&b=c',
    ['1 2 arguments'],
  ],
  [
    'a SecAction that captures has nothing to capture',
    `SecRule ARGS:a "@rx x(.)" "id:1,nolog,capture"\nSecAction "id:2,capture,logdata:'[%{tx.0}][%{tx.1}]'"`,
    '/?a=x1',
    ['2 [][]'],
  ],
  [
    'what the rule itself has set',
    `SecRule ARGS "@rx x(.)" "id:1,capture,setvar:'tx.seen=%{tx.1}',logdata:'%{tx.seen}'"`,
    '/?a=x1&b=x2',
    ['1 1'],
  ],
  [
    'a rule that does not capture says what the last one that did has left',
    `SecRule ARGS:a "@rx x(.)" "id:1,nolog,capture"\nSecRule ARGS:b "@rx y" "id:2,logdata:'%{tx.1}'"`,
    '/?a=x1&b=y',
    ['2 1'],
  ],
  [
    'also when that was the first link of a chain that did not hold',
    `SecRule ARGS:a "@rx x(.)" "id:1,capture,chain"\nSecRule TX:1 "@streq z"\nSecRule ARGS:b "@rx y" "id:2,logdata:'%{tx.1}'"`,
    '/?a=x1&b=y',
    ['2 1'],
  ],
];

for (const [what, rules, target, told] of ROWS) {
  for (const isFast of [true, false]) {
    test(`a hit tells ${what} (${isFast ? 'fast' : 'slow'})`, () => {
      const hits = hitsOf(rules, target, isFast);
      assert.deepEqual(
        hits.map(({ rule, data }) => `${rule} ${data ?? ''}`),
        told,
      );
    });
  }
}

test('message, tags and data of a hit are of the same match', () => {
  const rules = `SecRule ARGS "@rx x(.)" "id:1,capture,msg:'m %{tx.1}',tag:'t %{tx.1}',logdata:'d %{tx.1}',setvar:'tx.anomaly_score=+2'"`;
  const [hit] = hitsOf(rules, '/?a=x1&b=x2', true);
  assert.deepEqual([hit?.message, hit?.tags, hit?.data, hit?.target], ['m 1', ['t 1'], 'd 1', 'ARGS:a']);
  assert.equal(hit?.score, 4, 'the score is that of all matches');
});
