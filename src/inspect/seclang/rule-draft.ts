/**
 * A rule as it was read, before SecRuleUpdate* has had its say, and how it becomes a Rule.
 */
import { wholeValueOperator } from '../operators/operator.ts';
import type { Disruption, Link, Rule, RuleItem } from '../rule/sec-rule.ts';
import type { Target } from '../rule/target.ts';
import type { ReadOperator } from './read-operator.ts';
import type { RuleText } from './rule-text.ts';
import type { DisruptiveWord, RuleActions } from './rule-actions.ts';

export interface LinkDraft {
  targets: readonly Target[];
  readonly operator: ReadOperator;
  readonly actions: RuleActions;
}

export interface RuleDraft {
  readonly kind: 'rule';
  readonly id: string;
  /** `file:line`. */
  readonly place: string;
  readonly text: RuleText;
  /** The first has the actions of the whole rule. */
  readonly links: readonly [LinkDraft, ...LinkDraft[]];
}

export type DraftItem = RuleDraft | Extract<RuleItem, { readonly kind: 'marker' }>;

/** SecAction: a test without targets, which always holds. */
export const UNCONDITIONAL: ReadOperator = {
  test: { kind: 'ready', operator: wholeValueOperator(() => true) },
  testText: '@unconditionalMatch',
  isNegated: false,
};

/** Status of `redirect` when the rule has none that is a redirection (ModSecurity's manual, "redirect"). */
const REDIRECT_STATUS = 302;

export function finishRule(draft: RuleDraft): Rule {
  const [{ actions }] = draft.links;
  return {
    id: draft.id,
    phase: actions.phase,
    source: draft.place,
    message: actions.message,
    severity: actions.severity,
    tags: actions.tags,
    version: actions.version,
    revision: actions.revision,
    maturity: actions.maturity,
    accuracy: actions.accuracy,
    disruption: disruptionOf(actions),
    flow: actions.flow,
    isLogged: actions.isInLog || actions.isInAuditLog,
    links: draft.links.map(finishLink),
  };
}

function finishLink({ targets, operator, actions }: LinkDraft): Link {
  return {
    targets,
    transformations: actions.transformations,
    test: operator.test,
    testText: operator.testText,
    isNegated: operator.isNegated,
    isMultiMatch: actions.isMultiMatch,
    isCapturing: actions.isCapturing,
    actions: actions.effects,
    logData: actions.logData,
  };
}

/** `block` is what SecDefaultAction says, and `deny` where it says nothing: who asks to block shall not be let through. */
function disruptionOf({ disruption, blocking, status }: RuleActions): Disruption {
  const meant = disruption?.word === 'block' ? (blocking ?? disruption) : disruption;
  return meant === undefined ? { do: 'pass' } : disruptionFor(meant, status);
}

function disruptionFor(meant: DisruptiveWord, status: number | undefined): Disruption {
  switch (meant.word) {
    case 'pass':
      return { do: 'pass' };
    case 'drop':
      return { do: 'drop' };
    case 'deny':
    case 'block':
      return { do: 'deny', status };
    case 'allow':
      return { do: 'allow', scope: meant.scope };
    case 'redirect':
      return {
        do: 'redirect',
        location: meant.location,
        status: isRedirection(status) ? status : REDIRECT_STATUS,
      };
  }
}

function isRedirection(status: number | undefined): status is number {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}
