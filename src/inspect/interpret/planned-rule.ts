/** A rule made ready to run: its chains of transformations numbered, and what its links need of each other. */
import type { Operator } from '../operators/operator.ts';
import type { Action } from '../rule/action.ts';
import { constantOf } from '../rule/template.ts';
import type { Template } from '../rule/template.ts';
import type { Link, Rule } from '../rule/sec-rule.ts';
import type { Variable } from '../variables/variable.ts';
import type { TransformTree } from './transform-tree.ts';

export interface PlannedLink {
  readonly link: Link;
  /** The nodes whose results are tested: the last transformation, or the bare value and all of them for multiMatch. */
  readonly nodes: readonly number[];
  /** Operators with macros, by the text of their argument. */
  readonly made: Map<string, Operator>;
  /**
   * True when a link behind this one looks at what this one captured, matched, or set of a value: then the rest of the chain
   * is run for each value that matches here, not only for the last. Otherwise a harmless value behind an attack would hide it.
   */
  readonly isFollowedPerMatch: boolean;
  /** True when it looks at nothing that rules change, so that it says the same in every run of the chain. */
  readonly isSteady: boolean;
}

export interface PlannedRule {
  readonly rule: Rule;
  /** Its place among all rules. */
  readonly index: number;
  readonly links: readonly PlannedLink[];
}

export function planRule(rule: Rule, index: number, chains: TransformTree): PlannedRule {
  const links = rule.links.map((link, position) => {
    const later = rule.links.slice(position + 1);
    return {
      link,
      nodes: nodesOf(chains, link),
      made: new Map<string, Operator>(),
      isSteady: isSteady(link),
      isFollowedPerMatch: later.some((other) => looksBack(other) || readsWhatEachSets(other, link)),
    };
  });
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

function isSteady({ targets, test }: Link): boolean {
  return (
    targets.every(({ variable }) => !variable.isVolatile) &&
    (test.kind === 'ready' ||
      test.argument.every((part) => typeof part === 'string' || !part.variable.isVolatile))
  );
}

/** Whether the link reads captures or the matched value of those before it. */
function looksBack({ targets, test, actions }: Link): boolean {
  return (
    targets.some(
      ({ variable, selector, isCount }) =>
        !isCount &&
        (MATCHED.has(variable.name) ||
          (variable.name === 'TX' && (selector?.kind !== 'name' || isCapture(selector.name)))),
    ) ||
    // What it does is about what it has matched itself.
    (test.kind === 'macro' && test.argument.some((part) => isMatched(part) || isCaptureMacro(part))) ||
    settingsOf(actions).flat().some(isCaptureMacro)
  );
}

function isMatched(part: Template[number]): boolean {
  return typeof part !== 'string' && MATCHED.has(part.variable.name);
}

function isCaptureMacro(part: Template[number]): boolean {
  return typeof part !== 'string' && part.variable.name === 'TX' && isCapture(part.member ?? '');
}

function isCapture(name: string): boolean {
  return /^[0-9]$/.test(name);
}

/** Names and values of what the actions set. */
function settingsOf(actions: readonly Action[]): readonly Template[] {
  return actions.flatMap((action) => (action.do === 'set-variable' ? [action.name, action.value] : []));
}

/** Whether the link reads a member of TX that one before it sets anew for each value: the last one would hide the others. */
function readsWhatEachSets({ targets, test, actions }: Link, before: Link): boolean {
  const names = before.actions.flatMap((action) =>
    action.do === 'set-variable' && action.change === 'set' && constantOf(action.value) === undefined
      ? [constantOf(action.name)?.toLowerCase()]
      : [],
  );
  if (names.length === 0) return false;
  const isSet = (variable: Variable, name: string | undefined): boolean =>
    variable.name === 'TX' && name !== undefined && names.includes(name);
  const templates = [...(test.kind === 'macro' ? [test.argument] : []), ...settingsOf(actions)];
  return (
    targets.some(
      ({ variable, selector, isCount }) =>
        !isCount && selector?.kind === 'name' && isSet(variable, selector.name),
    ) || templates.flat().some((part) => typeof part !== 'string' && isSet(part.variable, part.member))
  );
}
