/** Which rules a `ctl`, a `SecRuleRemove*` or a `SecRuleUpdate*` means. */
import type { RuleChoice } from '../rule/action.ts';
import type { Rule } from '../rule/sec-rule.ts';
import { constantOf } from '../rule/template.ts';

/** Messages and tags with macros are compared as they are written, with nothing in the place of the macros. */
export function chooses(choice: RuleChoice, rule: Rule): boolean {
  switch (choice.by) {
    case 'id': {
      const id = Number(rule.id);
      return choice.ranges.some(({ first, last }) => id >= first && id <= last);
    }
    case 'tag':
      return rule.tags.some((tag) => choice.test(constantOf(tag) ?? ''));
    case 'message':
      return choice.test(constantOf(rule.message) ?? '');
  }
}
