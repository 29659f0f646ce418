/** Which rules a `ctl`, a `SecRuleRemove*` or a `SecRuleUpdate*` means. */
import type { RuleChoice } from '../rule/action.ts';
import type { Rule } from '../rule/sec-rule.ts';
import { constantOf } from '../rule/template.ts';

/** Remembers its answers: the same few choices are asked for in every exchange, and some are expressions. */
export class Chooser {
  readonly #known = new Map<RuleChoice, Map<Rule, boolean>>();

  /** `choice` is one of a rule file, so that there are not more of them than `ctl` actions. */
  chooses(choice: RuleChoice, rule: Rule): boolean {
    let known = this.#known.get(choice);
    if (known === undefined) {
      known = new Map();
      this.#known.set(choice, known);
    }
    let answer = known.get(rule);
    if (answer === undefined) {
      answer = chooses(choice, rule);
      known.set(rule, answer);
    }
    return answer;
  }
}

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
