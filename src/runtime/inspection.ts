/**
 * The inspectors of a configuration. Each rule set is read and compiled once, whatever the number of listeners and routes
 * that use it; inspectors on it differ in mode, limits and sample, and cost nothing.
 */
import type { Config } from '../config/config.ts';
import { compileRules, makeInspector } from '../inspect/build.ts';
import type { CompiledRules } from '../inspect/build.ts';
import type { Exclusion } from '../inspect/exclusions.ts';
import type { Inspector } from '../inspect/inspector.ts';
import { loadRules } from '../inspect/load-rules.ts';
import type { LoadedRules } from '../inspect/load-rules.ts';
import { formatMistake } from '../inspect/mistake.ts';
import type { RuleSetOptions } from '../inspect/options.ts';
import { sampled } from '../inspect/sample.ts';
import { exclusionsOf, inspectionUse } from './inspection-use.ts';
import type { InspectionUse } from './inspection-use.ts';

export interface Inspections {
  /** The inspector for a use that the configuration makes; undefined where nothing is inspected. */
  readonly inspectorFor: (use: InspectionUse) => Inspector | undefined;
  /** The rule sets in use. */
  readonly sets: readonly RuleSetCounts[];
}

export interface RuleSetCounts {
  /** Empty for the rules at the top of the configuration. */
  readonly name: string;
  /** Rules that were read, and those that are run. */
  readonly read: number;
  readonly run: number;
}

export type BuiltInspections =
  | {
      readonly kind: 'ok';
      readonly inspections: Inspections;
      /** Each ready to print. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** One inspector, with the rules of `set`. */
export type BuiltInspector =
  | {
      readonly kind: 'ok';
      readonly inspector: Inspector;
      readonly counts: Omit<RuleSetCounts, 'name'>;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** The inspector of one use by itself; its rule set is as the configuration has it. Mode and sample are taken as they are. */
export function buildInspector(set: RuleSetOptions, use: InspectionUse): BuiltInspector {
  const build = newBuild();
  const made = makeFor(build, set, use);
  if (made === undefined) return { kind: 'bad', problems: [...build.problems] };
  return { kind: 'ok', ...made, warnings: [...build.warnings] };
}

/** The rule set that a use names. */
export function ruleSetOf({ inspection }: Config, { set }: InspectionUse): RuleSetOptions {
  const found = set === '' ? inspection : inspection.sets[set];
  if (found === undefined) throw new Error(`Rule set "${set}" passed the checks but is not there`);
  return found;
}

export function buildInspections(config: Config): BuiltInspections {
  const build = newBuild();
  const inspectors = new Map<string, Inspector>();
  const sets = new Map<string, RuleSetCounts>();
  for (const use of usesOf(config)) {
    if (use.mode === 'off' || use.sample === 0) continue;
    const made = makeFor(build, ruleSetOf(config, use), use);
    if (made === undefined) continue;
    inspectors.set(JSON.stringify(use), made.inspector);
    // Exclusions of routes are no matter of the set: the widest use tells what it holds.
    const known = sets.get(use.set);
    if (known === undefined || known.run < made.counts.run)
      sets.set(use.set, { name: use.set, ...made.counts });
  }
  if (build.problems.size > 0) return { kind: 'bad', problems: [...build.problems] };
  const inspections: Inspections = {
    inspectorFor: (use) => inspectors.get(JSON.stringify(use)),
    sets: [...sets.values()],
  };
  return { kind: 'ok', inspections, warnings: [...build.warnings] };
}

interface Build {
  /** By what was asked for, so that nothing is read or compiled twice. */
  readonly loaded: Map<string, LoadedRules>;
  readonly compiled: Map<string, CompiledRules>;
  /** Sets: what is wrong in a file is told once, whoever names the file. */
  readonly warnings: Set<string>;
  readonly problems: Set<string>;
}

function newBuild(): Build {
  return { loaded: new Map(), compiled: new Map(), warnings: new Set(), problems: new Set() };
}

/** What listeners and their routes ask for. */
function usesOf(config: Config): readonly InspectionUse[] {
  return Object.values(config.listeners)
    .filter(({ protocol }) => protocol === 'http')
    .flatMap((listener) => [
      inspectionUse(config, listener),
      ...listener.routes.map((name) => inspectionUse(config, listener, config.routes[name])),
    ]);
}

interface Made {
  readonly inspector: Inspector;
  readonly counts: Omit<RuleSetCounts, 'name'>;
}

/** Undefined after a problem. */
function makeFor(build: Build, set: RuleSetOptions, use: InspectionUse): Made | undefined {
  const compiled = compiledOf(build, set, use.exclude);
  if (compiled?.kind !== 'ok') return undefined;
  const mode = use.mode === 'on' ? 'on' : 'detect';
  const inspector = makeInspector(compiled.plan, { mode, ...compiled.limits, ...use.limits });
  return { inspector: sampled(inspector, use.sample), counts: compiled.counts };
}

function compiledOf(
  build: Build,
  set: RuleSetOptions,
  exclude: readonly Exclusion[],
): CompiledRules | undefined {
  const loaded = once(build.loaded, JSON.stringify(set.rules), () => loadRules(set.rules, ''));
  if (loaded.kind === 'bad') {
    for (const mistake of loaded.mistakes) build.problems.add(formatMistake(mistake));
    return undefined;
  }
  const options = { exclude: [...exclusionsOf(set.exclude), ...exclude], isLenient: set.lenient };
  const compiled = once(build.compiled, JSON.stringify([set.rules, options]), () =>
    compileRules(loaded.files, options),
  );
  const [found, into] =
    compiled.kind === 'bad' ? [compiled.mistakes, build.problems] : [compiled.warnings, build.warnings];
  for (const mistake of found) into.add(formatMistake(mistake));
  return compiled;
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = make();
  known.set(key, value);
  return value;
}
