/**
 * Runs one rule on one exchange: the meaning of rules, without any shortcut but the prefilter.
 *
 * A rule matches when each of its links is satisfied by some value. It leaves one hit, whatever the number of values
 * that match: the first one, in the order of the targets, of the last link.
 */
import type { Hit } from '../../base/verdict.ts';
import type { Target } from '../rule/rule.ts';
import type { Facts } from '../variables/facts.ts';
import { valuesOf } from '../variables/table.ts';
import { Value } from '../variables/value.ts';
import type { Plan, PlannedLink, PlannedRule } from './plan.ts';
import { hasCandidate } from './prefilter.ts';

/** Bytes of the matched text that a hit keeps. */
const MATCHED_BYTES_MAX = 128;

/** What satisfied a link. */
interface Satisfied {
  readonly target: string;
  readonly matched: string;
  readonly transformations: readonly string[];
}

export function evaluateRule(plan: Plan, planned: PlannedRule, facts: Facts): Hit | undefined {
  let satisfied: Satisfied | undefined;
  for (const link of planned.links) {
    satisfied = evaluateLink(plan, link, facts);
    if (satisfied === undefined) return undefined;
  }
  const { rule } = planned;
  return {
    rule: rule.id,
    source: rule.source,
    message: rule.message,
    severity: rule.severity,
    tags: rule.tags,
    target: satisfied?.target ?? '',
    matched: satisfied?.matched ?? '',
    transformations: satisfied?.transformations ?? [],
  };
}

function evaluateLink(plan: Plan, planned: PlannedLink, facts: Facts): Satisfied | undefined {
  const { targets } = planned.link;
  // SecAction has no targets and always holds.
  if (targets.length === 0) return { target: '', matched: '', transformations: [] };
  for (const target of targets) {
    const values = valuesOf(facts, target.variable);
    if (target.isCount) {
      const counted = new Value('', String(countSelected(values, target)));
      const satisfied = evaluateValue(plan, planned, target, counted);
      if (satisfied !== undefined) return satisfied;
      continue;
    }
    for (const value of values) {
      if (!isSelected(value, target)) continue;
      const satisfied = evaluateValue(plan, planned, target, value);
      if (satisfied !== undefined) return satisfied;
    }
  }
  return undefined;
}

function evaluateValue(
  plan: Plan,
  planned: PlannedLink,
  target: Target,
  value: Value,
): Satisfied | undefined {
  const { link, test, nodes } = planned;
  let tested: string | undefined;
  for (const [index, node] of nodes.entries()) {
    const result = plan.chains.resultOf(value, node);
    // With multiMatch a transformation that changed nothing is not tested again.
    if (result.text === tested) continue;
    tested = result.text;
    if (test >= 0 && !hasCandidate((result.candidates ??= plan.prefilter.candidates(tested)), test)) {
      if (!link.isNegated) continue;
    } else if (link.operator.test(tested) === link.isNegated) continue;
    const count = link.isMultiMatch ? index : link.transformations.length;
    return {
      target: nameOf(target, value),
      matched: matchedText(planned, tested),
      transformations: link.transformations.slice(0, count).map(({ name }) => name),
    };
  }
  return undefined;
}

function matchedText({ link }: PlannedLink, text: string): string {
  if (link.isNegated) return text.slice(0, MATCHED_BYTES_MAX);
  const { start, end } = link.operator.find(text);
  return text.slice(start, Math.min(end, start + MATCHED_BYTES_MAX));
}

function nameOf(target: Target, value: Value): string {
  const { variable, isCount, selector } = target;
  if (isCount) return `&${variable.name}${selector === undefined ? '' : `:${selector}`}`;
  return variable.isCollection ? `${variable.name}:${value.key}` : variable.name;
}

function countSelected(values: readonly Value[], target: Target): number {
  return values.reduce((count, value) => count + (isSelected(value, target) ? 1 : 0), 0);
}

function isSelected(value: Value, target: Target): boolean {
  if (target.selector === undefined && target.excluded.length === 0) return true;
  const { member } = value;
  return (target.selector === undefined || target.selector === member) && !target.excluded.includes(member);
}
