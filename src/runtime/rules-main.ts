/** The thread that reads and compiles the rules of one configuration, and ends: what it needed meanwhile is gone with it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Environment } from '../config/environment.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { readConfig } from '../config/read.ts';
import { MemoryExceeded, MemoryWatch } from './memory-watch.ts';
import { compileEdition } from './rule-edition.ts';
import type { CompiledEdition, RuleEdition } from './rule-edition.ts';
import { TOO_MUCH_MEMORY } from './thread-entry.ts';

export interface RulesStart {
  /** The configuration, as Edition has it. */
  readonly text: string;
  readonly path: string;
  readonly environment: Environment;
  readonly before: RuleEdition | undefined;
  /** The most JavaScript memory that rules may need. */
  readonly heapBytes: number;
}

// What compileRules starts it with.
if (parentPort !== null) parentPort.postMessage(compiled(workerData as RulesStart));

function compiled({ text, path, environment, before, heapBytes }: RulesStart): CompiledEdition {
  const read = readConfig(text, path, environment);
  if (read.kind === 'bad') return { kind: 'bad', problems: read.diagnostics.map(formatDiagnostic) };
  const watch = new MemoryWatch(heapBytes);
  try {
    const edition = compileEdition(read.config, before, (file) => watch.check(`reading ${file}`));
    watch.check('making them ready to run');
    return edition;
  } catch (error) {
    if (!(error instanceof MemoryExceeded)) throw error;
    const problem = `Cannot compile the rules: ${TOO_MUCH_MEMORY} (while ${error.message})`;
    return { kind: 'bad', problems: [problem] };
  }
}
