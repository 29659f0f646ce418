/**
 * Rule files to rules that are ready to run, with an account of those that are not: the one entrance of this folder.
 */
import type { Classification } from './classification.ts';
import { RuleCompiler } from './compile.ts';
import type { CompiledRule } from './compile.ts';
import { RegexMemory } from '../rx/memory.ts';
import { OptionError, RulePatternError } from './mistake.ts';
import type { SnortMistake } from './mistake.ts';
import { parseSnortRules } from './parse.ts';
import type { ParsedSnortRules, ParseOptions, RuleNotRun, SnortFile } from './parse.ts';
import type { SnortRule } from './rule.ts';
import type { AlertPolicy } from './suppress.ts';
import { makeVariables } from './variables.ts';
import type { SnortVariables } from './variables.ts';

export interface LoadOptions extends ParseOptions {
  /** As behind `ipvar` and `portvar`; they win over what the files say. */
  readonly variables?: ReadonlyMap<string, string>;
}

export interface LoadedSnortRules {
  /** In the order in which they are to be evaluated: see inOrder. */
  readonly rules: readonly CompiledRule[];
  /** Rules that are right and cannot be run here, with the option and the reason. */
  readonly notRun: readonly RuleNotRun[];
  readonly mistakes: readonly SnortMistake[];
  readonly ruleCount: number;
  readonly classifications: ReadonlyMap<string, Classification>;
  readonly referenceSystems: ReadonlyMap<string, string>;
  readonly policies: readonly AlertPolicy[];
  readonly variables: SnortVariables;
}

export function loadSnortRules(files: readonly SnortFile[], options: LoadOptions = {}): LoadedSnortRules {
  const parsed = parseSnortRules(files, options);
  const mistakes = [...parsed.mistakes];
  const notRun = [...parsed.notRun];
  const variables = readVariables(parsed, options, mistakes);
  const compiler = new RuleCompiler(variables, new RegexMemory());
  const rules = newestRules(parsed.rules, mistakes).flatMap((rule) => {
    options.checkpoint?.(rule.place.file);
    try {
      return compiler.compile(rule);
    } catch (error) {
      if (!(error instanceof OptionError) && !(error instanceof RulePatternError)) throw error;
      addFailure(rule, error, mistakes, notRun);
      return [];
    }
  });
  const { ruleCount, classifications, referenceSystems, policies } = parsed;
  return {
    rules: inOrder(rules),
    notRun,
    mistakes,
    ruleCount,
    classifications,
    referenceSystems,
    policies,
    variables,
  };
}

function readVariables(
  parsed: ParsedSnortRules,
  options: LoadOptions,
  mistakes: SnortMistake[],
): SnortVariables {
  try {
    return makeVariables(new Map([...parsed.variables, ...(options.variables ?? [])]));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    mistakes.push({ file: 'variables', line: 0, column: 0, code: error.code, text: error.message });
    return makeVariables();
  }
}

/** A variable that is missing or a pattern that is wrong is a mistake; a pattern that cannot be run is told as such. */
function addFailure(
  rule: SnortRule,
  error: OptionError | RulePatternError,
  mistakes: SnortMistake[],
  notRun: RuleNotRun[],
): void {
  const { gid, sid, message, place } = rule;
  const { file, line } = place;
  if (error instanceof OptionError) mistakes.push({ ...place, code: error.code, text: error.message });
  else if (error.isSyntax) {
    mistakes.push({
      file,
      line: error.line,
      column: error.column,
      code: 'pattern-syntax',
      text: error.message,
    });
  } else notRun.push({ option: 'pcre', because: error.message, gid, sid, message, file, line });
}

/** Of rules with the same gid and sid the one with the highest rev. The same rev twice is a mistake. */
function newestRules(rules: readonly SnortRule[], mistakes: SnortMistake[]): readonly SnortRule[] {
  const newest = new Map<string, SnortRule>();
  for (const rule of rules) {
    const key = `${rule.gid}:${rule.sid}`;
    const known = newest.get(key);
    if (known?.rev === rule.rev) {
      const text = `Cannot load rule ${key}: the rule at ${known.place.file}:${known.place.line} has the same sid and rev`;
      mistakes.push({ ...rule.place, code: 'sid-duplicate', text });
    }
    if (known === undefined || rule.rev > known.rev) newest.set(key, rule);
  }
  return [...newest.values()];
}

/**
 * The order of evaluation: rules that pass come first, and then those that drop, reject and alert; within an action
 * those that set bits come before those that test them. Otherwise the order of the files.
 */
export function inOrder(rules: readonly CompiledRule[]): readonly CompiledRule[] {
  return rules.toSorted((left, right) => rankOf(left.rule) - rankOf(right.rule));
}

const ACTION_RANKS: Readonly<Record<string, number>> = { pass: 0, drop: 1, sdrop: 1, block: 1, reject: 2 };

function rankOf(rule: SnortRule): number {
  return 4 * (ACTION_RANKS[rule.header.action] ?? 3) + bitRank(rule);
}

function bitRank(rule: SnortRule): number {
  const sets = rule.effects.length > 0;
  const tests = rule.conditions.some(
    ({ kind }) => kind === 'flowbits' || kind === 'xbits' || kind === 'flowint',
  );
  if (sets) return tests ? 1 : 0;
  return tests ? 2 : 3;
}
