/**
 * What rules cost in each further worker: threads of one process that compile the CRS and 5,000 Snort rules by themselves,
 * or attach what was compiled once. CPU of a thread, and the memory of the process, with one and with two of them.
 *
 *     node --expose-gc bench/shared-rules.ts --json
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { attachRules, shareRules } from '../src/inspect/shared/shared-rules.ts';
import { compileRules } from '../src/inspect/build.ts';
import { loadRules } from '../src/inspect/load-rules.ts';
import type { RuleFile } from '../src/inspect/load-rules.ts';
import { attachSnort, shareSnort } from '../src/inspect/snort/shared-snort.ts';
import { compileSnort } from '../src/inspect/snort/snort-inspector.ts';
import { CRS_FILES, SNORT_FOLDER } from './peers/rule-sets.ts';
import { readSnortRules } from './traffic/snort-rules.ts';
import { MANY } from './in-process/rule-sets.ts';

interface Given {
  readonly crs: SharedArrayBuffer | undefined;
  readonly snort: SharedArrayBuffer | undefined;
}

interface Told {
  readonly cpuMs: number;
  /** Heap and array buffers of the thread, before and after; shared memory is in neither. */
  readonly ownBytes: number;
}

const MIB = 2 ** 20;
const NOTHING: Given = { crs: undefined, snort: undefined };

if (isMainThread) await main(process.argv.includes('--json'));
// What main starts it with.
else await work(workerData as Given);

async function main(isJson: boolean): Promise<void> {
  const { crs, snort } = readFiles();
  const startMs = cpuMs();
  const shared = shareRules(crs, {});
  const plan = compileSnort(snort, { isLenient: true });
  if (shared.kind === 'bad' || plan.kind === 'bad') throw new Error('Cannot measure: the rules are wrong');
  const memory: Given = { crs: shared.memory, snort: shareSnort(plan.plan, snort) };
  const compiled = {
    cpuMs: Math.round(cpuMs() - startMs),
    sharedMiB: round((shared.memory.byteLength + (memory.snort?.byteLength ?? 0)) / MIB),
  };
  const attached = [await run(memory), await run(memory)];
  const alone = [await run(NOTHING), await run(NOTHING)];
  const figures = { compiled, attached: attached.map(figuresOf), alone: alone.map(figuresOf) };
  process.stdout.write(`${JSON.stringify(figures, null, isJson ? 0 : 2)}\n`);
}

function figuresOf({ cpuMs: spent, ownBytes }: Told): { readonly cpuMs: number; readonly ownMiB: number } {
  return { cpuMs: Math.round(spent), ownMiB: round(ownBytes / MIB) };
}

function round(figure: number): number {
  return Math.round(10 * figure) / 10;
}

function run(given: Given): Promise<Told> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: given });
    // Ours, and says nothing else.
    worker.once('message', (told) => resolve(told as Told));
    worker.once('error', reject);
  });
}

async function work({ crs, snort }: Given): Promise<void> {
  const files = crs === undefined || snort === undefined ? readFiles() : undefined;
  const before = await usedBytes();
  const startMs = cpuMs();
  const kept =
    crs === undefined || snort === undefined
      ? [compileRules(files?.crs ?? []), compileSnort(files?.snort ?? [], { isLenient: true })]
      : [attachRules(crs), attachSnort(snort)];
  const spent = cpuMs() - startMs;
  const told: Told = { cpuMs: spent, ownBytes: (await usedBytes()) - before };
  if (kept.length !== 2) throw new Error('Nothing was kept');
  parentPort?.postMessage(told);
}

function readFiles(): { readonly crs: readonly RuleFile[]; readonly snort: readonly RuleFile[] } {
  const loaded = loadRules(CRS_FILES, '');
  if (loaded.kind === 'bad') throw new Error('Cannot measure: the CRS is not there (SALLYPORT_DATA)');
  return { crs: loaded.files, snort: readSnortRules(SNORT_FOLDER, MANY) };
}

/** Of this thread. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function usedBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
