/**
 * Does something again and again, never twice at once: the next time begins some time after the last one has ended.
 *
 *     stopped → waiting ⇄ running
 *                  └ now() ┘
 */
import type { Timers } from './host.ts';

/** Does it once and resolves with how long to wait for the next time; Infinity: not again. Must not reject. */
export type Repeated = (signal: AbortSignal) => Promise<number>;

export class Repeater {
  readonly #timers: Timers;
  readonly #run: Repeated;
  /** While it waits. */
  #cancel: (() => void) | undefined;
  /** While it runs. */
  #abort: AbortController | undefined;

  constructor({ timers }: { readonly timers: Timers }, run: Repeated) {
    this.#timers = timers;
    this.#run = run;
  }

  /** Begins after `ms`. */
  start(ms: number): void {
    this.stop();
    if (ms === Infinity) return;
    this.#cancel = this.#timers.after(ms, () => this.#begin());
  }

  /** Does not wait for the next time, if it waits. */
  now(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#begin();
  }

  /** Ends what runs and what waits. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #begin(): void {
    this.#cancel = undefined;
    const abort = new AbortController();
    this.#abort = abort;
    void this.#run(abort.signal).then((ms) => {
      if (this.#abort !== abort) return;
      this.#abort = undefined;
      this.start(ms);
    });
  }
}
