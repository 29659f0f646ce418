/** Starts threads: from the sources as they are, or from what was compiled of them. */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/** A file of this folder. */
export function threadEntry(name: 'worker-main' | 'decoy-main' | 'rules-main'): URL {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}

export function startThread(
  entry: URL,
  options: Pick<WorkerOptions, 'workerData' | 'resourceLimits' | 'name'>,
): Worker {
  return new Worker(entry, { ...options, env: SHARE_ENV });
}

/** Why a thread ended, or was ended, that needed too much. */
export const TOO_MUCH_MEMORY = 'it needed more JavaScript memory than "runtime.workerMemory" allows';

/** Why a thread has ended, for an operator: what it needed more of, or what was thrown, and where. */
export function whyEnded(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return TOO_MUCH_MEMORY;
  const [, where = ''] = /\n\s+(at .*)/.exec(error.stack ?? '') ?? [];
  return `${error.message} ${where}`.trimEnd();
}

/** How long a thread has lived that was no failure to start: after it, the next one is started at once. */
const SETTLED_MS = 10_000;
const PAUSE_FIRST_MS = 100;
const PAUSE_MAX_MS = 5_000;

/** How long to wait before a thread is started again: longer each time, as long as none has lived for long. */
export class RestartPause {
  #failures = 0;

  /** A thread has died that lived for so long. Answers how long to wait before the next. */
  next(livedMs: number): number {
    this.#failures = livedMs >= SETTLED_MS ? 0 : this.#failures + 1;
    return this.#failures <= 1 ? 0 : Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** (this.#failures - 2));
  }

  /** Threads that died one after the other and lived for less. */
  get failures(): number {
    return this.#failures;
  }
}
