/** Where the compiled rules of a configuration come from: files, or memory that another thread has made. */
import type { Exclusion } from '../inspect/exclusions.ts';
import type { InspectionLimits } from '../inspect/limits.ts';
import type { Plan } from '../inspect/plan/plan.ts';
import type { SnortPlan } from '../inspect/snort/snort-inspector.ts';
import type { RulePlace } from './rule-place.ts';

/** Rules of SecLang as a set names them, with what is left out of them. Plain data: its JSON tells it from others. */
export interface SeclangWish {
  /** Paths and globs. */
  readonly rules: readonly string[];
  readonly exclude: readonly Exclusion[];
  readonly isLenient: boolean;
}

/** The same for rules of Snort and Suricata. */
export interface SnortWish {
  readonly rules: readonly string[];
  readonly exclude: readonly string[];
  readonly isLenient: boolean;
  readonly variables: Readonly<Record<string, string>>;
}

/** Rules that were read, and those that are run. */
export interface Counts {
  readonly read: number;
  readonly run: number;
}

export interface SeclangRules {
  readonly plan: Plan;
  readonly counts: Counts;
  /** What directives of the files say. */
  readonly limits: Partial<InspectionLimits>;
}

export interface SnortRules {
  readonly plan: SnortPlan;
  readonly counts: Counts;
}

/** What is asked for twice is the same. */
export interface RuleSource {
  /** Each ready to print. */
  readonly problems: Set<string>;
  readonly warnings: Set<string>;
  /** True when everything is to be told, however much it is. */
  readonly tellsAll?: boolean;
  /** Undefined after a problem. `place` is for what is told. */
  seclang(wish: SeclangWish, place: RulePlace): SeclangRules | undefined;
  snort(wish: SnortWish, place: RulePlace): SnortRules | undefined;
}

export function wishKey(wish: SeclangWish | SnortWish): string {
  return JSON.stringify(wish);
}

export function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = make();
  known.set(key, value);
  return value;
}
