/**
 * Rule sets of a configuration to inspectors. Each set is read and compiled once, whatever the number of listeners and
 * routes that use it; inspectors on it differ in mode, limits and sample, and cost nothing. What is wrong is collected, and
 * told once, whoever names the file.
 */
import { compileRules, makeInspector } from '../inspect/build.ts';
import type { CompiledRules } from '../inspect/build.ts';
import { combine } from '../inspect/combine.ts';
import type { Exclusion } from '../inspect/exclusions.ts';
import { digestOf } from '../inspect/files-read.ts';
import type { Inspector } from '../inspect/inspector.ts';
import { DEFAULT_LIMITS } from '../inspect/limits.ts';
import { loadRules } from '../inspect/load-rules.ts';
import type { LoadedRules, RuleFile } from '../inspect/load-rules.ts';
import { formatMistake } from '../inspect/mistake.ts';
import { CRS_PLACE } from '../inspect/options.ts';
import type { RuleSetOptions } from '../inspect/options.ts';
import { sampled } from '../inspect/sample.ts';
import { makeStreamInspector } from '../inspect/snort/inspect-stream.ts';
import type { StreamInspector } from '../inspect/snort/inspect-stream.ts';
import { compileSnort, makeSnortInspector, ruleId } from '../inspect/snort/snort-inspector.ts';
import type { CompiledSnort } from '../inspect/snort/snort-inspector.ts';
import { exclusionsOf } from './inspection-use.ts';
import type { InspectionUse } from './inspection-use.ts';
import type { RuleState } from './rule-state.ts';

/** Rules that were read, and those that are run. */
export interface Counts {
  readonly read: number;
  readonly run: number;
}

export interface MadeInspector {
  readonly inspector: Inspector;
  /** Of SecLang. */
  readonly rules: Counts;
  /** Of Snort and Suricata. */
  readonly snort: Counts;
}

export interface MadeStreams {
  readonly streams: StreamInspector;
  readonly snort: Counts;
}

export class RuleSets {
  /** Each ready to print. */
  readonly problems: Set<string> = new Set();
  readonly warnings: Set<string> = new Set();
  /** By what was asked for, so that nothing is read or compiled twice. */
  readonly #loaded = new Map<string, LoadedRules>();
  readonly #compiled = new Map<string, CompiledRules>();
  readonly #compiledSnort = new Map<string, CompiledSnort>();
  /** Of the configuration before, until `settle`. */
  #compiledBefore: ReadonlyMap<string, CompiledRules> = new Map();
  #snortBefore: ReadonlyMap<string, CompiledSnort> = new Map();

  readonly #state: RuleState | undefined;

  /**
   * What has not changed since `before` is not compiled again. Rules remember what they count in `state`; each set in the
   * memory of this thread when it is left out.
   */
  constructor(before?: RuleSets, state?: RuleState) {
    this.#state = state;
    if (before === undefined) return;
    this.#compiledBefore = before.#compiled;
    this.#snortBefore = before.#compiledSnort;
  }

  /** To be called when all is made: what is no longer used is forgotten. */
  settle(): void {
    this.#compiledBefore = new Map();
    this.#snortBefore = new Map();
    this.#loaded.clear();
  }

