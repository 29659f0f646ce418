/**
 * Runs ahead of every exchange what no exchange can change.
 *
 * As long as no rule that looks at the exchange has matched, TX holds what the static rules made of it, the same for
 * every exchange. So their outcome is known when the rules are loaded: what they set, and which rules they skip. What
 * is left are the rules that look at the exchange, each with the state as it is when its turn comes.
 *
 * Safety argument: the static rules are run here by the very interpreter that runs them otherwise, on the same state,
 * in the same order. As soon as another rule acts in an exchange, that exchange goes on in the interpreter, with the
 * state of that place and with all rules, static ones too (transaction.ts). A static rule whose match would show (a hit,
 * a verdict) ends the folding: from there on every exchange is interpreted.
 */
import { evaluateRule, UNLOGGED } from '../interpret/evaluate-rule.ts';
import type { RunContext } from '../interpret/evaluate-rule.ts';
import { isRemoved, next } from '../interpret/phase.ts';
import type { PhaseProgram } from '../interpret/phase.ts';
import type { PlainRule } from '../interpret/plain-rule.ts';
import type { PlannedRule } from '../interpret/planned-rule.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { ExchangeState } from '../variables/exchange-state.ts';
import type { BaseState } from '../variables/exchange-state.ts';
import { Facts } from '../variables/facts.ts';
import type { PlainEffect } from './plain-effect.ts';
import { isStatic } from './static-rules.ts';

/** A rule that looks at the exchange. */
export interface CleanStep {
  readonly planned: PlannedRule;
  /** Its place in the steps of its phase. */
  readonly position: number;
  /** The state when its turn comes, if no rule that looks at the exchange acted before.  */
  readonly state: BaseState;
  /** True for rules that look at nothing but members of TX which only rules that look at the exchange set. */
  readonly needsSet: boolean;
  /** The rule in a form that costs less to run, if it has one. */
  readonly plain: PlainRule | undefined;
  /** Whether it need not be run where nothing is run behind it in its phase, and until something is (plain-effect.ts). */
  readonly effect: PlainEffect;
  /**
   * Where its match goes on that skips rules, when the exchange can stay on the clean path: the folding came by that
   * place in the state of this rule, so that no static rule that is skipped would have changed anything or led elsewhere.
   * Undefined where it cannot, and for rules that skip nothing.
   */
  readonly landing: number | undefined;
}

export interface CleanPhase {
  readonly program: PhaseProgram;
  /** In order. */
  readonly steps: readonly CleanStep[];
  /** The state when the phase begins. */
  readonly before: BaseState;
  /** Where the interpreter must take over in any case; undefined when the phase can be left without it. */
  readonly barrier: number | undefined;
  readonly after: BaseState;
}

export function foldPhases(
  programs: readonly PhaseProgram[],
  initial: BaseState,
  context: RunContext,
): readonly CleanPhase[] {
  let state = initial;
  let isBarred = false;
  return programs.map((program) => {
    const before = state;
    if (isBarred) return { program, steps: [], before, barrier: 0, after: before };
    const phase = foldPhase(program, before, context);
    state = phase.after;
    isBarred = phase.barrier !== undefined;
    return phase;
  });
}

function foldPhase(program: PhaseProgram, before: BaseState, context: RunContext): CleanPhase {
  const steps: CleanStep[] = [];
  /** The state at each place that is come by, the end included. */
  const states: (BaseState | undefined)[] = [];
  let state = before;
  let at = 0;
  while (at < program.steps.length) {
    const position = at;
    states[position] = state;
    const step = program.steps[at++]!; // Below the length.
    if (typeof step === 'string') continue;
    const facts = new Facts(NO_REQUEST, DEFAULT_LIMITS, new ExchangeState(state), () => 0);
    if (state.mode === 'off' || isRemoved(step.rule, facts, context.chooser)) continue;
    if (!isStatic(step.rule)) {
      steps.push({
        planned: step,
        position,
        state,
        needsSet: false,
        plain: undefined,
        effect: 'any',
        landing: undefined,
      });
      continue;
    }
    const hit = evaluateRule(step, facts, context);
    if (hit !== undefined && (hit !== UNLOGGED || step.rule.disruption.do !== 'pass')) {
      return { program, steps: land(program, steps, states), before, barrier: position, after: state };
    }
    // Actions of a chain that does not hold in the end were carried out too.
    state = facts.state.base;
    if (hit !== undefined) at = next(program.steps, at, step.rule);
  }
  states[program.steps.length] = state;
  return { program, steps: land(program, steps, states), before, barrier: undefined, after: state };
}

/** The steps with their landings. */
function land(
  program: PhaseProgram,
  steps: readonly CleanStep[],
  states: readonly (BaseState | undefined)[],
): readonly CleanStep[] {
  return steps.map((step) => {
    const { rule } = step.planned;
    if (rule.flow.kind === 'next') return step;
    const to = next(program.steps, step.position + 1, rule);
    return states[to] === step.state ? { ...step, landing: to } : step;
  });
}

/** Static rules do not look at it. */
const NO_REQUEST = {
  method: '',
  target: '',
  version: '',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '',
};
