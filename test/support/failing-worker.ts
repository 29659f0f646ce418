/**
 * A worker as it is, which fails when a test says so: `failWorker` in the thread of the test, the rest in the worker's.
 *
 * What it does then is done in JavaScript within the worker, as a defect or an attack would do it.
 */
import process from 'node:process';
import { isMainThread, parentPort } from 'node:worker_threads';
import { becomeWorker } from '../../src/runtime/become-worker.ts';
import type { WorkerStart } from '../../src/runtime/messages.ts';
import type { AttachedRules } from '../../src/runtime/rule-edition.ts';
import type { Port } from '../../src/runtime/thread-link.ts';
import { WorkerThread } from '../../src/runtime/worker-thread.ts';

export type Failure = 'exit' | 'throw' | 'reject' | 'hang' | 'memory';

interface Order {
  readonly worker: number;
  readonly failure: Failure;
}

/** What a supervisor is to start instead of the ordinary worker. */
export const FAILING_WORKER: URL = new URL(import.meta.url);
/** Set, every worker that is started ends at once. Threads share the environment of the process. */
export const DEAD_AT_START = 'SALLYPORT_TEST_WORKERS_END';
const CHANNEL = 'sallyport-failing-worker';

/** Makes a worker of this process fail. */
export function failWorker(worker: number, failure: Failure): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ worker, failure } satisfies Order);
  channel.close();
}

function fail(failure: Failure): void {
  switch (failure) {
    case 'exit':
      end();
      break;
    case 'throw':
      setImmediate(() => {
        throw new Error('thrown on purpose');
      });
      break;
    case 'reject':
      void Promise.reject(new Error('rejected on purpose'));
      break;
    case 'hang':
      spin();
      break;
    case 'memory':
      fillHeap();
      break;
  }
}

function end(): void {
  process.exit(7);
}

function spin(): void {
  for (;;);
}

function fillHeap(): void {
  const kept: object[] = [];
  for (;;) kept.push({ index: kept.length, text: String(kept.length) });
}

function main(port: Port, start: WorkerStart, rules?: AttachedRules): void {
  if (process.env[DEAD_AT_START] !== undefined) process.exit(9);
  new WorkerThread(port, start, rules);
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (message) => {
    const { worker, failure } = (message as unknown as { readonly data: Order }).data; // What failWorker sends.
    if (worker === start.number) fail(failure);
  };
}

if (!isMainThread) becomeWorker(parentPort, main);
