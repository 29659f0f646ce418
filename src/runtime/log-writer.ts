/**
 * The one writer of the access log: takes chunks of whole lines from all workers and writes one after the other, so that
 * lines are never mixed and rotation happens in one place.
 *
 * Its queue needs no bound of its own: each worker waits until its chunk is written before it hands over the next
 * (record/access-log.ts), and drops lines beyond what it may hold meanwhile.
 */
import type { LogPlaces } from '../record/log-places.ts';

export class LogWriter {
  #places: LogPlaces;
  #droppedBefore = 0;
  /** What was asked for last: everything happens one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(places: LogPlaces) {
    this.#places = places;
  }

  /** Lines that were lost after they were taken. */
  get dropped(): number {
    return this.#droppedBefore + this.#places.dropped;
  }

  /** Resolves when the lines are written; rejects with why they are lost. */
  write(lines: Uint8Array): Promise<void> {
    return this.#next(() => this.#places.write(lines));
  }

  /** Opens the file anew, after a rotation renamed it. */
  reopen(): Promise<void> {
    return this.#next(() => this.#places.reopen());
  }

  /** Writes to other places from now on, and closes those before. */
  replace(places: LogPlaces): Promise<void> {
    return this.#next(async () => {
      const before = this.#places;
      this.#droppedBefore += before.dropped;
      this.#places = places;
      await before.close();
    });
  }

  /** Gives up a write that waits: nothing is written afterwards. */
  close(): Promise<void> {
    return this.#places.close();
  }

  #next(run: () => Promise<void>): Promise<void> {
    const done = this.#last.then(run);
    this.#last = done.catch(() => {});
    return done;
  }
}