  /** Mode and sample are taken as they are. Undefined after a problem. */
  make(set: RuleSetOptions, use: InspectionUse): MadeInspector | undefined {
    const exclude = [...exclusionsOf(set.exclude), ...use.exclude];
    const compiled = this.#compile(
      set,
      exclude.filter(({ rule }) => !isOfSnort(rule)),
    );
    const snort = this.#compileSnort(
      set,
      exclude.filter(({ rule }) => isOfSnort(rule)),
    );
    if (compiled === undefined || snort === undefined) return undefined;
    const mode = use.mode === 'on' ? 'on' : 'detect';
    const limits = { ...compiled.limits, ...use.limits };
    const inspectors: Inspector[] = [];
    if (compiled.plan.ruleCount > 0 || snort.plan.ruleCount === 0) {
      inspectors.push(makeInspector(compiled.plan, { mode, ...limits }, this.#state?.collectionsOf(use.set)));
    }
    if (snort.plan.ruleCount > 0) {
      const { onAlert, onBlock } = set.snort;
      const bodyLimits = { ...DEFAULT_LIMITS, ...limits };
      inspectors.push(
        makeSnortInspector(snort.plan, {
          mode,
          onAlert,
          onBlock,
          bodyLimits,
          memory: this.#state?.snortOf(use.set),
        }),
      );
    }
    const inspector = sampled(combine(inspectors), use.sample);
    return { inspector, rules: compiled.counts, snort: countsOf(snort, exclude) };
  }

  /** For the bytes of connections. Undefined after a problem, and for a set without rules of Snort. */
  makeStreams(set: RuleSetOptions, use: InspectionUse): MadeStreams | undefined {
    if (set.snort.rules.length === 0) return undefined;
    const exclude = [...exclusionsOf(set.exclude), ...use.exclude].filter(({ rule }) => isOfSnort(rule));
    const snort = this.#compileSnort(set, exclude);
    if (snort === undefined || snort.plan.ruleCount === 0) return undefined;
    const { onAlert, onBlock } = set.snort;
    const mode = use.mode === 'on' ? 'on' : 'detect';
    const streams = makeStreamInspector(snort.plan, {
      mode,
      onAlert,
      onBlock,
      memory: this.#state?.snortOf(use.set),
    });
    return { streams, snort: countsOf(snort, exclude) };
  }

  #compile(
    set: RuleSetOptions,
    exclude: readonly Exclusion[],
  ): Extract<CompiledRules, { kind: 'ok' }> | undefined {
    const files = this.#load(set.rules);
    if (files === undefined) return undefined;
    const options = { exclude, isLenient: set.lenient };
    const key = digestOf(JSON.stringify([files, options]));
    const compiled = once(this.#compiled, key, () => {
      const before = this.#compiledBefore.get(key);
      const isSame = before?.kind === 'ok' && before.filesRead.isUnchanged;
      return isSame ? before : compileRules(files, options);
    });
    if (compiled.kind === 'bad') {
      for (const mistake of compiled.mistakes) this.problems.add(formatMistake(mistake));
      return undefined;
    }
    for (const warning of compiled.warnings) this.warnings.add(formatMistake(warning));
    return compiled;
  }

  #compileSnort(
    set: RuleSetOptions,
    exclude: readonly Exclusion[],
  ): Extract<CompiledSnort, { kind: 'ok' }> | undefined {
    const files = this.#load(set.snort.rules);
    if (files === undefined || !this.#areWhole(exclude)) return undefined;
    const values = Object.entries(set.snort.variables).map(([name, { value }]) => [name, value]);
    const options = {
      variables: Object.fromEntries(values) as Record<string, string>,
      isLenient: set.lenient,
      exclude: exclude.map(({ rule }) => rule),
    };
    const key = digestOf(JSON.stringify([files, options]));
    const compiled = once(
      this.#compiledSnort,
      key,
      () => this.#snortBefore.get(key) ?? compileSnort(files, options),
    );
    if (compiled.kind === 'bad') {
      for (const mistake of compiled.mistakes) this.problems.add(formatSnort(mistake));
      return undefined;
    }
    for (const warning of compiled.warnings) this.warnings.add(formatSnort(warning));
    for (const rule of compiled.notRun) {
      const text = `Rule ${ruleId(rule)} is not run: option "${rule.option}": ${rule.because}`;
      this.warnings.add(formatSnort({ file: rule.file, line: rule.line, column: 1, code: 'not-run', text }));
    }
    return compiled;
  }

  #load(patterns: readonly string[]): readonly RuleFile[] | undefined {
    const loaded = once(this.#loaded, JSON.stringify(patterns), () => loadRules(patterns, ''));
    if (loaded.kind === 'ok') return loaded.files;
    for (const mistake of loaded.mistakes) {
      const isCrs = mistake.code === 'rules-missing' && mistake.file.endsWith(CRS_PLACE);
      const hint = isCrs ? '\n  "sallyport rules install crs" puts it there' : '';
      this.problems.add(formatMistake(mistake) + hint);
    }
    return undefined;
  }

  /** Rules of Snort have buffers of their own, and no targets; they are left out as a whole. */
  #areWhole(exclude: readonly Exclusion[]): boolean {
    const narrow = exclude.filter(({ target, path }) => target !== undefined || path !== undefined);
    for (const { name, rule } of narrow) {
      const text = `Cannot exclude rule "${rule}" with target or path: a rule of Snort is excluded as a whole`;
      this.problems.add(
        formatSnort({ file: `exclusion ${name ?? rule}`, line: 0, column: 0, code: 'exclude-narrow', text }),
      );
    }
    return narrow.length === 0;
  }
}

/** `snort-2001` and `snort-3:19187`, as hits call them. */
function isOfSnort(rule: string): boolean {
  return /^snort-[0-9]+(?::[0-9]+)?$/.test(rule);
}

function countsOf(
  { plan, notRun, warnings }: Extract<CompiledSnort, { kind: 'ok' }>,
  exclude: readonly Exclusion[],
): Counts {
  const excluded = exclude.filter(({ rule }) => isOfSnort(rule)).length;
  // A rule can have several mistakes, all of them in its line.
  const wrong = new Set(warnings.filter(({ line }) => line > 0).map(({ file, line }) => `${file}:${line}`))
    .size;
  return { read: plan.ruleCount + notRun.length + excluded + wrong, run: plan.ruleCount };
}

/** `rules/a.rules:3:9: text [code]`, as formatMistake. */
function formatSnort(mistake: {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly text: string;
}): string {
  const place = mistake.line === 0 ? mistake.file : `${mistake.file}:${mistake.line}:${mistake.column}`;
  return `${place}: ${mistake.text} [${mistake.code}]`;
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = make();
  known.set(key, value);
  return value;
}
