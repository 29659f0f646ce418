/**
 * Rules that cannot match on the clean path: their first link looks at members of TX that only static rules set, and does
 * not hold. Rule sets switch many rules on and off in this way (limits that are not set, collections that are not used).
 */
import type { RunContext } from '../interpret/evaluate-rule.ts';
import { evaluateLink } from '../interpret/evaluate-link.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { selects } from '../rule/target.ts';
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
  evaluateLink(context.chains, first, facts, [], undefined, () => (isMatched = true));
  return !isMatched;
}

/** Whether the first link finds nothing in TX as the static rules have left it, captures aside. */
export function looksAtSetOnly({ planned, state }: CleanStep): boolean {
  const targets = planned.links[0]?.link.targets ?? [];
  const names = [...state.tx.keys()];
  return (
    targets.length > 0 &&
    targets.every(
      ({ variable, selector, isCount }) =>
        variable.name === 'TX' &&
        !isCount &&
        selector !== undefined &&
        ![...names, ...CAPTURE_NAMES].some((name) => selects(selector, name)),
    )
  );
}

const CAPTURE_NAMES: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

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
