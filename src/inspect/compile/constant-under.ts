/** What a text with macros says on the clean path. */
import type { Rule } from '../rule/sec-rule.ts';
import { constantOf } from '../rule/template.ts';
import type { Template } from '../rule/template.ts';
import type { BaseState } from '../variables/exchange-state.ts';
import { isCaptureName } from './static-rules.ts';

/** Undefined when it depends on the exchange, or on what the rule itself sets. */
export function constantUnder(template: Template, state: BaseState, rule: Rule): string | undefined {
  let text = '';
  for (const part of template) {
    if (typeof part === 'string') text += part;
    else if (part.variable.name !== 'TX' || part.member === undefined) return undefined;
    else if (isCaptureName(part.member) || writes(rule, part.member)) return undefined;
    else text += state.tx.get(part.member) ?? '';
  }
  return text;
}

function writes(rule: Rule, member: string): boolean {
  return rule.links.some((link) =>
    link.actions.some((action) => {
      if (action.do !== 'set-variable' && action.do !== 'unset-variable') return false;
      const name = constantOf(action.name);
      return action.collection === 'TX' && (name === undefined || name.toLowerCase() === member);
    }),
  );
}
