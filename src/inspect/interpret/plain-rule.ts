/**
 * Rules that only switch something of the engine by one value of the exchange, such as the CRS has for every exchange:
 * one test of one text as it is, without captures and hits, and actions that are the same each time. They need none of
 * what evaluateRule prepares.
 *
 * Such a rule does what evaluateRule would do, but for `state.rule` and `state.matched`, which nobody reads between it and
 * the rule that sets them next.
 */
import type { Operator } from '../operators/operator.ts';
import type { Action } from '../rule/action.ts';
import type { Facts } from '../variables/facts.ts';
import type { Variable } from '../variables/variable.ts';
import { act } from './act.ts';
import type { RunContext } from './evaluate-rule.ts';
import type { PlannedRule } from './planned-rule.ts';

export interface PlainRule {
  readonly variable: Variable;
  readonly readText: (facts: Facts) => string;
  readonly operator: Operator;
  readonly isNegated: boolean;
  readonly actions: readonly Action[];
}

/** Undefined for any other rule. */
export function plainRule({ rule }: PlannedRule): PlainRule | undefined {
  const [link] = rule.links;
  const [target] = link?.targets ?? [];
  if (link === undefined || target === undefined) return undefined;
  const { variable, selector, excluded, isCount } = target;
  const isPlain =
    rule.links.length === 1 &&
    link.targets.length === 1 &&
    link.transformations.length === 0 &&
    !link.isMultiMatch &&
    !link.isCapturing &&
    !rule.isLogged &&
    rule.disruption.do === 'pass' &&
    selector === undefined &&
    excluded.length === 0 &&
    !isCount &&
    link.actions.every((action) => action.do === 'control');
  if (!isPlain || variable.readText === undefined || link.test.kind !== 'ready') return undefined;
  const { operator } = link.test;
  return {
    variable,
    readText: variable.readText,
    operator,
    isNegated: link.isNegated,
    actions: link.actions,
  };
}

/** Carries the rule out, for an exchange in which nothing takes its target away; whether it matched. */
export function runPlain(plain: PlainRule, facts: Facts, context: RunContext): boolean {
  const { variable, operator } = plain;
  if (variable.phase > facts.phase) return false;
  const isMatch = operator.test(plain.readText(facts)) !== plain.isNegated;
  // What could not be found out within its bound is a match, negated or not: fail closed.
  if (operator.wasExhausted?.() === true) facts.state.isExhausted = true;
  else if (!isMatch) return false;
  for (const action of plain.actions) act(facts, action, context);
  return true;
}
