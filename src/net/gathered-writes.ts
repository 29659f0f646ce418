/**
 * Writes to several connections, made one right after the other.
 *
 *     events:    inspect a · inspect b · response c · inspect d │ write a · write b · write d
 *
 * Whoever waits for bytes on this machine has to be woken when they come, and waking costs more than writing. A server
 * that is as quick as rules are slow has answered and sleeps again before the next request is written. It is woken once
 * for all that come together.
 */
import type { TurnEnd } from './turn-end.ts';

/** Somebody who has something to write. */
export interface GatheredWriter {
  /** The time has come; whether there still is something to write is for the writer to know. */
  writeGathered(): void;
}

/** Milliseconds that a write waits for others: a few requests that are inspected, and little beside a way over a network. */
const WAIT_MS = 0.25;
/** Whatever has so many bytes may take longer than that to be inspected: nobody waits for it. */
const LONG_BYTES = 4_096;

export class GatheredWrites {
  readonly #turnEnd: TurnEnd;
  readonly #onDefect: (error: unknown) => void;
  readonly #flush = (): void => this.flush();
  #writers: GatheredWriter[] = [];
  /** When the first of them came. */
  #since = 0;

  /** `onDefect` gets what a writer throws; the others are called all the same. */
  constructor(turnEnd: TurnEnd, onDefect: (error: unknown) => void) {
    this.#turnEnd = turnEnd;
    this.#onDefect = onDefect;
  }

  /** Calls `writer` at the end of this turn of the event loop, or before. `at` is the time, in milliseconds of any clock. */
  add(writer: GatheredWriter, at: number): void {
    if (this.#writers.push(writer) === 1) {
      this.#since = at;
      this.#turnEnd.wait(this.#flush);
    } else if (at - this.#since >= WAIT_MS) this.flush();
  }

  /** To be called before so many bytes are inspected. */
  beforeLong(bytes: number): void {
    if (bytes >= LONG_BYTES) this.flush();
  }

  flush(): void {
    const writers = this.#writers;
    if (writers.length === 0) return;
    this.#writers = [];
    for (const writer of writers) {
      try {
        writer.writeGathered();
      } catch (error) {
        this.#onDefect(error);
      }
    }
  }
}
