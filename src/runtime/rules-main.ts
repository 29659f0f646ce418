/** The thread that reads and compiles the rules of one configuration, and ends: what it needed meanwhile is gone with it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Environment } from '../config/environment.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { readConfig } from '../config/read.ts';
import { compileEdition } from './rule-edition.ts';
import type { CompiledEdition, RuleEdition } from './rule-edition.ts';

export interface RulesStart {
  /** The configuration, as Edition has it. */
  readonly text: string;
  readonly path: string;
  readonly environment: Environment;
  readonly before: RuleEdition | undefined;
}

// What compileRules starts it with.
if (parentPort !== null) parentPort.postMessage(compiled(workerData as RulesStart));

function compiled({ text, path, environment, before }: RulesStart): CompiledEdition {
  const read = readConfig(text, path, environment);
  if (read.kind === 'bad') return { kind: 'bad', problems: read.diagnostics.map(formatDiagnostic) };
  return compileEdition(read.config, before);
}
