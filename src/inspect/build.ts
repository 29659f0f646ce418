/**
 * Rule files to an Inspector: parse, check, compile. Reads no file but those that rules name, and keeps no state between
 * calls.
 */
import { Collections } from '../state/collections.ts';
import type { CollectionStore } from './collections.ts';
import { compilePlan } from './compile/compile-plan.ts';
import { findIdle, isIdleWarning, makeExclusions } from './exclusions.ts';
import type { Exclusion } from './exclusions.ts';
import { FilesRead } from './files-read.ts';
import type { InspectedRequest, Inspector, Transaction } from './inspector.ts';
import type { Checkpoint } from './checkpoint.ts';
import { DEFAULT_LIMITS, givenLimits } from './limits.ts';
import type { InspectionLimits } from './limits.ts';
import type { RuleFile } from './load-rules.ts';
import type { RuleMistake } from './mistake.ts';
import type { Plan } from './plan/plan.ts';
import type { EngineSettings } from './rule/sec-rule.ts';
import { PlanNotes } from './shared/notes.ts';
import { RuleTransaction } from './transaction.ts';
import { readRules } from './seclang/read-rules.ts';

export interface RuleOptions {
  /** Rules that are not run, or not everywhere: ids and tags, or see Exclusion. One that no rule answers to is a mistake. */
  readonly exclude?: readonly (string | Exclusion)[];
  /** True to leave out rules with what is not run here, with a warning, where it is a mistake otherwise. */
  readonly isLenient?: boolean;
  /** Where IP, GLOBAL, SESSION, USER and RESOURCE are kept; in the memory of this thread when left out. */
  readonly store?: CollectionStore;
  readonly checkpoint?: Checkpoint | undefined;
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
  | {
      readonly kind: 'ok';
      readonly plan: Plan;
      /** Rules that were read, and those of them that are run: without those left out, removed and excluded. */
      readonly counts: { readonly read: number; readonly run: number };
      /** What directives of the files say; what the configuration says comes before it. */
      readonly limits: Partial<InspectionLimits>;
      readonly warnings: readonly RuleMistake[];
      /** What the rules read besides the files that were given. */
      readonly filesRead: FilesRead;
    }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

export function buildInspector(files: readonly RuleFile[], options: InspectorOptions): BuiltInspector {
  const compiled = compileRules(files, options);
  if (compiled.kind === 'bad') return compiled;
  const { plan, limits, warnings } = compiled;
  const inspector = makeInspector(plan, { mode: options.mode, ...limits, ...givenLimits(options) });
  return { kind: 'ok', inspector, warnings };
}

export function compileRules(files: readonly RuleFile[], options: RuleOptions = {}): CompiledRules {
  return compileRulesBy(files, options, { filesRead: new FilesRead(), notes: new PlanNotes() });
}

/** What an earlier compilation of the same texts read and found out (shared/shared-rules.ts); both are added to. */
export interface CompileNotes {
  readonly filesRead: FilesRead;
  readonly notes: PlanNotes;
}

export function compileRulesBy(
  files: readonly RuleFile[],
  options: RuleOptions,
  { filesRead, notes }: CompileNotes,
): CompiledRules {
  const exclusions = (options.exclude ?? []).map((one) => (typeof one === 'string' ? { rule: one } : one));
  const made = makeExclusions(exclusions);
  if (made.kind === 'bad') return made;
  const isLenient = options.isLenient ?? false;
  const { checkpoint } = options;
  const read = readRules([...made.files, ...files], { isLenient, filesRead, notes, checkpoint });
  const mistakes = read.mistakes.length > 0 ? read.mistakes : findIdle(exclusions, read);
  if (mistakes.length > 0) return { kind: 'bad', mistakes };
  const plan = compilePlan(read.ruleSet, {
    store: options.store ?? new Collections(),
    isFast: options.isFast ?? true,
    patterns: read.patterns,
    notes,
  });
  read.patterns.settle();
  const own = exclusions.filter(({ path }) => path !== undefined).length;
  return {
    kind: 'ok',
    plan,
    counts: { read: read.ids.size - own, run: plan.ruleCount - own },
    limits: limitsOf(read.ruleSet.settings),
    warnings: read.warnings.filter((warning) => !isIdleWarning(warning)),
    filesRead: read.filesRead,
  };
}

/**
 * An inspector on compiled rules. Cheap: the rules are shared. Of limits that are not given, see limits.ts; without a store,
 * collections are kept where the rules were compiled for.
 */
export function makeInspector(
  plan: Plan,
  options: Pick<InspectorOptions, 'mode'> & Partial<InspectionLimits>,
  store?: CollectionStore,
): Inspector {
  const settings = {
    mode: options.mode,
    limits: { ...DEFAULT_LIMITS, ...givenLimits(options) },
    nowMs: Date.now,
    store,
  };
  const begin = (request: InspectedRequest): Transaction => new RuleTransaction(plan, settings, request);
  return { ruleCount: plan.ruleCount, begin };
}

function limitsOf({ argumentsMax, jsonDepthMax }: EngineSettings): Partial<InspectionLimits> {
  return givenLimits({ argumentsMax, jsonDepthMax });
}
