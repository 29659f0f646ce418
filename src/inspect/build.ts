/**
 * Rule files to an Inspector: parse, check, make ready. Pure: reads no file and keeps no state between calls.
 */
import type { InspectedRequest, Inspector, Transaction } from './inspector.ts';
import { makePlan } from './interpret/plan.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { InspectionLimits } from './limits.ts';
import type { RuleFile } from './load-rules.ts';
import type { RuleMistake } from './mistake.ts';
import type { Rule } from './rule/rule.ts';
import { parseRules } from './seclang/parse.ts';
import { RuleTransaction } from './transaction.ts';

/** The limits may be left out one by one; limits.ts has their meaning and defaults. */
export interface InspectorOptions extends Partial<InspectionLimits> {
  /** `on`: verdicts are carried out. `detect`: hits are recorded, every verdict is `continue`. */
  readonly mode: 'on' | 'detect';
  /** Ids of rules that are not run. One that no rule has is a mistake: it would protect from nothing. */
  readonly exclude: readonly string[];
  /** False runs every test on every value: for comparisons, as the slow reference. True when left out. */
  readonly isPrefiltered?: boolean;
}

export type BuiltInspector =
  | { readonly kind: 'ok'; readonly inspector: Inspector }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

export function buildInspector(files: readonly RuleFile[], options: InspectorOptions): BuiltInspector {
  const parsed = parseRules(files);
  const mistakes = [...parsed.mistakes, ...findUnknown(parsed.rules, options.exclude)];
  // A rule with a mistake has no id to be excluded by, so that these would be followed by others that are none.
  if (parsed.mistakes.length > 0) return { kind: 'bad', mistakes: parsed.mistakes };
  if (mistakes.length > 0) return { kind: 'bad', mistakes };
  const excluded = new Set(options.exclude);
  const plan = makePlan(
    parsed.rules.filter((rule) => !excluded.has(rule.id)),
    options.isPrefiltered ?? true,
  );
  const settings = { mode: options.mode, limits: { ...DEFAULT_LIMITS, ...limitsOf(options) } };
  const begin = (request: InspectedRequest): Transaction => new RuleTransaction(plan, settings, request);
  return { kind: 'ok', inspector: { ruleCount: plan.ruleCount, begin } };
}

function findUnknown(rules: readonly Rule[], exclude: readonly string[]): readonly RuleMistake[] {
  const ids = new Set(rules.map((rule) => rule.id));
  return exclude
    .filter((id) => !ids.has(id))
    .map((id) => {
      const text = `Cannot exclude rule "${id}": no rule has this id`;
      return { file: 'exclude', line: 0, column: 0, code: 'exclude-unknown', text };
    });
}

/** Only the limits that are given: a key that is undefined must not hide a default. */
function limitsOf(options: InspectorOptions): Partial<InspectionLimits> {
  const { argumentsMax, cookiesMax, jsonDepthMax } = options;
  return {
    ...(argumentsMax === undefined ? {} : { argumentsMax }),
    ...(cookiesMax === undefined ? {} : { cookiesMax }),
    ...(jsonDepthMax === undefined ? {} : { jsonDepthMax }),
  };
}
