/**
 * Rules that cannot match on the clean path: their first link looks at members of TX that only static rules set, and does
 * not hold. Rule sets switch many rules on and off in this way (limits that are not set, collections that are not used).
 */
import type { RunContext } from '../interpret/evaluate-rule.ts';
import { evaluateLink } from '../interpret/evaluate-link.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Target } from '../rule/target.ts';
import { ExchangeState } from '../variables/exchange-state.ts';
import { Facts } from '../variables/facts.ts';
import { constantUnder } from './constant-under.ts';
import type { CleanStep } from './fold.ts';
import { isCaptureName } from './static-rules.ts';
import type { TxUse } from './tx-use.ts';

export function isImpossible({ planned, state }: CleanStep, use: TxUse, context: RunContext): boolean {
  const [first] = planned.links;
  if (first === undefined || first.link.targets.length === 0) return false;
  const { link } = first;
  if (!link.targets.every((target) => isFixed(target, use))) return false;
  if (link.test.kind === 'macro' && constantUnder(link.test.argument, state, planned.rule) === undefined) {
    return false;
  }
  const facts = new Facts(NO_REQUEST, DEFAULT_LIMITS, new ExchangeState(state), () => 0);
  let isMatched = false;
  evaluateLink(context.chains, first, facts, [], () => (isMatched = true));
  return !isMatched;
}

/** A member of TX that no rule which looks at the exchange writes, this one included. */
function isFixed({ variable, selector }: Target, use: TxUse): boolean {
  if (variable.name !== 'TX' || selector?.kind !== 'name' || isCaptureName(selector.name)) return false;
  return !use.isWrittenBeside(selector, undefined);
}

/** Links on TX do not look at it. */
const NO_REQUEST = {
  method: '',
  target: '',
  version: '',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '',
};
