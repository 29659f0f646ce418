/**
 * What static rules depend on. A rule that looks at the exchange and changes something else leaves them as they are, so
 * that the exchange stays on the clean path (compile/fold.ts).
 */
import type { Control } from '../rule/action.ts';
import { chooses } from '../interpret/choose.ts';
import type { Rule, RuleItem } from '../rule/sec-rule.ts';
import { constantOf } from '../rule/template.ts';
import type { Template } from '../rule/template.ts';
import type { Loud } from '../variables/exchange-state.ts';
import { isCaptureName, isStatic } from './static-rules.ts';

export function findLoud(items: readonly RuleItem[]): Loud {
  const rules = items.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []));
  const fixed = rules.filter(isStatic);
  const names = new Set<string>();
  let isEveryName = false;
  for (const rule of fixed) if (!addNames(rule, names)) isEveryName = true;
  // An operator with macros was made for what they say on the clean path (compile/naming.ts).
  for (const { links } of rules) {
    for (const { test } of links) if (test.kind === 'macro') addMembers(names, test.argument);
  }
  // Rules are many, and the same few removals are carried out in every exchange.
  const known = new Map<Control, boolean>();
  return {
    isName: (name) => (isEveryName || names.has(name)) && !isCaptureName(name),
    isRemoval(control) {
      const answer = known.get(control) ?? fixed.some((rule) => isChanged(rule, control));
      known.set(control, answer);
      return answer;
    },
  };
}

/** What a static rule reads and writes in TX; false when a name is not known before it runs. */
function addNames(rule: Rule, names: Set<string>): boolean {
  let areKnown = true;
  for (const { targets, test, actions } of rule.links) {
    for (const { selector } of targets) if (selector?.kind === 'name') names.add(selector.name);
    if (test.kind === 'macro') addMembers(names, test.argument);
    for (const action of actions) {
      if (action.do !== 'set-variable' && action.do !== 'unset-variable') continue;
      const name = constantOf(action.name);
      if (name === undefined) areKnown = false;
      else names.add(name.toLowerCase());
      if (action.do === 'set-variable') addMembers(names, action.value);
    }
  }
  return areKnown;
}

function addMembers(names: Set<string>, template: Template): void {
  for (const part of template) {
    if (typeof part !== 'string' && part.member !== undefined) names.add(part.member);
  }
}

/** Whether a `ctl` would take the rule away, or something that it looks at. */
function isChanged(rule: Rule, control: Control): boolean {
  if (control.control === 'remove-rules') return chooses(control.rules, rule);
  if (control.control !== 'remove-targets') return true;
  return control.targets.some(({ variable }) => variable.name === 'TX') && chooses(control.rules, rule);
}
