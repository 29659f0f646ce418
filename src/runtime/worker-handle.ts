/** One worker as the supervisor sees it: a thread that answers, until it ends. */
import type { Worker } from 'node:worker_threads';
import { now } from '../base/clock.ts';
import type { SupervisorOffer, WorkerOffer, WorkerOrder, WorkerStart } from './messages.ts';
import { whyEnded } from './thread-entry.ts';
import { ThreadLink } from './thread-link.ts';

/** A thread that waits for its number. */
export interface WorkerThreadToBe {
  readonly thread: Worker;
  readonly isSpare: boolean;
}

export class WorkerHandle {
  readonly number: number;
  readonly link: ThreadLink<SupervisorOffer, WorkerOffer>;
  readonly startedAt: number = now();
  /** Its thread has waited for this, and was not started for it. */
  readonly isSpare: boolean;
  /** It listens and answers. */
  isServing = false;
  /** Resolves with the reason when the thread has ended, for whatever reason. */
  readonly ended: Promise<string>;
  readonly #thread: Worker;
  #why = '';

  /** A thread without a number becomes this worker. `onDefect` hears of defects of our own. */
  constructor(
    { thread, isSpare }: WorkerThreadToBe,
    start: WorkerStart,
    offer: SupervisorOffer,
    onDefect: (error: unknown) => void,
  ) {
    this.number = start.number;
    this.isSpare = isSpare;
    this.#thread = thread;
    thread.postMessage({ kind: 'start', start } satisfies WorkerOrder);
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
