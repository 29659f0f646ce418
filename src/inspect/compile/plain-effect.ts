/**
 * What a plain rule (interpret/plain-rule.ts) can do to an exchange on the clean path, for two kinds of them that most
 * exchanges need not run: those that only lead around rules, and those that only take something away from rules.
 *
 * Safety argument, for a rule without hit, verdict and captures, whose operator never gives up:
 *
 * - **leads**: it does nothing but go on behind the rules that it skips, to a place that the folding came by in the same
 *   state. Where no rule is run behind it in its phase, whether it matched makes no difference.
 * - **removes**: it only takes rules or targets away, none of a static rule, and nothing but rules that are run looks at what
 *   was taken away. So it is run before the next rule that is, in its own state, or never. Its value must then be what it
 *   was when its turn came: that of a variable which is known from the head and never changes, or which only a rule changes.
 */
import type { PlainRule } from '../interpret/plain-rule.ts';
import type { Control } from '../rule/action.ts';
import type { Loud } from '../variables/exchange-state.ts';
import type { CleanStep } from './fold.ts';

export type PlainEffect = 'leads' | 'removes' | 'any';

export function plainEffect(
  { planned: { rule }, landing }: Pick<CleanStep, 'planned' | 'landing'>,
  plain: PlainRule | undefined,
  loud: Loud,
): PlainEffect {
  if (plain === undefined) return 'any';
  const controls = plain.actions.map((action) => (action.do === 'control' ? action.control : undefined));
  if (rule.flow.kind !== 'next') {
    const doesNothing = controls.every((control) => control?.control === 'none');
    return landing !== undefined && doesNothing ? 'leads' : 'any';
  }
  const onlyRemoves = controls.every((control) => control !== undefined && isQuietRemoval(control, loud));
  return onlyRemoves && isSteady(plain, rule.phase) ? 'removes' : 'any';
}

function isQuietRemoval(control: Control, loud: Loud): boolean {
  const isRemoval = control.control === 'remove-rules' || control.control === 'remove-targets';
  return isRemoval && !loud.isRemoval(control);
}

/** Whether the text is the same until another rule is run. */
function isSteady({ variable }: PlainRule, phase: number): boolean {
  // Chosen by a rule, or found when the body is taken apart for the rules of phase 2: not later without a rule.
  if (variable.name === 'REQBODY_PROCESSOR') return phase >= 2;
  return !variable.isVolatile && variable.body === undefined && variable.phase === 1;
}
