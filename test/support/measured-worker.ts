/** A worker as it is, which says how much memory it uses when a test asks: `workerMemory` in the thread of the test. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort } from 'node:worker_threads';
import { becomeWorker } from '../../src/runtime/become-worker.ts';
import type { WorkerStart } from '../../src/runtime/messages.ts';
import type { AttachedRules } from '../../src/runtime/rule-edition.ts';
import type { Port } from '../../src/runtime/thread-link.ts';
import { WorkerThread } from '../../src/runtime/worker-thread.ts';

/** What a supervisor is to start instead of the ordinary worker. */
export const MEASURED_WORKER: URL = new URL(import.meta.url);
const QUESTIONS = 'sallyport-memory-asked';
const ANSWERS = 'sallyport-memory-told';

interface Told {
  readonly worker: number;
  readonly bytes: number;
}

/** Bytes of the heap and of buffers outside of it that are in use after a collection of garbage, of each worker. */
export async function workerMemory(count: number): Promise<readonly number[]> {
  const answers = new BroadcastChannel(ANSWERS);
  const told: number[] = [];
  const all = new Promise<void>((resolve) => {
    answers.onmessage = (message) => {
      const { worker, bytes } = (message as unknown as { readonly data: Told }).data; // What main sends.
      told[worker] = bytes;
      if (Object.keys(told).length === count) resolve();
    };
  });
  const questions = new BroadcastChannel(QUESTIONS);
  questions.postMessage('how much');
  await all;
  questions.close();
  answers.close();
  return told;
}

/** Bytes in use in this thread, after a collection of garbage. */
export function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function main(port: Port, start: WorkerStart, rules?: AttachedRules): void {
  new WorkerThread(port, start, rules);
  const questions = new BroadcastChannel(QUESTIONS);
  const answers = new BroadcastChannel(ANSWERS);
  questions.onmessage = () => {
    answers.postMessage({ worker: start.number, bytes: memoryInUse() } satisfies Told);
  };
}

if (!isMainThread) becomeWorker(parentPort, main);
