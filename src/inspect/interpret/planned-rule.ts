/** A rule made ready to run: its chains of transformations numbered, and what its links need of each other. */
import type { Operator } from '../operators/operator.ts';
import type { Template } from '../rule/template.ts';
import type { Link, Rule } from '../rule/sec-rule.ts';
import type { TransformTree } from './transform-tree.ts';

export interface PlannedLink {
  readonly link: Link;
  /** The nodes whose results are tested: the last transformation, or the bare value and all of them for multiMatch. */
  readonly nodes: readonly number[];
  /** Operators with macros, by the text of their argument. */
  readonly made: Map<string, Operator>;
  /**
   * True when a link behind this one looks at what this one captured or matched: then the rest of the chain is run for
   * each value that matches here, not only for the last. Otherwise a harmless value behind an attack would hide it.
   */
  readonly isFollowedPerMatch: boolean;
}

export interface PlannedRule {
  readonly rule: Rule;
  /** Its place among all rules. */
  readonly index: number;
  readonly links: readonly PlannedLink[];
}

export function planRule(rule: Rule, index: number, chains: TransformTree): PlannedRule {
  const links = rule.links.map((link, position) => ({
    link,
    nodes: nodesOf(chains, link),
    made: new Map<string, Operator>(),
    isFollowedPerMatch: rule.links.slice(position + 1).some(looksBack),
  }));
  return { rule, index, links };
}

function nodesOf(chains: TransformTree, link: Link): readonly number[] {
  const path = chains.nodesFor(link.transformations);
  return link.isMultiMatch ? [0, ...path] : [path.at(-1) ?? 0];
}

const MATCHED: ReadonlySet<string> = new Set([
  'MATCHED_VAR',
  'MATCHED_VAR_NAME',
  'MATCHED_VARS',
  'MATCHED_VARS_NAMES',
]);

/** Whether the link reads captures or the matched value of those before it. */
function looksBack(link: Link): boolean {
  const templates: Template[] = [];
  if (link.test.kind === 'macro') templates.push(link.test.argument);
  for (const action of link.actions) {
    if (action.do === 'set-variable') templates.push(action.name, action.value);
  }
  return (
    link.targets.some(
      ({ variable, selector, isCount }) =>
        !isCount &&
        (MATCHED.has(variable.name) ||
          (variable.name === 'TX' && (selector?.kind !== 'name' || /^[0-9]$/.test(selector.name)))),
    ) || templates.some((template) => template.some(isBackwardMacro))
  );
}

function isBackwardMacro(part: Template[number]): boolean {
  if (typeof part === 'string') return false;
  return part.variable.name === 'TX' && part.member !== undefined && /^[0-9]$/.test(part.member);
}
