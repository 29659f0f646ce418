/** One worker as the supervisor sees it: a thread that answers, until it ends. */
import type { Worker } from 'node:worker_threads';
import { now } from '../base/clock.ts';
import type { SupervisorOffer, WorkerOffer, WorkerStart } from './messages.ts';
import { startThread, whyEnded } from './thread-entry.ts';
import { ThreadLink } from './thread-link.ts';

const MIB = 1024 * 1024;

export class WorkerHandle {
  readonly number: number;
  readonly link: ThreadLink<SupervisorOffer, WorkerOffer>;
  readonly startedAt: number = now();
  /** It listens and answers. */
  isServing = false;
  /** Resolves with the reason when the thread has ended, for whatever reason. */
  readonly ended: Promise<string>;
  readonly #thread: Worker;
  #why = '';

  /** `heapBytes`: the most JavaScript memory that it may have. `onDefect` hears of defects of our own. */
  constructor(
    entry: URL,
    start: WorkerStart,
    heapBytes: number,
    offer: SupervisorOffer,
    onDefect: (error: unknown) => void,
  ) {
    this.number = start.number;
    this.#thread = startThread(entry, {
      name: `worker ${start.number}`,
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB) },
    });
    this.link = new ThreadLink<SupervisorOffer, WorkerOffer>(this.#thread, offer, onDefect);
    this.ended = this.#watch();
  }

  /** Ends the thread wherever it is, for this reason. Resolves when it has ended. */
  async terminate(why = 'it was ended'): Promise<void> {
    if (this.#why === '') this.#why = why;
    await this.#thread.terminate();
  }

  #watch(): Promise<string> {
    this.#thread.on('error', (error) => {
      this.#why = whyEnded(error);
    });
    return new Promise((resolve) => {
      this.#thread.on('exit', (code) => {
        if (this.#why === '') this.#why = `it ended with code ${code}`;
        this.isServing = false;
        this.link.close(`Worker ${this.number} has ended: ${this.#why}`);
        resolve(this.#why);
      });
    });
  }
}
