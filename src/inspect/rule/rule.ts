/**
 * A rule: the form that every rule language is read into, and all that running needs to know. Plain data.
 */
import type { Operator } from '../operators/operator.ts';
import type { Transformation } from '../transforms/table.ts';
import type { Variable } from '../variables/table.ts';

/** When a rule runs: 1 head of the request, 2 its body, 3 head of the response. */
export type Phase = 1 | 2 | 3;

/** What a match does to the exchange. Only `pass` lets the rules that follow run. */
export type RuleOutcome =
  | { readonly do: 'pass' }
  | { readonly do: 'deceive' }
  | { readonly do: 'reply'; readonly status: number }
  | { readonly do: 'drop' };

/** Which values a test looks at. */
export interface Target {
  readonly variable: Variable;
  /** Only the member with this name, in lower case; undefined for all members. */
  readonly selector: string | undefined;
  /** Members that are left out, in lower case. */
  readonly excluded: readonly string[];
  /** True for `&NAME`: the number of values is tested, not the values. */
  readonly isCount: boolean;
}

/** One test. A value that any of the targets yields and that the operator matches satisfies it. */
export interface Link {
  readonly targets: readonly Target[];
  readonly transformations: readonly Transformation[];
  readonly operator: Operator;
  /** True for `!@rx`: a value satisfies the test when it does not match. */
  readonly isNegated: boolean;
  /** True when the value is tested after each transformation that changes it, and before the first. */
  readonly isMultiMatch: boolean;
}

export interface Rule {
  /** As the rule file spells it. */
  readonly id: string;
  readonly phase: Phase;
  /** `file:line`. */
  readonly source: string;
  readonly message: string;
  /** 0 (EMERGENCY) to 7 (DEBUG). */
  readonly severity: number;
  readonly tags: readonly string[];
  readonly outcome: RuleOutcome;
  /** False for rules that leave no hit. */
  readonly isLogged: boolean;
  /** The tests that must all be satisfied: one, or more for a chain. Never empty. */
  readonly links: readonly Link[];
}
