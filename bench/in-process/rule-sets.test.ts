import assert from 'node:assert/strict';
import { test } from 'node:test';

import { missingRules } from '../peers/rule-sets.ts';
import { KINDS } from '../traffic/kinds.ts';
import { visitsOf } from '../traffic/samples.ts';
import { exchangeOf, Feed } from './feed.ts';
import { buildSet, isLetThrough, type RuleSet } from './rule-sets.ts';

const SETS: readonly (readonly [set: RuleSet, stopsAttacks: boolean])[] = [
  [{ name: 'none', hasCrs: false, snort: 0 }, false],
  [{ name: 'both', hasCrs: true, snort: 500 }, true],
];

for (const [set, stopsAttacks] of SETS) {
  const why = set.hasCrs ? missingRules('crs+snort') : undefined;
  test(
    `${set.name}: what is harmless is let through; attacks are stopped: ${stopsAttacks}`,
    { skip: why },
    () => {
      const { inspector } = buildSet(set);
      let count = 0;
      for (const kind of KINDS) {
        const feed = new Feed(visitsOf({ ...kind, visits: 4 }), 4);
        for (const arrived of feed.take(kind.isHeavy === true ? 2 : 30)) {
          const exchange = exchangeOf(arrived);
          const isThrough = isLetThrough(inspector, exchange);
          assert.equal(isThrough, !(stopsAttacks && arrived.isAttack), exchange.request.target);
          count++;
        }
      }
      assert.equal(count, 7 * 30 + 3 * 2);
    },
  );
}
