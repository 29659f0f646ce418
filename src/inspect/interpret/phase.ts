/**
 * The rules of one phase, run in order: flow (`skip`, `skipAfter`), `allow`, and the first disruptive action.
 */
import type { Hit } from '../../base/verdict.ts';
import type { HeldTexts } from '../match/held-texts.ts';
import type { Phase, Rule, RuleItem } from '../rule/sec-rule.ts';
import type { Facts } from '../variables/facts.ts';
import type { TransformTree } from './transform-tree.ts';
import type { Chooser } from './choose.ts';
import { evaluateRule, removedTargets, UNLOGGED } from './evaluate-rule.ts';
import { expand } from './expand.ts';
import type { RunContext } from './evaluate-rule.ts';
import { runScore, scoreRule } from './plain-rule.ts';
import type { ScoreRule } from './plain-rule.ts';
import { planRule } from './planned-rule.ts';
import type { PlannedRule } from './planned-rule.ts';

/** A rule, or the name of a marker. */
export type Step = PlannedRule | string;

export interface PhaseProgram {
  readonly phase: Phase;
  /** The rules of the phase and all markers, in the order of the files. */
  readonly steps: readonly Step[];
  /** For each step its rule as one that costs less to run, if it is such a one. */
  readonly scores: readonly (ScoreRule | undefined)[];
}

/** How a phase ended. */
export type PhaseEnd =
  | { readonly kind: 'done' }
  /** `allow`. */
  | { readonly kind: 'allowed'; readonly scope: 'phase' | 'request' | 'all' }
  /** A rule that denies, drops or redirects matched, and the engine is on. */
  | { readonly kind: 'disrupted'; readonly rule: Rule; readonly location: string };

export const DONE: PhaseEnd = Object.freeze({ kind: 'done' });

/** Numbers rules by their place among all items. */
export function planPhases(items: readonly RuleItem[], chains: TransformTree): readonly PhaseProgram[] {
  const planned = items.map((item, index) =>
    item.kind === 'marker' ? item.name : planRule(item.rule, index, chains),
  );
  const phases: readonly Phase[] = [1, 2, 3, 4, 5];
  return phases.map((phase) => {
    const steps = planned.filter((step) => typeof step === 'string' || step.rule.phase === phase);
    const scores = steps.map((step) => (typeof step === 'string' ? undefined : scoreRule(step)));
    return { phase, steps, scores };
  });
}

/** What is known of the values of an exchange before its rules are run; the slow reference knows nothing. */
export interface Known {
  /** Whether a rule can match at all. */
  readonly mayMatch: (planned: PlannedRule) => boolean;
  readonly held: HeldTexts | undefined;
  /** Whether rules about scores are run as such. */
  readonly isQuick: boolean;
}

/** Runs the steps from `start` on; hits of rules that log are added to `hits`. */
export function runPhase(
  program: PhaseProgram,
  start: number,
  facts: Facts,
  context: RunContext,
  hits: Hit[],
  { mayMatch, held, isQuick }: Known,
): PhaseEnd {
  const { steps, scores } = program;
  let at = start;
  while (at < steps.length) {
    const step = steps[at++]!; // Below the length.
    if (typeof step === 'string' || !mayMatch(step)) continue;
    if (facts.state.mode === 'off') return DONE;
    if (isRemoved(step.rule, facts, context.chooser)) continue;
    const score = isQuick ? scores[at - 1] : undefined;
    const hit =
      score === undefined || hasLostTargets(step.rule, facts, context)
        ? evaluateRule(step, facts, context, held)
        : evaluateScore(score, facts, context);
    if (hit === undefined) continue;
    if (hit !== UNLOGGED) hits.push(hit);
    const end = endOf(step.rule, facts);
    if (end !== undefined) return end;
    at = next(steps, at, step.rule);
  }
  return DONE;
}

function hasLostTargets(rule: Rule, { state }: Facts, { chooser }: RunContext): boolean {
  return removedTargets(rule, state.removals, chooser).length > 0;
}

function evaluateScore(score: ScoreRule, facts: Facts, context: RunContext): Hit | undefined {
  return runScore(score, facts, context) ? UNLOGGED : undefined;
}

export function isRemoved(rule: Rule, { state }: Facts, chooser: Chooser): boolean {
  const { removals } = state;
  if (removals.length === 0) return false;
  return removals.some(
    (removal) => removal.control === 'remove-rules' && chooser.chooses(removal.rules, rule),
  );
}

/** What a match does to the phase. Whoever only detects sees what rules that allow would have kept from him. */
export function endOf(rule: Rule, facts: Facts): PhaseEnd | undefined {
  const { disruption } = rule;
  if (disruption.do === 'pass') return undefined;
  if (disruption.do === 'allow') return { kind: 'allowed', scope: disruption.scope };
  if (facts.state.mode !== 'on') return undefined;
  const location = disruption.do === 'redirect' ? expand(facts, disruption.location) : '';
  return { kind: 'disrupted', rule, location };
}

/** Where to go on behind the step before `at`, whose rule matched. */
export function next(steps: readonly Step[], at: number, rule: Rule): number {
  const { flow } = rule;
  if (flow.kind === 'next') return at;
  if (flow.kind === 'skip-after') return behind(steps, at, flow.marker);
  let left = flow.count;
  let index = at;
  while (left > 0 && index < steps.length) if (typeof steps[index++] !== 'string') left--;
  return index;
}

function behind(steps: readonly Step[], at: number, marker: string): number {
  for (let index = at; index < steps.length; index++) {
    const step = steps[index];
    const name = typeof step === 'string' ? step : step?.rule.id;
    if (name === marker) return index + 1;
  }
  return steps.length;
}
