/**
 * The first value made to hurt that a worker sees: rules of the CRS attached as a worker attaches them, whose automata have
 * no states yet, and a form of 128 KiB.
 *
 * Counted, not timed: threads that the patterns which run together looked at. Before their growth was bounded, some of these
 * bodies made them look at 25 to 45 million.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeInspector } from '../../../src/inspect/build.ts';
import { parsePattern } from '../../../src/inspect/rx/parse.ts';
import { attachRules, shareRules } from '../../../src/inspect/shared/shared-rules.ts';
import { seededRandom } from '../../support/random.ts';
import { crsFiles } from '../crs/crs-data.ts';
import { hostileInputs } from './hostile-inputs.ts';
import { crsPatterns, missing } from './patterns.ts';
import { listedFields } from '../../../src/inspect/listed-fields.ts';

const LENGTH = 131_072;
/** What there is at the beginning, for each group; paranoia level 4 has two. */
const CREDIT = 500_000;
/** A form is looked at as a whole, by arguments, and after transformations: so many texts for each of its bytes. */
const TEXTS_MAX = 12;
const CREDIT_PER_BYTE = 0.5;

/** Patterns whose noise made the most states when nothing bounded them. */
const WORST = [
  /^\(\?i\)\(\?:b\["'/,
  /^>SmEvK_PaThAn/,
  /^\(\?i\)create\[/,
  /^\(\?i\)\(\?:\[\\n\\r;`/,
  /^\(\?i\)\(\?:\^\(\?:json/,
];

for (const [level, groups] of [
  [1, 1],
  [4, 2],
] as const) {
  test(
    `the first hostile value costs a worker no more than there is credit for, paranoia level ${level}`,
    { skip: missing('crs') },
    (context) => {
      const shared = shareRules(crsFiles(level), {});
      assert(shared.kind === 'ok');
      const bound = groups * (CREDIT + CREDIT_PER_BYTE * TEXTS_MAX * LENGTH);
      for (const form of WORST) {
        const { source, options } = crsPatterns().find((pattern) => form.test(pattern.source)) ?? {};
        assert(source !== undefined && options !== undefined, String(form));
        // Noise over all bytes that the pattern tells apart.
        const noise = hostileInputs(parsePattern(source, options).root, LENGTH - 2, seededRandom(1)).at(-2);
        const { plan, limits } = attachRules(shared.memory);
        const together = plan.fast?.naming.context.together;
        assert(noise !== undefined && together !== undefined);
        inspect(plan, limits, `a=${noise()}`);
        context.diagnostic(`${together.work} threads for noise of ${source.slice(0, 30)}`);
        assert(together.work > 0);
        assert(together.work <= bound, `${together.work} threads, at most ${bound}: ${source}`);
      }
    },
  );
}

function inspect(
  plan: Parameters<typeof makeInspector>[0],
  limits: Readonly<Record<string, unknown>>,
  body: string,
): void {
  const fields = [
    ['Host', 'shop.example.com'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Content-Length', String(body.length)],
  ] as const;
  const transaction = makeInspector(plan, { mode: 'detect', ...limits }).begin({
    method: 'POST',
    target: '/form',
    version: 'HTTP/1.1',
    headers: listedFields(fields),
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: Buffer.from(body, 'latin1'), isPrefix: false });
  transaction.end();
}
