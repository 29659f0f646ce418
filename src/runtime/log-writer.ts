/**
 * The one writer of the access log: takes lines out of the rings of all workers and writes them, so that lines are never
 * mixed and rotation happens in one place.
 *
 *     all rings empty ──first line──▶ waiting ──FLUSH_MS, or a ring is half full──▶ writing ──▶ all rings empty
 *                                        ▲                                            │
 *                                        └────────────── lines have come ─────────────┘
 *
 * Rings are written from where they are, without a copy, one batch after the other and one ring after the other. A batch
 * that cannot be written (disk full, reader gone) is lost and counted, which is reported once per TELL_EVERY_MS; what
 * waits behind it is tried with the next look. As soon as something was written again, a line in the log itself says
 * how many lines are missing in it.
 *
 * A worker that died has left its ring as any other one leaves it: its lines are written, and its successor goes on in it.
 */
import { Buffer } from 'node:buffer';
import { now, wallNow } from '../base/clock.ts';
import { countLines } from '../record/count-lines.ts';
import type { LogFormat } from '../record/format.ts';
import type { LogPlaces } from '../record/log-places.ts';
import { LogRingReader } from '../record/log-ring.ts';

/** How long the first line waits for others. */
const FLUSH_MS = 100;
/** Bytes written at once: large enough that few writes are needed, and below what may wait for one of several places. */
const BATCH_BYTES = 1024 * 1024;
const TELL_EVERY_MS = 60_000;
/** How long close waits for places that take nothing. */
const CLOSE_MS = 2000;

export class LogWriter {
  readonly #readers: readonly LogRingReader[];
  readonly #report: (problem: string) => void;
  readonly #clock: () => number;
  /** Undefined before the first: lines wait for it. */
  #places: LogPlaces | undefined;
  #droppedLine: LogFormat['dropped'] = () => '';
  /** Where earlier places and failed writes lost lines. */
  #droppedBefore = 0;
  #lost = 0;
  /** Lost lines of which the log says. */
  #said = 0;
  #toldAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isWriting = false;
  #isClosed = false;
  /** What was asked for last: everything happens one after the other. */
  #last: Promise<void> = Promise.resolve();

  /** `report` is told in one sentence when lines were lost. */
  constructor(
    rings: readonly SharedArrayBuffer[],
    report: (problem: string) => void,
    clock: () => number = now,
  ) {
    this.#readers = rings.map((ring) => new LogRingReader(ring));
    this.#report = report;
    this.#clock = clock;
  }

  /** Lines that were lost, by whomever. */
  get dropped(): number {
    return this.#droppedBefore + (this.#places?.dropped ?? 0) + this.#missing;
  }

  /** There may be lines: they are written soon. */
  wake(): void {
    if (this.#places === undefined || this.#isWriting || this.#isClosed) return;
    // Each of them is to be asked.
    const busy = this.#readers.filter((reader) => !reader.wakeAtHalf());
    if (busy.length > 0) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), FLUSH_MS).unref();
  }

  /** Opens the files anew, after a rotation renamed them. */
  reopen(): Promise<void> {
    return this.#next(async () => this.#places?.reopen());
  }

  /** Writes to other places from now on, and closes those before. */
  async replace(places: LogPlaces, format: Pick<LogFormat, 'dropped'>): Promise<void> {
    await this.#next(async () => {
      const before = this.#places;
      if (before !== undefined) await this.#drain(before);
      this.#droppedBefore += before?.dropped ?? 0;
      this.#places = places;
      this.#droppedLine = (count, atMs) => format.dropped(count, atMs);
      await before?.close();
    });
    this.wake();
  }

  /** Writes what waits, for at most CLOSE_MS, and gives the rest up: nothing is written afterwards. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#next(() => this.#drain(this.#places)), deadline]);
    clearTimeout(timer);
    this.#isClosed = true;
    await this.#places?.close();
  }

  #next(run: () => Promise<void>): Promise<void> {
    const done = this.#last.then(run);
    this.#last = done.catch(() => {});
    return done;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isWriting = true;
    void this.#next(() => this.#drain(this.#places)).then(() => {
      this.#isWriting = false;
      const busy = this.#readers.filter((reader) => !reader.wakeAtNext());
      if (busy.length > 0) this.wake();
    });
  }

  /** Writes the lines that are there now, until a write fails. */
  async #drain(places: LogPlaces | undefined): Promise<void> {
    if (places === undefined) return;
    for (const reader of this.#readers) {
      const { head } = reader;
      for (;;) {
        const lines = reader.next(head, BATCH_BYTES);
        if (lines === undefined) break;
        if (!(await this.#writeBatch(places, reader, lines))) return;
      }
    }
  }

  async #writeBatch(places: LogPlaces, reader: LogRingReader, lines: Uint8Array): Promise<boolean> {
    if (this.#isClosed) return false;
    try {
      await places.write(lines);
      reader.take(lines.length);
    } catch (error) {
      this.#lost += countLines(lines);
      reader.take(lines.length);
      this.#tell(error);
      return false;
    }
    return await this.#sayDropped(places);
  }

  /** Something was written: now the log can say what is missing in it. */
  async #sayDropped(places: LogPlaces): Promise<boolean> {
    const missing = this.#missing;
    if (missing === this.#said) return true;
    try {
      await places.write(Buffer.from(this.#droppedLine(missing - this.#said, wallNow()), 'latin1'));
      this.#said = missing;
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  /** Lines that never came to the places. */
  get #missing(): number {
    return this.#readers.reduce((sum, { dropped }) => sum + dropped, this.#lost);
  }

  #tell(error: unknown): void {
    const atMs = this.#clock();
    if (this.#isClosed || atMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = atMs;
    const why = error instanceof Error ? error.message : String(error);
    this.#report(`Cannot write the access log: ${why}; ${this.#missing} lines lost so far`);
  }
}
