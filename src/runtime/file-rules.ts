/** Rules from files, compiled in this thread: for commands that look at rules, and for the thread that compiles them. */
import { compileRules } from '../inspect/build.ts';
import type { CompiledRules } from '../inspect/build.ts';
import type { Checkpoint } from '../inspect/checkpoint.ts';
import { loadRules } from '../inspect/load-rules.ts';
import type { LoadedRules, RuleFile } from '../inspect/load-rules.ts';
import { formatMistake } from '../inspect/mistake.ts';
import { CRS_PLACE } from '../inspect/options.ts';
import type { SnortMistake } from '../inspect/snort/mistake.ts';
import type { RuleNotRun } from '../inspect/snort/parse.ts';
import { compileSnort, ruleId } from '../inspect/snort/snort-inspector.ts';
import type { CompiledSnort } from '../inspect/snort/snort-inspector.ts';
import { isOfOtherKind } from './rule-kind.ts';
import type { RuleKind } from './rule-kind.ts';
import { keyOfRules, withKey } from './rule-place.ts';
import type { RulePlace } from './rule-place.ts';
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

  readonly tellsAll: boolean;

  /** `tellsAll`: without a bound for what is told. */
  constructor(checkpoint?: Checkpoint, tellsAll = false) {
    this.checkpoint = checkpoint;
    this.tellsAll = tellsAll;
  }

  seclang(wish: SeclangWish, place: RulePlace): SeclangRules | undefined {
    const files = this.#load(wish.rules, 'seclang', place);
    if (files === undefined) return undefined;
    const compiled = once(this.#seclang, wishKey(wish), () => this.compile(files, wish));
    if (compiled.kind === 'bad') {
      this.#tell(this.problems, compiled.mistakes, place);
      return undefined;
    }
    this.#tell(this.warnings, compiled.warnings, place);
    return compiled;
  }

  snort(wish: SnortWish, place: RulePlace): SnortRules | undefined {
    const files = this.#load(wish.rules, 'snort', place);
    if (files === undefined) return undefined;
    const compiled = once(this.#snort, wishKey(wish), () => this.compileSnort(files, wish));
    if (compiled.kind === 'bad') {
      this.#tell(this.problems, inOrder(compiled.mistakes, files), place);
      return undefined;
    }
    this.#tell(this.warnings, inOrder(compiled.warnings, files), place);
    for (const warning of notRunWarnings(compiled.notRun, this.tellsAll ? Infinity : IDS_MAX))
      this.warnings.add(warning);
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

  #load(patterns: readonly string[], kind: RuleKind, place: RulePlace): readonly RuleFile[] | undefined {
    const loaded = once(this.#loaded, JSON.stringify(patterns), () => loadRules(patterns, ''));
    const file = keyOfRules(place, kind);
    if (loaded.kind === 'bad') {
      for (const mistake of loaded.mistakes) {
        const isCrs = mistake.code === 'rules-missing' && mistake.file.endsWith(CRS_PLACE);
        const hint = isCrs ? '\n  "sallyport rules install crs" puts it there' : '';
        this.problems.add(formatMistake({ ...mistake, file }) + hint);
      }
      return undefined;
    }
    const wrong = loaded.files.filter((one) => isOfOtherKind(one, kind));
    for (const { name } of wrong) {
      const text = `Cannot read rules "${name}": ${otherKindText(kind, place)}`;
      this.problems.add(formatMistake({ file, line: 0, column: 0, code: 'rules-kind', text }));
    }
    return wrong.length > 0 ? undefined : loaded.files;
  }

  #tell(told: Set<string>, mistakes: readonly Parameters<typeof formatSnort>[0][], place: RulePlace): void {
    for (const mistake of mistakes) told.add(formatSnort(withKey(mistake, place)));
  }
}

function otherKindText(kind: RuleKind, place: RulePlace): string {
  if (kind === 'snort') return `these are rules of SecLang: list them under ${keyOfRules(place, 'seclang')}`;
  if (place.key !== undefined)
    return `these are rules of Snort: list them under ${keyOfRules(place, 'snort')}`;
  return 'these are rules of Snort: list them under inspection.snort.rules of a configuration, and name it with -c';
}

/** As the files are listed, and by line in each: what cannot be compiled is found behind what cannot be read. */
function inOrder(mistakes: readonly SnortMistake[], files: readonly RuleFile[]): readonly SnortMistake[] {
  const ranks = new Map(files.map(({ name }, index) => [name, index]));
  const rankOf = ({ file }: SnortMistake): number => ranks.get(file) ?? -1;
  return mistakes.toSorted(
    (left, right) => rankOf(left) - rankOf(right) || left.line - right.line || left.column - right.column,
  );
}

/** What is listed in one line. `check --all` lists all. */
const IDS_MAX = 20;

/** A line for all rules of a file that the same option is in the way of, at the first of them. */
function notRunWarnings(rules: readonly RuleNotRun[], idsMax: number): readonly string[] {
  const groups = Map.groupBy(rules, ({ file, option, because }) => JSON.stringify([file, option, because]));
  return [...groups.values()].map((group) => {
    const [first] = group as [RuleNotRun, ...RuleNotRun[]]; // A group has one at least.
    const { file, line, option, because, isProtocol = false } = first;
    const which = group.length === 1 ? `Rule ${ruleId(first)} is` : `${group.length} rules are`;
    const why = `${isProtocol ? 'protocol' : 'option'} "${option}": ${because}`;
    const ids = group.length === 1 ? '' : `: ${listed(group.map(ruleId), idsMax)}`;
    const text = `${which} not run: ${why}${ids}`;
    return formatSnort({ file, line, column: 1, code: 'not-run', text });
  });
}

function listed(ids: readonly string[], max: number): string {
  const more = ids.length - max;
  return more > 0 ? `${ids.slice(0, max).join(', ')} and ${more} more` : ids.join(', ');
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
