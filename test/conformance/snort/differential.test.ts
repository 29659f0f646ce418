/**
 * The fast way against the slow one, which evaluates every rule on every message: the same hits and the same verdicts, for
 * the messages made for the rules of the public sets and for mixes of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inspector } from '../../../src/inspect/inspector.ts';
import { attachSnort, shareSnort } from '../../../src/inspect/snort/shared-snort.ts';
import { compileSnort, makeSnortInspector } from '../../../src/inspect/snort/snort-inspector.ts';
import type { SnortPlan } from '../../../src/inspect/snort/snort-inspector.ts';
import { exchangeOf, partsOf } from './made-exchange.ts';
import type { ExchangeParts, Field, MadeExchange } from './made-exchange.ts';
import { messageFor } from './made-message.ts';
import { NOT_MADE } from './left-out.ts';
import { readSet, SET_NAMES, SKIP } from './sets.ts';
import type { SetName } from './sets.ts';

/** FUZZ_RUNS is the number of mixes; from 1,000 on every rule has its message, else every so manyth of its set. */
const MIXES = Number(process.env['FUZZ_RUNS'] ?? 100);
const STEP: Readonly<Record<SetName, number>> =
  MIXES < 1000 ? { '2004': 5, community: 30, 'et-open': 60 } : { '2004': 1, community: 1, 'et-open': 1 };

/** How many of the messages hit at least the rule that they were made for, of a hundred. */
const HIT_SHARE_MIN: Readonly<Record<SetName, number>> = { '2004': 95, community: 80, 'et-open': 90 };

for (const name of SET_NAMES) {
  test(
    `all rules of ${name} give the same hits on the fast way, attached by another thread too, and on the slow one`,
    { skip: SKIP },
    (context) => {
      const compiled = planOf(name, true);
      const fast = { compiled, attached: attachSnort(shareSnort(compiled, readSet(name))) };
      const slow = planOf(name, false);
      const made: ExchangeParts[] = [];
      let asked = 0;
      let hit = 0;
      for (const plan of [slow.requests, slow.responses]) {
        for (let index = 0; index < plan.rules.length; index += STEP[name]) {
          const compiled = plan.rules.at(index);
          if (compiled === undefined || NOT_MADE[name][compiled.rule.sid] !== undefined) continue;
          const message = messageFor(compiled);
          if (message === undefined) continue;
          const parts = partsOf(message);
          made.push(parts);
          asked++;
          const told = compare(fast, slow, parts);
          if (told.includes(`snort-${compiled.rule.sid} `) || told.includes(`:${compiled.rule.sid} `)) hit++;
        }
      }
      const random = randomFrom(name.length);
      let hitByMix = 0;
      for (let count = 0; count < MIXES; count++) {
        if (compare(fast, slow, mixOf(made, random)).includes('snort-')) hitByMix++;
      }
      context.diagnostic(`${asked} messages, ${hit} hit their rule; ${MIXES} mixes, ${hitByMix} hit a rule`);
      assert(asked > 100);
      assert(hit >= (asked * HIT_SHARE_MIN[name]) / 100, `only ${hit} of ${asked} hit their rule`);
      assert(hitByMix >= MIXES / 2, `only ${hitByMix} of ${MIXES} mixes hit a rule`);
    },
  );
}

function planOf(name: SetName, isFast: boolean): SnortPlan {
  const compiled = compileSnort(readSet(name), { withDisabled: true, isFast });
  assert(compiled.kind === 'ok');
  return compiled.plan;
}

/** The plan as it was compiled, and as another thread has it that attached what it shares. */
interface FastPlans {
  readonly compiled: SnortPlan;
  readonly attached: SnortPlan;
}

/** Twice on the fast way, so that the second answer comes from what is remembered. Answers what was told. */
function compare({ compiled, attached }: FastPlans, slow: SnortPlan, parts: ExchangeParts): string {
  const exchange = exchangeOf(parts);
  const expected = tell(slow, exchange);
  for (let round = 0; round < 2; round++) {
    assert.equal(tell(compiled, exchange), expected, JSON.stringify(parts));
    assert.equal(tell(attached, exchange), expected, `attached: ${JSON.stringify(parts)}`);
  }
  return expected;
}

/** Of a connection of its own, with counters of its own. */
function tell(plan: SnortPlan, exchange: MadeExchange): string {
  const inspector: Inspector = makeSnortInspector(plan, { mode: 'on', onBlock: 'drop', nowMs: () => 0 });
  const transaction = inspector.begin(exchange.request);
  const verdicts = [
    transaction.requestHead(),
    transaction.requestBody(exchange.requestBody),
    transaction.responseHead(exchange.response),
    transaction.responseBody(exchange.responseBody),
  ];
  const hits = transaction.hits.map((hit) => `${hit.rule} ${hit.target} ${JSON.stringify(hit.matched)}`);
  return [...verdicts.map((verdict) => verdict.do), ...hits].join('\n');
}

type Random = (count: number) => number;

function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

/** Parts of several messages in one, and some of them written otherwise. */
function mixOf(made: readonly ExchangeParts[], random: Random): ExchangeParts {
  const pick = (): ExchangeParts => made[random(made.length)]!; // There are some.
  const fields = [...pick().fields, ...pick().fields, ...pick().fields];
  const responseFields = [...pick().responseFields, ...pick().responseFields];
  const { client, server } = pick();
  return {
    client,
    server,
    method: pick().method,
    target:
      rewritten(pick().target, random) + (random(3) === 0 ? `?${rewritten(pick().target, random)}` : ''),
    fields: repeated(fields, random).map(([name, value]): Field => [name, rewritten(value, random)]),
    body: [pick(), pick(), pick()]
      .map(({ body }) => rewritten(body, random))
      .join(random(2) === 0 ? '' : '\r\n'),
    status: pick().status,
    responseFields: repeated(responseFields, random),
    responseBody: pick().responseBody + pick().responseBody,
  };
}

/** With one of them once more, in another spelling. */
function repeated(fields: readonly Field[], random: Random): readonly Field[] {
  const again = fields[random(fields.length + 2)];
  return again === undefined ? fields : [...fields, [again[0].toUpperCase(), again[1]]];
}

/** As it is, with escapes, with a plus for a space, or in the other case. */
function rewritten(text: string, random: Random): string {
  switch (random(6)) {
    case 0:
      return text.replace(/[a-z]/gi, (letter) =>
        random(4) === 0 ? `%${letter.charCodeAt(0).toString(16)}` : letter,
      );
    case 1:
      return text.replaceAll(' ', '+').replaceAll('/', random(2) === 0 ? '//' : '/./');
    case 2:
      return text.replace(/[a-z]/g, (letter) => (random(2) === 0 ? letter.toUpperCase() : letter));
    case 3:
      return text.replaceAll('.', '%252e').replaceAll('/', '\\');
    default:
      return text;
  }
}
