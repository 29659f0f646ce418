/**
 * Rule sets of a configuration to inspectors. Each set is compiled once, whatever the number of listeners and routes that
 * use it; inspectors on it differ in mode, limits and sample, and cost nothing. What is wrong is collected, and told once,
 * whoever names the file.
 */
import { makeInspector } from '../inspect/build.ts';
import { combine } from '../inspect/combine.ts';
import type { Exclusion } from '../inspect/exclusions.ts';
import type { Inspector } from '../inspect/inspector.ts';
import { DEFAULT_LIMITS } from '../inspect/limits.ts';
import type { RuleSetOptions } from '../inspect/options.ts';
import { sampled } from '../inspect/sample.ts';
import { makeStreamInspector } from '../inspect/snort/inspect-stream.ts';
import type { StreamInspector } from '../inspect/snort/inspect-stream.ts';
import { makeSnortInspector } from '../inspect/snort/snort-inspector.ts';
import { FileRules, formatSnort } from './file-rules.ts';
import { placeOf, withKey } from './rule-place.ts';
import type { RulePlace } from './rule-place.ts';
import { exclusionsOf } from './inspection-use.ts';
import type { InspectionUse } from './inspection-use.ts';
import type { Counts, RuleSource, SeclangWish, SnortRules, SnortWish } from './rule-source.ts';
import type { RuleState } from './rule-state.ts';

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
  readonly #source: RuleSource;

  readonly #state: RuleState | undefined;

  readonly #isConfigured: boolean;

  /**
   * From files when no other source is given. Rules remember what they count in `state`; each set in the memory of this
   * thread when it is left out. `isConfigured` is false for rules that the command line names.
   */
  constructor(source: RuleSource = new FileRules(), state?: RuleState, isConfigured = true) {
    this.#isConfigured = isConfigured;
    this.#source = source;
    this.#state = state;
  }

  /** Each ready to print. */
  get problems(): ReadonlySet<string> {
    return this.#source.problems;
  }

  get warnings(): ReadonlySet<string> {
    return this.#source.warnings;
  }

  /** Mode and sample are taken as they are. Undefined after a problem. */
  make(set: RuleSetOptions, use: InspectionUse): MadeInspector | undefined {
    const compiled = this.#source.seclang(seclangWish(set, use), this.#placeOf(set, use));
    const snort = this.#snort(set, use);
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
    return { inspector, rules: compiled.counts, snort: snort.counts };
  }

  /** For the bytes of connections. Undefined after a problem, and for a set without rules of Snort. */
  makeStreams(set: RuleSetOptions, use: InspectionUse): MadeStreams | undefined {
    if (set.snort.rules.length === 0) return undefined;
    const snort = this.#snort(set, use);
    if (snort === undefined || snort.plan.ruleCount === 0) return undefined;
    const { onAlert, onBlock } = set.snort;
    const mode = use.mode === 'on' ? 'on' : 'detect';
    const streams = makeStreamInspector(snort.plan, {
      mode,
      onAlert,
      onBlock,
      memory: this.#state?.snortOf(use.set),
    });
    return { streams, snort: snort.counts };
  }

  #snort(set: RuleSetOptions, use: InspectionUse): SnortRules | undefined {
    const place = this.#placeOf(set, use);
    const exclude = exclusionsIn(set, use).filter(({ rule }) => isOfSnort(rule));
    return this.#areWhole(exclude, place) ? this.#source.snort(snortWish(set, use), place) : undefined;
  }

  /** Rules of Snort have buffers of their own, and no targets; they are left out as a whole. */
  #areWhole(exclude: readonly Exclusion[], place: RulePlace): boolean {
    const narrow = exclude.filter(({ target, path }) => target !== undefined || path !== undefined);
    for (const { name, rule } of narrow) {
      const text = `Cannot exclude rule "${rule}" with target or path: a rule of Snort is excluded as a whole`;
      const mistake = { file: `exclusion ${name ?? rule}`, line: 0, column: 0, code: 'exclude-narrow', text };
      this.#source.problems.add(formatSnort(withKey(mistake, place)));
    }
    return narrow.length === 0;
  }

  #placeOf(set: RuleSetOptions, use: InspectionUse): RulePlace {
    return this.#isConfigured ? placeOf(set, use.set) : { key: undefined, exclude: {} };
  }
}

export function seclangWish(set: RuleSetOptions, use: InspectionUse): SeclangWish {
  const exclude = exclusionsIn(set, use).filter(({ rule }) => !isOfSnort(rule));
  return { rules: set.rules, exclude, isLenient: set.lenient };
}

export function snortWish(set: RuleSetOptions, use: InspectionUse): SnortWish {
  const exclude = exclusionsIn(set, use).flatMap(({ rule }) => (isOfSnort(rule) ? rule : []));
  const values = Object.entries(set.snort.variables).map(([name, { value }]) => [name, value]);
  return {
    rules: set.snort.rules,
    exclude,
    isLenient: set.lenient,
    variables: Object.fromEntries(values) as Record<string, string>,
  };
}

function exclusionsIn(set: RuleSetOptions, use: InspectionUse): readonly Exclusion[] {
  return [...exclusionsOf(set.exclude), ...use.exclude];
}

/** `snort-2001` and `snort-3:19187`, as hits call them. */
function isOfSnort(rule: string): boolean {
  return /^snort-[0-9]+(?::[0-9]+)?$/.test(rule);
}
