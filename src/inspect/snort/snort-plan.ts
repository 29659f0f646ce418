/**
 * Rule files to a plan: everything that running the rules needs, shared by all exchanges.
 */
import type { CompiledRule } from './compile.ts';
import { loadSnortRules } from './load.ts';
import { planMessages } from './message-plan.ts';
import type { MessagePlan, RuleList } from './message-plan.ts';
import { quotedText } from './mistake.ts';
import type { SnortMistake } from './mistake.ts';
import type { RuleNotRun, SnortFile } from './parse.ts';
import type { SnortRule } from './rule.ts';
import type { SnortCompileOptions } from './snort-options.ts';
import { planStreams } from './stream-plan.ts';
import type { StreamPlans } from './stream-plan.ts';
import type { AlertPolicy } from './suppress.ts';
import type { SnortVariables } from './variables.ts';

export interface SnortPlan {
  /** Rules that are loaded, those that no message of HTTP can match too. */
  readonly ruleCount: number;
  readonly requests: MessagePlan;
  readonly responses: MessagePlan;
  /** All of them. */
  readonly rules: RuleList;
  /** Made when they are asked for: most plans never see a plain stream. */
  readonly streams: () => StreamPlans;
  readonly policies: readonly AlertPolicy[];
  readonly variables: SnortVariables;
}

export type CompiledSnort =
  | {
      readonly kind: 'ok';
      readonly plan: SnortPlan;
      /** Rules that are right and cannot be run, each with the option and the reason. */
      readonly notRun: readonly RuleNotRun[];
      readonly warnings: readonly SnortMistake[];
    }
  | { readonly kind: 'bad'; readonly mistakes: readonly SnortMistake[] };

export function compileSnort(files: readonly SnortFile[], options: SnortCompileOptions = {}): CompiledSnort {
  const loaded = loadSnortRules(files, {
    withDisabled: options.withDisabled === true,
    variables: new Map(Object.entries(options.variables ?? {})),
    checkpoint: options.checkpoint,
  });
  const exclude = new Set(options.exclude ?? []);
  const mistakes = [...loaded.mistakes, ...findUnknown(loaded.rules, loaded.notRun, exclude)];
  if (mistakes.length > 0 && options.isLenient !== true) return { kind: 'bad', mistakes };
  const rules = loaded.rules.filter(({ rule }) => !exclude.has(ruleId(rule)));
  const isFast = options.isFast ?? true;
  const plan: SnortPlan = {
    ruleCount: rules.length,
    requests: planMessages(rules, 'to_server', isFast),
    responses: planMessages(options.withResponses === false ? [] : rules, 'to_client', isFast),
    rules,
    streams: () => planStreams(rules),
    policies: loaded.policies,
    variables: loaded.variables,
  };
  return { kind: 'ok', plan, notRun: loaded.notRun, warnings: mistakes };
}

/**
 * How hits and configurations call a rule: `snort-2001`, or `snort-3:19187` when its generator is not 1. Rules of SecLang
 * are called by a number alone.
 */
export function ruleId({ gid, sid }: Pick<SnortRule, 'gid' | 'sid'>): string {
  return gid === 1 ? `snort-${sid}` : `snort-${gid}:${sid}`;
}

function findUnknown(
  rules: readonly CompiledRule[],
  notRun: readonly RuleNotRun[],
  exclude: ReadonlySet<string>,
): readonly SnortMistake[] {
  if (exclude.size === 0) return [];
  const known = new Set([...rules.map(({ rule }) => ruleId(rule)), ...notRun.map(ruleId)]);
  return [...exclude]
    .filter((id) => !known.has(id))
    .map((id) => ({
      file: 'exclude',
      line: 0,
      column: 0,
      code: 'exclude-unknown',
      text: `Cannot exclude rule ${quotedText(id)}: no rule has this id`,
    }));
}
