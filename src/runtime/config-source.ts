/** Where a configuration comes from, at the start and at each reload, and reading it from there. */
import type { Config } from '../config/config.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedText } from '../config/load.ts';
import { readConfig } from '../config/read.ts';
import { healthProblems } from './health.ts';
import { traceProblems } from './trace-destination.ts';

export interface ConfigSource {
  /** The file, as status and messages call it. */
  readonly path: string;
  readonly load: () => Promise<LoadedText>;
  readonly environment: Environment;
}

export type SourceRead =
  | {
      readonly kind: 'ok';
      readonly text: string;
      readonly config: Config;
      /** Each ready to print. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** Reads the configuration, and the files that it names but for those of rules. Opens and changes nothing. */
export async function readSource({ path, load, environment }: ConfigSource): Promise<SourceRead> {
  const loaded = await load();
  if (loaded.kind === 'bad') return { kind: 'bad', problems: loaded.diagnostics.map(formatDiagnostic) };
  const read = readConfig(loaded.text, path, environment);
  const diagnostics = read.diagnostics.map(formatDiagnostic);
  if (read.kind === 'bad') return { kind: 'bad', problems: diagnostics };
  const problems = [...healthProblems(read.config), ...traceProblems(read.config)];
  if (problems.length > 0) return { kind: 'bad', problems: [...diagnostics, ...problems] };
  return { kind: 'ok', text: loaded.text, config: read.config, warnings: diagnostics };
}
