/** Compiles the rules of a configuration in a thread of their own: neither a worker nor the supervisor is held up. */
import type { CompiledEdition } from './rule-edition.ts';
import type { RulesStart } from './rules-main.ts';
import { startThread, threadEntry, whyEnded } from './thread-entry.ts';

/** A second for many thousands of rules; what takes longer than this does not end. */
const COMPILE_MS = 120_000;
const MIB = 1024 * 1024;
/**
 * The thread looks at its memory itself, between rules and at the end (memory-watch.ts). For what it may have meanwhile,
 * garbage and plans, V8 has this limit, in MiB: beyond it the process could end with the thread.
 */
const SPARE_MIB = 1024;
const SPARE_FACTOR = 2;

/** `heapBytes`: the most JavaScript memory that it may have. What goes wrong with the thread is a problem like others. */
export async function compileRulesAside(
  start: Omit<RulesStart, 'heapBytes'>,
  heapBytes: number,
): Promise<CompiledEdition> {
  const thread = startThread(threadEntry('rules-main'), {
    name: 'rules',
    workerData: { ...start, heapBytes },
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil((SPARE_FACTOR * heapBytes) / MIB) + SPARE_MIB },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<CompiledEdition>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${COMPILE_MS} ms`)), COMPILE_MS);
      // Ours, and posts nothing else.
      thread.once('message', (compiled) => resolve(compiled as CompiledEdition));
      thread.once('error', (error) => reject(new Error(whyEnded(error))));
      thread.once('exit', (code) => reject(new Error(`its thread ended with code ${code}`)));
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'bad', problems: [`Cannot compile the rules: ${why}`] };
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
