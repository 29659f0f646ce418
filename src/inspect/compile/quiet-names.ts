/**
 * Members of TX that no static rule reads or writes: rules which look at the exchange may set them without any static
 * rule taking another course.
 */
import type { RuleItem } from '../rule/sec-rule.ts';
import { constantOf } from '../rule/template.ts';
import type { Template } from '../rule/template.ts';
import { isStatic } from './static-rules.ts';

export function quietNames(items: readonly RuleItem[]): ReadonlySet<string> {
  const quiet = new Set<string>(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  const loud = new Set<string>();
  let isAnyLoud = false;
  for (const item of items) {
    if (item.kind === 'marker') continue;
    const isLoud = isStatic(item.rule);
    for (const link of item.rule.links) {
      if (isLoud)
        for (const { selector } of link.targets) if (selector?.kind === 'name') loud.add(selector.name);
      if (isLoud && link.test.kind === 'macro') addNames(loud, link.test.argument);
      // An operator with macros was made for what they say on the clean path (compile/naming.ts).
      if (!isLoud && link.test.kind === 'macro') addNames(loud, link.test.argument);
      for (const action of link.actions) {
        if (action.do !== 'set-variable' && action.do !== 'unset-variable') continue;
        const name = constantOf(action.name)?.toLowerCase();
        if (name === undefined) isAnyLoud ||= isLoud;
        else (isLoud ? loud : quiet).add(name);
        if (isLoud && action.do === 'set-variable') addNames(loud, action.value);
      }
    }
  }
  if (isAnyLoud) return new Set();
  for (const name of loud) quiet.delete(name);
  return quiet;
}

function addNames(names: Set<string>, template: Template): void {
  for (const part of template) {
    if (typeof part !== 'string' && part.member !== undefined) names.add(part.member);
  }
}
