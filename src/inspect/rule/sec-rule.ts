/**
 * A rule of SecLang: the form that rule files are read into, and all that running needs to know. Plain data.
 */
import type { Operator, OperatorKind } from '../operators/operator.ts';
import type { Transformation } from '../transforms/table.ts';
import type { Action } from './action.ts';
import type { Target } from './target.ts';
import type { Template } from './template.ts';

/** 1 head of the request, 2 its body, 3 head of the response, 4 its body, 5 when the exchange has ended. */
export type Phase = 1 | 2 | 3 | 4 | 5;

/** What a match of the whole chain does to the exchange. */
export type Disruption =
  /** The rules that follow run. */
  | { readonly do: 'pass' }
  /** `phase`: the rest of this phase is left out; `request`: of phases 1 and 2; `all`: of all but phase 5. */
  | { readonly do: 'allow'; readonly scope: 'phase' | 'request' | 'all' }
  /** `deny` or `block`. Without a status of its own it means: to the decoy, or 403 where there is none. */
  | { readonly do: 'deny'; readonly status: number | undefined }
  | { readonly do: 'drop' }
  | { readonly do: 'redirect'; readonly location: Template; readonly status: number };

/** Where the rules of the phase go on after a match. */
export type Flow =
  | { readonly kind: 'next' }
  /** So many rules are left out; a chain counts as one. */
  | { readonly kind: 'skip'; readonly count: number }
  /** On behind the marker of this name, or behind the rule with this id; to the end of the phase when there is none. */
  | { readonly kind: 'skip-after'; readonly marker: string };

/** How values are tested: ready, or with an argument that has macros and is made when it is known. */
export type Test =
  | { readonly kind: 'ready'; readonly operator: Operator }
  | { readonly kind: 'macro'; readonly operatorKind: OperatorKind; readonly argument: Template };

/** One test. A value that any of the targets yields and that the operator matches satisfies it. */
export interface Link {
  /** Empty for SecAction, which always holds. */
  readonly targets: readonly Target[];
  readonly transformations: readonly Transformation[];
  readonly test: Test;
  /** The operator as it is written, e.g. `@rx ^a`, for explanations. */
  readonly testText: string;
  /** True for `!@rx`: a value satisfies the test when it does not match. */
  readonly isNegated: boolean;
  /** True when the value is tested after each transformation that changes it, and before the first. */
  readonly isMultiMatch: boolean;
  /** True for `capture`: a match sets TX:0 to TX:9. */
  readonly isCapturing: boolean;
  readonly actions: readonly Action[];
  /** `logdata`; the last link of a chain that has one wins. */
  readonly logData: Template | undefined;
}

export interface Rule {
  /** As the rule file spells it. */
  readonly id: string;
  readonly phase: Phase;
  /** `file:line`. */
  readonly source: string;
  readonly message: Template;
  /** 0 (EMERGENCY) to 7 (DEBUG). */
  readonly severity: number;
  readonly tags: readonly Template[];
  readonly version: string;
  readonly revision: string;
  readonly maturity: number;
  readonly accuracy: number;
  readonly disruption: Disruption;
  readonly flow: Flow;
  /** False for rules that leave no hit (`nolog`). */
  readonly isLogged: boolean;
  /** The tests that must all be satisfied: one, or more for a chain. Never empty. */
  readonly links: readonly Link[];
}

/** Rules and markers (`SecMarker`) in the order of the files. */
export type RuleItem =
  { readonly kind: 'rule'; readonly rule: Rule } | { readonly kind: 'marker'; readonly name: string };

/**
 * What the directives of the rule files ask of the engine. Undefined where no directive said it; the configuration
 * has the last word.
 */
export interface EngineSettings {
  /** SecResponseBodyAccess. */
  readonly isResponseBodyRead: boolean | undefined;
  /** SecResponseBodyMimeType, in lower case. */
  readonly responseBodyTypes: readonly string[] | undefined;
  /** SecRequestBodyJsonDepthLimit. */
  readonly jsonDepthMax: number | undefined;
  /** SecArgumentsLimit. */
  readonly argumentsMax: number | undefined;
  /** SecArgumentSeparator, one byte; `&` when undefined. */
  readonly argumentSeparator: string | undefined;
  /** SecCollectionTimeout, seconds. */
  readonly collectionTimeoutSeconds: number | undefined;
  /** SecWebAppId. */
  readonly webAppId: string | undefined;
}

/** Rule files read. To be run only when there were no mistakes. */
export interface RuleSet {
  readonly items: readonly RuleItem[];
  readonly settings: EngineSettings;
}
