/** A configuration with its rules, read and checked as a whole before anything is opened. */
import type { Config } from '../config/config.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { Environment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import type { ConfigResult } from '../config/read.ts';
import { FileRules } from './file-rules.ts';
import { healthProblems } from './health.ts';
import { buildInspections } from './inspection.ts';
import type { Inspections } from './inspection.ts';
import { traceProblems } from './trace-destination.ts';

export interface Prepared {
  readonly config: Config;
  readonly inspections: Inspections;
  /** Warnings, each ready to print. */
  readonly warnings: readonly string[];
}

export type Preparation =
  | { readonly kind: 'ok'; readonly prepared: Prepared }
  /** Everything that is wrong, each ready to print, and how many there are: those of rules are told up to a bound. */
  | { readonly kind: 'bad'; readonly problems: readonly string[]; readonly count: number };

/** Reads a configuration file and the rules that it names. Opens and changes nothing. `tellsAll`: without a bound. */
export async function prepare(
  path: string,
  environment: Environment,
  tellsAll = false,
): Promise<Preparation> {
  return prepareConfig(await loadConfig(path, environment), tellsAll);
}

/** The same for a configuration that was read already. */
export function prepareConfig(read: ConfigResult, tellsAll = false): Preparation {
  const diagnostics = read.diagnostics.map(formatDiagnostic);
  if (read.kind === 'bad') return badOf(diagnostics);
  const built = buildInspections(read.config, new FileRules(undefined, tellsAll));
  if (built.kind === 'bad')
    return badOf([...diagnostics, ...built.problems], diagnostics.length + built.count);
  const unreadable = [...healthProblems(read.config), ...traceProblems(read.config)];
  if (unreadable.length > 0) return badOf([...diagnostics, ...unreadable]);
  const { inspections } = built;
  const warnings = [...diagnostics, ...built.warnings];
  return { kind: 'ok', prepared: { config: read.config, inspections, warnings } };
}

function badOf(problems: readonly string[], count: number = problems.length): Preparation {
  return { kind: 'bad', problems, count };
}
