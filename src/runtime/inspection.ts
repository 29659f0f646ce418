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

export function buildInspections(config: Config): BuiltInspections {
  const build: Build = {
    config,
    loaded: new Map(),
    compiled: new Map(),
    warnings: new Set(),
    problems: new Set(),
  };
  const inspectors = new Map<string, Inspector>();
  const sets = new Map<string, RuleSetCounts>();
  for (const use of usesOf(config)) {
    const made = makeFor(build, use);
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
  readonly config: Config;
  /** By what was asked for, so that nothing is read or compiled twice. */
  readonly loaded: Map<string, LoadedRules>;
  readonly compiled: Map<string, CompiledRules>;
  /** Sets: what is wrong in a file is told once, whoever names the file. */
  readonly warnings: Set<string>;
  readonly problems: Set<string>;
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

/** Undefined where nothing is to be inspected, and after a problem. */
function makeFor(build: Build, use: InspectionUse): Made | undefined {
  const { mode, sample, limits, exclude } = use;
  if (mode === 'off' || sample === 0) return undefined;
  const { inspection } = build.config;
  const set = use.set === '' ? inspection : inspection.sets[use.set];
  if (set === undefined) throw new Error(`Rule set "${use.set}" passed the checks but is not there`);
  const compiled = compiledOf(build, set, exclude);
  if (compiled?.kind !== 'ok') return undefined;
  const inspector = makeInspector(compiled.plan, { mode, ...compiled.limits, ...limits });
  return { inspector: sampled(inspector, sample), counts: compiled.counts };
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
