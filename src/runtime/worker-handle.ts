/** One worker as the supervisor sees it: a thread that answers, until it ends. */
import type { Worker } from 'node:worker_threads';
import { now } from '../base/clock.ts';
import type { SupervisorOffer, WorkerOffer, WorkerStart } from './messages.ts';
import { startThread } from './thread-entry.ts';
import { ThreadLink } from './thread-link.ts';

const MIB = 1024 * 1024;

export class WorkerHandle {
  readonly number: number;
  readonly link: ThreadLink<SupervisorOffer, WorkerOffer>;
  readonly startedAt: number = now();
  /** It listens, or has listened. */
  isServing = false;
  /** Resolves with the reason when the thread has ended, for whatever reason. */
  readonly ended: Promise<string>;
  readonly #thread: Worker;

  /** `heapBytes`: the most JavaScript memory that it may have. `onDefect` hears of defects of our own. */
  constructor(
    start: WorkerStart,
    heapBytes: number,
    offer: SupervisorOffer,
    onDefect: (error: unknown) => void,
  ) {
    this.number = start.number;
    this.#thread = startThread('worker-main', {
      name: `worker ${start.number}`,
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB) },
    });
    this.link = new ThreadLink<SupervisorOffer, WorkerOffer>(this.#thread, offer, onDefect);
    this.ended = this.#watch();
  }

  /** Ends the thread wherever it is. Resolves when it has ended. */
  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }

  #watch(): Promise<string> {
    let why = '';
    this.#thread.on('error', (error) => {
      why = error instanceof Error ? error.message : String(error);
    });
    return new Promise((resolve) => {
      this.#thread.on('exit', (code) => {
        if (why === '') why = `it ended with code ${code}`;
        this.link.close(`Worker ${this.number} has ended: ${why}`);
        resolve(why);
      });
    });
  }
}
