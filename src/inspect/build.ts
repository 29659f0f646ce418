/**
 * Rule files to an Inspector: parse, check, compile. Reads no file but those that rules name, and keeps no state between
 * calls.
 */
import { MemoryCollections } from '../state/collections.ts';
import type { CollectionStore } from './collections.ts';
import { compilePlan } from './compile/compile-plan.ts';
import type { InspectedRequest, Inspector, Transaction } from './inspector.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { InspectionLimits } from './limits.ts';
import type { RuleFile } from './load-rules.ts';
import type { RuleMistake } from './mistake.ts';
import type { Plan } from './plan/plan.ts';
import { RuleTransaction } from './transaction.ts';
import { readRules } from './seclang/read-rules.ts';

export interface RuleOptions {
  /** Ids of rules that are not run. One that no rule has is a mistake: it would protect from nothing. */
  readonly exclude: readonly string[];
  /** True to leave out rules with what is not run here, with a warning, where it is a mistake otherwise. */
  readonly isLenient?: boolean;
  /** Where IP, GLOBAL, SESSION, USER and RESOURCE are kept; in the memory of this thread when left out. */
  readonly store?: CollectionStore;
  /** False runs every rule on every value: for comparisons, as the slow reference. True when left out. */
  readonly isFast?: boolean;
}

/** The limits may be left out one by one; limits.ts has their meaning and defaults. */
export interface InspectorOptions extends RuleOptions, Partial<InspectionLimits> {
  /** `on`: verdicts are carried out. `detect`: hits are recorded, every verdict is `continue`. */
  readonly mode: 'on' | 'detect';
}

export type BuiltInspector =
  | { readonly kind: 'ok'; readonly inspector: Inspector; readonly warnings: readonly RuleMistake[] }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

/** Rules compiled, for any number of inspectors. */
export type CompiledRules =
  | { readonly kind: 'ok'; readonly plan: Plan; readonly warnings: readonly RuleMistake[] }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

export function buildInspector(files: readonly RuleFile[], options: InspectorOptions): BuiltInspector {
  const compiled = compileRules(files, options);
  if (compiled.kind === 'bad') return compiled;
  return { kind: 'ok', inspector: makeInspector(compiled.plan, options), warnings: compiled.warnings };
}

export function compileRules(files: readonly RuleFile[], options: RuleOptions): CompiledRules {
  const read = readRules(files, { isLenient: options.isLenient ?? false });
  if (read.mistakes.length > 0) return { kind: 'bad', mistakes: read.mistakes };
  const mistakes = findUnknown(read.ids, options.exclude);
  if (mistakes.length > 0) return { kind: 'bad', mistakes };
  const excluded = new Set(options.exclude);
  const items = read.ruleSet.items.filter((item) => item.kind === 'marker' || !excluded.has(item.rule.id));
  const plan = compilePlan(
    { ...read.ruleSet, items },
    { store: options.store ?? new MemoryCollections(), isFast: options.isFast ?? true },
  );
  return { kind: 'ok', plan, warnings: read.warnings };
}

/** An inspector on compiled rules. Cheap: the rules are shared. */
export function makeInspector(
  plan: Plan,
  options: Pick<InspectorOptions, 'mode'> & Partial<InspectionLimits>,
): Inspector {
  const settings = {
    mode: options.mode,
    limits: { ...DEFAULT_LIMITS, ...limitsOf(options) },
    nowMs: Date.now,
  };
  const begin = (request: InspectedRequest): Transaction => new RuleTransaction(plan, settings, request);
  return { ruleCount: plan.ruleCount, begin };
}

function findUnknown(ids: ReadonlySet<string>, exclude: readonly string[]): readonly RuleMistake[] {
  return exclude
    .filter((id) => !ids.has(id))
    .map((id) => {
      const text = `Cannot exclude rule "${id}": no rule has this id`;
      return { file: 'exclude', line: 0, column: 0, code: 'exclude-unknown', text };
    });
}

/** Only the limits that are given: a key that is undefined must not hide a default. */
function limitsOf(options: Partial<InspectionLimits>): Partial<InspectionLimits> {
  const { argumentsMax, cookiesMax, jsonDepthMax } = options;
  return {
    ...(argumentsMax === undefined ? {} : { argumentsMax }),
    ...(cookiesMax === undefined ? {} : { cookiesMax }),
    ...(jsonDepthMax === undefined ? {} : { jsonDepthMax }),
  };
}
