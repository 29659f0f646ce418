/**
 * Runs an exchange through the fast way, attached by another thread too, and through the slow reference, and says where
 * they differ.
 */
import type { Hit, Verdict } from '../../../src/base/verdict.ts';
import { compileRules, makeInspector } from '../../../src/inspect/build.ts';
import type { Inspector, Transaction } from '../../../src/inspect/inspector.ts';
import type { RuleFile } from '../../../src/inspect/load-rules.ts';
import type { Plan } from '../../../src/inspect/plan/plan.ts';
import { attachRules, shareRules } from '../../../src/inspect/shared/shared-rules.ts';
import type { Exchange } from './exchanges.ts';
import { listedFields } from '../../../src/inspect/listed-fields.ts';

export interface TwoWays {
  readonly fast: Inspector;
  /** The fast way as another thread has it that attached what is shared. */
  readonly attached: Inspector;
  readonly slow: Inspector;
}

export function twoWays(files: readonly RuleFile[], mode: 'on' | 'detect'): TwoWays {
  const [fast, slow] = [true, false].map((isFast) => planOf(files, isFast)) as [Plan, Plan]; // Two in, two out.
  return {
    fast: makeInspector(fast, { mode }),
    attached: makeInspector(attachedPlan(files), { mode }),
    slow: makeInspector(slow, { mode }),
  };
}

function planOf(files: readonly RuleFile[], isFast: boolean): Plan {
  const compiled = compileRules(files, { exclude: [], isFast });
  if (compiled.kind === 'bad') throw new Error(compiled.mistakes.map(({ text }) => text).join('\n'));
  return compiled.plan;
}

function attachedPlan(files: readonly RuleFile[]): Plan {
  const shared = shareRules(files, { exclude: [] });
  if (shared.kind === 'bad') throw new Error(shared.mistakes.map(({ text }) => text).join('\n'));
  return attachRules(shared.memory).plan;
}

export interface Comparison {
  /** In words, at most as many as can be read. */
  readonly differences: readonly string[];
  /** Exchanges with a hit: a comparison of nothing with nothing proves nothing. */
  readonly withHits: number;
}

const DIFFERENCES_MAX = 100;

export function differencesOf(ways: TwoWays, exchanges: readonly Exchange[]): Comparison {
  const differences: string[] = [];
  let withHits = 0;
  for (const exchange of exchanges) {
    const slow = run(ways.slow, exchange);
    if (slow.hits.length > 0) withHits++;
    for (const inspector of [ways.fast, ways.attached]) {
      const difference = compare(inspector, exchange, slow);
      if (difference !== undefined && differences.length < DIFFERENCES_MAX) differences.push(difference);
    }
  }
  return { differences, withHits };
}

function compare(inspector: Inspector, exchange: Exchange, slow: Run): string | undefined {
  const fast = run(inspector, exchange);
  if (fast.verdict !== slow.verdict) return `${exchange.name}: ${fast.verdict}, slow ${slow.verdict}`;
  const here = fast.hits.map(told);
  const there = slow.hits.map(told);
  if (here.length === there.length && here.every((hit, index) => hit === there[index])) return undefined;
  const only = here.filter((hit) => !there.includes(hit));
  const missing = there.filter((hit) => !here.includes(hit));
  return `${exchange.name}: missing ${missing.join(' ')}; too many ${only.join(' ')}`;
}

/** All of a hit: captures that rules before have left are the same on every way, too. */
function told({ rule, target, matched, message, tags, transformations, data, score }: Hit): string {
  return JSON.stringify([rule, target, matched, message, tags, transformations, data, score]);
}

interface Run {
  readonly hits: readonly Hit[];
  /** The first that was not `continue`; what follows it is not asked. */
  readonly verdict: string;
}

function run(inspector: Inspector, exchange: Exchange): Run {
  const transaction = inspector.begin(exchange.request);
  const verdict = runPhases(transaction, exchange);
  transaction.end();
  return { hits: transaction.hits, verdict: JSON.stringify(verdict) };
}

function runPhases(transaction: Transaction, { body, response }: Exchange): Verdict {
  const { status, headers } = response;
  const phases = [
    () => transaction.requestHead(),
    () => transaction.requestBody({ bytes: body, isPrefix: false }),
    () => transaction.responseHead({ status, headers: listedFields(headers) }),
    () => transaction.responseBody({ bytes: response.body, isPrefix: false }),
  ];
  let verdict: Verdict = { do: 'continue' };
  for (const phase of phases) {
    verdict = phase();
    if (verdict.do !== 'continue') break;
  }
  return verdict;
}
