/**
 * One test on the values of one exchange: every value that satisfies it, in order. The meaning of rules, without any
 * shortcut.
 */
import { ArgumentError, NO_FILES, wholeValueOperator } from '../operators/operator.ts';
import type { Texts } from '../match/marks.ts';
import type { Operator, OperatorKind } from '../operators/operator.ts';
import type { Selector, Target } from '../rule/target.ts';
import { PatternError } from '../rx/syntax.ts';
import { valuesOf } from '../variables/catalog.ts';
import type { Facts } from '../variables/facts.ts';
import { Value } from '../variables/value.ts';
import { EXPANDED_BYTES_MAX, expandArgument } from './expand.ts';
import type { PlannedLink } from './planned-rule.ts';
import type { TransformTree } from './transform-tree.ts';

/** A value that satisfies a link. */
export interface LinkMatch {
  /** `ARGS:id`. */
  readonly name: string;
  /** The text that was tested. */
  readonly text: string;
  readonly operator: Operator;
  /** How many of the link's transformations led to the text. */
  readonly transformationCount: number;
  /** Whether the operator gave up at its bound: what it finds and captures is not all that there may be. */
  readonly isExhausted: boolean;
}

/** Told each match; answering true ends the search. */
export type OnMatch = (match: LinkMatch) => boolean;

/**
 * `removed` are targets that a `ctl` takes from this rule. No value satisfies the link but those whose text `held` has, if it
 * is known.
 */
export function evaluateLink(
  chains: TransformTree,
  planned: PlannedLink,
  facts: Facts,
  removed: readonly Target[],
  held: Texts | undefined,
  onMatch: OnMatch,
): void {
  const operator = operatorOf(planned, facts);
  for (const target of planned.link.targets) {
    const values = valuesFor(facts, target);
    if (target.isCount) {
      const counted = new Value('', String(countSelected(values, target)));
      if (evaluateValue(chains, planned, operator, facts, target, counted, onMatch)) return;
      continue;
    }
    // Rules can change what a collection holds while its members are tested: those that were there are.
    for (const value of values) {
      if (held !== undefined && !held.has(value.text)) continue;
      if (!isSelected(value, target) || isRemoved(value, target, removed)) continue;
      if (evaluateValue(chains, planned, operator, facts, target, value, onMatch)) return;
    }
  }
}

/** The values that a target may mean; all of them or only those that it names. */
function valuesFor(facts: Facts, { variable, selector }: Target): readonly Value[] {
  if (variable.readMeant !== undefined && selector?.kind === 'pattern')
    return variable.readMeant(facts, selector.test);
  if (variable.readMember === undefined || selector?.kind !== 'name') return valuesOf(facts, variable);
  const text = variable.readMember(facts, selector.name);
  return text === undefined ? NO_VALUES : [new Value(selector.name, text)];
}

const NO_VALUES: readonly Value[] = [];

function evaluateValue(
  chains: TransformTree,
  planned: PlannedLink,
  operator: Operator,
  facts: Facts,
  target: Target,
  value: Value,
  onMatch: OnMatch,
): boolean {
  const { link, nodes } = planned;
  let tested: string | undefined;
  for (let index = 0; index < nodes.length; index++) {
    const text = chains.textOf(value, nodes[index]!); // Below the length.
    // With multiMatch a transformation that changed nothing is not tested again.
    if (text === tested) continue;
    tested = text;
    const isMatch = operator.test(text) !== link.isNegated;
    const isExhausted = operator.wasExhausted?.() === true;
    if (isExhausted) facts.state.isExhausted = true;
    // What could not be found out within its bound is a match, negated or not: fail closed.
    else if (!isMatch) continue;
    const transformationCount = link.isMultiMatch ? index : link.transformations.length;
    if (onMatch({ name: nameOf(target, value), text, operator, transformationCount, isExhausted }))
      return true;
  }
  return false;
}

/** An operator with macros is made for the text that they give now. */
export function operatorOf(planned: PlannedLink, facts: Facts): Operator {
  const { test } = planned.link;
  if (test.kind === 'ready') return test.operator;
  const argument = expandArgument(facts, test.argument);
  if (argument === undefined) return UNDECIDED;
  const known = planned.made.get(argument);
  if (known !== undefined) return known;
  const operator = makeOperator(test.operatorKind, argument) ?? UNDECIDED;
  if (argument.length > EXPANDED_BYTES_MAX) return operator;
  if (planned.made.size >= MADE_MAX) planned.made.clear();
  planned.made.set(argument, operator);
  return operator;
}

/** For an argument in which macros stood; undefined when the operator cannot be made of it. */
export function makeOperator({ make }: OperatorKind, argument: string): Operator | undefined {
  try {
    return make(argument, NO_FILES);
  } catch (error) {
    if (error instanceof ArgumentError || error instanceof PatternError) return undefined;
    throw error;
  }
}

/**
 * Stands for an operator that cannot be made, or whose argument is too long. Its argument may be what a client sent, such as a Host of `a(`, who would get
 * by a rule that matches nothing for that: so it counts as one that gave up on each value.
 */
const UNDECIDED: Operator = { ...wholeValueOperator(() => true), wasExhausted: () => true };

/** Operators kept for one link with macros, those of short arguments. Most macros are settings, which have one value. */
const MADE_MAX = 64;

export function nameOf(target: Target, value: Value): string {
  const { variable, isCount, selector } = target;
  if (isCount) {
    const member =
      selector === undefined ? '' : `:${selector.kind === 'name' ? selector.name : selector.text}`;
    return `&${variable.name}${member}`;
  }
  // Members of MATCHED_VARS carry the name of the value that they are.
  if (variable.name === 'MATCHED_VARS' || variable.name === 'MATCHED_VARS_NAMES') return value.key;
  return variable.isCollection ? `${variable.name}:${value.key}` : variable.name;
}

function countSelected(values: readonly Value[], target: Target): number {
  let count = 0;
  for (const value of values) if (isSelected(value, target)) count++;
  return count;
}

export function isSelected(value: Value, target: Target): boolean {
  const { selector, excluded } = target;
  if (selector === undefined && excluded.length === 0) return true;
  if (selector !== undefined && !isMeant(selector, value)) return false;
  for (const other of excluded) if (isMeant(other, value)) return false;
  return true;
}

function isMeant(selector: Selector, value: Value): boolean {
  return selector.kind === 'name' ? value.isNamed(selector.name) : selector.test(value.member);
}

function isRemoved(value: Value, target: Target, removed: readonly Target[]): boolean {
  for (const other of removed) {
    if (other.variable !== target.variable) continue;
    if (other.selector === undefined || isMeant(other.selector, value)) return true;
  }
  return false;
}
