/** Rules from files, compiled in this thread: for commands that look at rules, and for the thread that compiles them. */
import { compileRules } from '../inspect/build.ts';
import type { CompiledRules } from '../inspect/build.ts';
import type { Checkpoint } from '../inspect/checkpoint.ts';
import { loadRules } from '../inspect/load-rules.ts';
import type { LoadedRules, RuleFile } from '../inspect/load-rules.ts';
import { formatMistake } from '../inspect/mistake.ts';
import { CRS_PLACE } from '../inspect/options.ts';
import type { RuleNotRun } from '../inspect/snort/parse.ts';
import { compileSnort, ruleId } from '../inspect/snort/snort-inspector.ts';
import type { CompiledSnort } from '../inspect/snort/snort-inspector.ts';
import { once, wishKey } from './rule-source.ts';
import type { Counts, RuleSource, SeclangRules, SeclangWish, SnortRules, SnortWish } from './rule-source.ts';

export class FileRules implements RuleSource {
  readonly problems: Set<string> = new Set();
  readonly warnings: Set<string> = new Set();
  /** By what was asked for, so that nothing is read or compiled twice. */
  readonly #loaded = new Map<string, LoadedRules>();
  readonly #seclang = new Map<string, CompiledRules>();
  readonly #snort = new Map<string, CompiledSnort>();
  protected readonly checkpoint: Checkpoint | undefined;

  constructor(checkpoint?: Checkpoint) {
    this.checkpoint = checkpoint;
  }

  seclang(wish: SeclangWish): SeclangRules | undefined {
    const files = this.load(wish.rules);
    if (files === undefined) return undefined;
    const compiled = once(this.#seclang, wishKey(wish), () => this.compile(files, wish));
    if (compiled.kind === 'bad') {
      for (const mistake of compiled.mistakes) this.problems.add(formatMistake(mistake));
      return undefined;
    }
    for (const warning of compiled.warnings) this.warnings.add(formatMistake(warning));
    return compiled;
  }

  snort(wish: SnortWish): SnortRules | undefined {
    const files = this.load(wish.rules);
    if (files === undefined) return undefined;
    const compiled = once(this.#snort, wishKey(wish), () => this.compileSnort(files, wish));
    if (compiled.kind === 'bad') {
      for (const mistake of compiled.mistakes) this.problems.add(formatSnort(mistake));
      return undefined;
    }
    for (const warning of compiled.warnings) this.warnings.add(formatSnort(warning));
    for (const warning of notRunWarnings(compiled.notRun)) this.warnings.add(warning);
    return { plan: compiled.plan, counts: snortCounts(compiled, wish) };
  }

  protected compile(files: readonly RuleFile[], { exclude, isLenient }: SeclangWish): CompiledRules {
    return compileRules(files, { exclude, isLenient, checkpoint: this.checkpoint });
  }

  protected compileSnort(
    files: readonly RuleFile[],
    { exclude, isLenient, variables }: SnortWish,
  ): CompiledSnort {
    return compileSnort(files, { exclude, isLenient, variables, checkpoint: this.checkpoint });
  }

  protected load(patterns: readonly string[]): readonly RuleFile[] | undefined {
    const loaded = once(this.#loaded, JSON.stringify(patterns), () => loadRules(patterns, ''));
    if (loaded.kind === 'ok') return loaded.files;
    for (const mistake of loaded.mistakes) {
      const isCrs = mistake.code === 'rules-missing' && mistake.file.endsWith(CRS_PLACE);
      const hint = isCrs ? '\n  "sallyport rules install crs" puts it there' : '';
      this.problems.add(formatMistake(mistake) + hint);
    }
    return undefined;
  }
}

/** A line for all rules of a file that the same option is in the way of, at the first of them. */
function notRunWarnings(rules: readonly RuleNotRun[]): readonly string[] {
  const groups = Map.groupBy(rules, ({ file, option, because }) => JSON.stringify([file, option, because]));
  return [...groups.values()].map((group) => {
    const [first] = group as [RuleNotRun, ...RuleNotRun[]]; // A group has one at least.
    const ids = group.map(ruleId).join(', ');
    const which = group.length === 1 ? `Rule ${ids} is` : `${group.length} rules are`;
    const text = `${which} not run: option "${first.option}": ${first.because}`;
    const all = group.length === 1 ? text : `${text}: ${ids}`;
    return formatSnort({ file: first.file, line: first.line, column: 1, code: 'not-run', text: all });
  });
}

export function snortCounts(
  { plan, notRun, warnings }: Extract<CompiledSnort, { kind: 'ok' }>,
  { exclude }: SnortWish,
): Counts {
  // A rule can have several mistakes, all of them in its line.
  const wrong = new Set(warnings.filter(({ line }) => line > 0).map(({ file, line }) => `${file}:${line}`))
    .size;
  return { read: plan.ruleCount + notRun.length + exclude.length + wrong, run: plan.ruleCount };
}

/** `rules/a.rules:3:9: text [code]`, as formatMistake. */
export function formatSnort(mistake: {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly text: string;
}): string {
  const place = mistake.line === 0 ? mistake.file : `${mistake.file}:${mistake.line}:${mistake.column}`;
  return `${place}: ${mistake.text} [${mistake.code}]`;
}
