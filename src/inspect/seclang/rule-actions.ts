/**
 * What the actions of one rule say, while they are read and before they are checked against each other.
 */
import type { Action } from '../rule/action.ts';
import type { Flow, Phase } from '../rule/sec-rule.ts';
import type { Template } from '../rule/template.ts';
import type { Transformation } from '../transforms/table.ts';
import { EMPTY_TEMPLATE } from './read-template.ts';
import type { ActionPiece } from './split-actions.ts';

/** A disruptive action as it is written; `block` is decided by SecDefaultAction. */
export type DisruptiveWord =
  | { readonly word: 'pass' | 'deny' | 'block' | 'drop' }
  | { readonly word: 'allow'; readonly scope: 'phase' | 'request' | 'all' }
  | { readonly word: 'redirect'; readonly location: Template };

export interface RuleActions {
  id: string | undefined;
  phase: Phase;
  message: Template;
  logData: Template | undefined;
  severity: number;
  tags: Template[];
  version: string;
  revision: string;
  maturity: number;
  accuracy: number;
  transformations: Transformation[];
  disruption: DisruptiveWord | undefined;
  /** What `block` does: the disruptive action of SecDefaultAction. */
  blocking: DisruptiveWord | undefined;
  status: number | undefined;
  flow: Flow;
  isInLog: boolean;
  isInAuditLog: boolean;
  isChained: boolean;
  isMultiMatch: boolean;
  isCapturing: boolean;
  effects: Action[];
  /** The actions that the rule itself has, by name; the last of equal ones. */
  readonly given: Map<string, ActionPiece>;
}

/** NOTICE, for rules that say nothing. */
const SEVERITY_DEFAULT = 5;

export const PHASE_DEFAULT = 2;

export function emptyActions(phase: Phase): RuleActions {
  return {
    id: undefined,
    phase,
    message: EMPTY_TEMPLATE,
    logData: undefined,
    severity: SEVERITY_DEFAULT,
    tags: [],
    version: '',
    revision: '',
    maturity: 0,
    accuracy: 0,
    transformations: [],
    disruption: undefined,
    blocking: undefined,
    status: undefined,
    flow: { kind: 'next' },
    isInLog: true,
    isInAuditLog: true,
    isChained: false,
    isMultiMatch: false,
    isCapturing: false,
    effects: [],
    given: new Map(),
  };
}

/** What a rule begins with: all that SecDefaultAction says for its phase. */
export function inheritFrom(defaults: RuleActions): RuleActions {
  return {
    ...defaults,
    tags: [...defaults.tags],
    transformations: [...defaults.transformations],
    effects: [...defaults.effects],
    blocking: defaults.disruption,
    given: new Map(),
  };
}

/** What a rule of a chain begins with: the values that it looks at are made ready as those of its first rule. */
export function inheritChained(phase: Phase, defaults: RuleActions | undefined): RuleActions {
  return { ...emptyActions(phase), transformations: [...(defaults?.transformations ?? [])] };
}
