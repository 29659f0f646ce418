/**
 * A thread that has everything of a worker but its number, so that a worker that dies is replaced at once: to read the code
 * and to make rules ready takes several times as long as what is left to do then.
 *
 *     prepare ── SPARE_AFTER_MS ──▶ loads, attaches rules, waits ── take ──▶ it is the caller's
 *        ▲                                       │
 *        └───────────── a reload ────────────────┘
 *
 * There is at most one. Nothing depends on it: without one, whoever needs a thread starts it.
 */
import type { Worker } from 'node:worker_threads';
import type { ProgramLog } from '../record/program-log.ts';
import type { Edition, WorkerOrder } from './messages.ts';
import { startThread, whyEnded } from './thread-entry.ts';

/** After a start, a reload or a replacement others need the processors; and so often is something done here, at most. */
const SPARE_AFTER_MS = 2_000;
const MIB = 1024 * 1024;

/** A thread of a worker that has no number yet. `heapBytes`: the most JavaScript memory that it may have. */
export function startWorkerThread(entry: URL, heapBytes: number, name: string): Worker {
  return startThread(entry, {
    name,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB) },
  });
}

interface Spare {
  readonly thread: Worker;
  readonly heapBytes: number;
}

export class WorkerSpare {
  readonly #entry: URL;
  readonly #heapBytes: () => number;
  readonly #log: ProgramLog;
  readonly #afterMs: number;
  #spare: Spare | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `heapBytes` is asked anew for each thread: a reload may change it. */
  constructor(entry: URL, heapBytes: () => number, log: ProgramLog, afterMs: number = SPARE_AFTER_MS) {
    this.#entry = entry;
    this.#heapBytes = heapBytes;
    this.#log = log;
    this.#afterMs = afterMs;
  }

  get isThere(): boolean {
    return this.#spare !== undefined;
  }

  /** In a while there is one, which is ready for what is in use then. */
  prepare(inUse: () => Edition): void {
    // A replacement that was under way when all ended.
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#spare ??= this.#start();
      this.#spare.thread.postMessage({ kind: 'prepare', edition: inUse() } satisfies WorkerOrder);
    }, this.#afterMs).unref();
  }

  /** The thread, which is the caller's from then on; undefined when there is none, or not of what it may need now. */
  take(): Worker | undefined {
    const spare = this.#spare;
    if (spare === undefined) return undefined;
    this.#spare = undefined;
    if (spare.heapBytes === this.#heapBytes()) return spare.thread;
    void spare.thread.terminate();
    return undefined;
  }

  /** Ends it, and none comes after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const spare = this.#spare;
    this.#spare = undefined;
    await spare?.thread.terminate();
  }

  #start(): Spare {
    const heapBytes = this.#heapBytes();
    const thread = startWorkerThread(this.#entry, heapBytes, 'spare worker');
    let why = 'it ended by itself';
    thread.on('error', (error) => {
      why = whyEnded(error);
    });
    thread.on('exit', () => {
      if (this.#spare?.thread !== thread) return;
      this.#spare = undefined;
      this.#log.warn('A thread that waited to replace a worker has ended', { why });
    });
    return { thread, heapBytes };
  }
}
