/**
 * Rules that only switch something of the engine by one value of the exchange, such as the CRS has for every exchange, and
 * whoever lets JSON be taken apart by its Content-Type: one test of one text, or of the header fields of one name, without
 * captures and hits, and actions that are the same each time. They need none of what evaluateRule prepares.
 *
 * Such a rule, which may not give up on a value either, does what evaluateRule would do, but for `state.rule` and `state.matched`, which nobody reads between it and
 * the rule that sets them next.
 */
import { mayGiveUp } from '../operators/operator.ts';
import type { Operator } from '../operators/operator.ts';
import type { Action } from '../rule/action.ts';
import type { Target } from '../rule/target.ts';
import type { Template } from '../rule/template.ts';
import type { Transformation } from '../transforms/table.ts';
import { knownVariable } from '../variables/catalog.ts';
import type { Facts } from '../variables/facts.ts';
import type { Variable } from '../variables/variable.ts';
import { act } from './act.ts';
import type { RunContext } from './evaluate-rule.ts';
import { operatorOf } from './evaluate-link.ts';
import type { PlannedLink, PlannedRule } from './planned-rule.ts';

const HEADERS = knownVariable('REQUEST_HEADERS');

export interface PlainRule {
  readonly variable: Variable;
  readonly readTexts: (facts: Facts) => readonly string[];
  readonly transformations: readonly Transformation[];
  readonly operator: Operator;
  readonly isNegated: boolean;
  readonly actions: readonly Action[];
  readonly last: LastText;
}

/** The text that was tested last, if it was short, and the answer: such rules look at one of a few words. */
interface LastText {
  text: string | undefined;
  holds: boolean;
}

/** A text so short is no slice of what a client sent, which would be kept as a whole. */
const SHORT_BYTES_MAX = 12;

/** Undefined for any other rule. */
export function plainRule({ rule }: PlannedRule): PlainRule | undefined {
  const [link] = rule.links;
  const [target] = link?.targets ?? [];
  if (link === undefined || target === undefined) return undefined;
  const { variable, excluded, isCount } = target;
  const readTexts = readerOf(target);
  const isPlain =
    rule.links.length === 1 &&
    link.targets.length === 1 &&
    !link.isMultiMatch &&
    !link.isCapturing &&
    !rule.isLogged &&
    rule.disruption.do === 'pass' &&
    excluded.length === 0 &&
    !isCount &&
    link.actions.every((action) => action.do === 'control');
  if (!isPlain || readTexts === undefined || link.test.kind !== 'ready') return undefined;
  const { operator } = link.test;
  // That it gave up would have to be told.
  if (mayGiveUp(operator)) return undefined;
  return {
    variable,
    readTexts,
    transformations: link.transformations,
    operator,
    isNegated: link.isNegated,
    actions: link.actions,
    last: { text: undefined, holds: false },
  };
}

/**
 * A rule that looks at one member of TX and sets others, as those that add up scores and skip by levels do; the interpreter
 * runs dozens of them for an exchange that has left the clean path. Undefined for any other.
 */
export interface ScoreRule {
  readonly planned: PlannedLink;
  readonly member: string;
}

export function scoreRule({ rule, links }: PlannedRule): ScoreRule | undefined {
  const [planned] = links;
  if (planned === undefined || links.length > 1 || rule.isLogged || rule.disruption.do !== 'pass')
    return undefined;
  const { targets, isMultiMatch, isCapturing, test, actions } = planned.link;
  const [target] = targets;
  if (target === undefined || targets.length > 1 || isMultiMatch || isCapturing) return undefined;
  const { variable, selector, isCount, excluded } = target;
  if (variable.name !== 'TX' || selector?.kind !== 'name' || isCount || excluded.length > 0) return undefined;
  // What it tells of itself, or of what it has matched, is not kept; and that it gave up would have to be told.
  if (test.kind === 'macro' && !(test.argument.length === 1 && test.argument.every(isTextOfTx)))
    return undefined;
  if (test.kind === 'macro' ? test.operatorKind.mayGiveUp === true : mayGiveUp(test.operator))
    return undefined;
  const isPlain = actions.every(
    (action) => action.do === 'set-variable' && [...action.name, ...action.value].every(isTextOfTx),
  );
  return isPlain ? { planned, member: selector.name } : undefined;
}

function isTextOfTx(part: Template[number]): boolean {
  return typeof part === 'string' || (part.variable.name === 'TX' && part.member !== undefined);
}

/** As runPlain. */
export function runScore({ planned, member }: ScoreRule, facts: Facts, context: RunContext): boolean {
  const operator = operatorOf(planned, facts);
  const text = facts.state.read('TX', member);
  if (text === undefined) return false;
  const { transformations, isNegated, actions } = planned.link;
  if (!holdsFor({ transformations, operator, isNegated }, text)) return false;
  for (const action of actions) act(facts, action, context);
  return true;
}

/** Undefined for a target that may mean something else. */
function readerOf({ variable, selector }: Target): PlainRule['readTexts'] | undefined {
  const { readText } = variable;
  if (selector === undefined) return readText === undefined ? undefined : (facts) => [readText(facts)];
  if (variable !== HEADERS || selector.kind !== 'name') return undefined;
  const { name } = selector;
  return (facts) => facts.fieldsNamed(name);
}

/** Carries the rule out, for an exchange in which nothing takes its target away; whether it matched. */
export function runPlain(plain: PlainRule, facts: Facts, context: RunContext): boolean {
  if (plain.variable.phase > facts.phase) return false;
  let isMatch = false;
  for (const text of plain.readTexts(facts)) {
    if (!holdsAgain(plain, text)) continue;
    isMatch = true;
    for (const action of plain.actions) act(facts, action, context);
  }
  return isMatch;
}

/** An answer depends on nothing but the text. */
function holdsAgain(plain: PlainRule, text: string): boolean {
  const { last } = plain;
  if (text === last.text) return last.holds;
  const holds = holdsFor(plain, text);
  if (text.length <= SHORT_BYTES_MAX) {
    last.text = text;
    last.holds = holds;
  }
  return holds;
}

function holdsFor(
  { transformations, operator, isNegated }: Pick<PlainRule, 'transformations' | 'operator' | 'isNegated'>,
  text: string,
): boolean {
  let tested = text;
  for (const { run } of transformations) tested = run(tested);
  return operator.test(tested) !== isNegated;
}
