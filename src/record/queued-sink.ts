/**
 * One of several places where lines go: a queue in front of it, so that a place which takes nothing holds up no other.
 *
 * The queue has a bound. Beyond it lines are dropped and counted, and a line in the log says how many as soon as the
 * place takes some again.
 */
import { Buffer } from 'node:buffer';
import { wallNow } from '../base/clock.ts';
import { countLines } from './count-lines.ts';
import type { LogFormat } from './format.ts';
import type { LineSink } from './line-sink.ts';

/** Bytes that may wait for one place: half a second of a busy proxy. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
/** How long close waits for a place that takes nothing. */
const CLOSE_MS = 2000;

export class QueuedSink {
  readonly #sink: LineSink;
  readonly #dropped: LogFormat['dropped'];
  readonly #report: (problem: string) => void;
  readonly #bytesMax: number;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isWriting = false;
  #isReopening = false;
  #written: Promise<void> = Promise.resolve();
  #droppedUnsaid = 0;
  /** Lines that were lost. */
  dropped = 0;

  /** `report` is told in one sentence what went wrong, each time that lines begin to be lost. */
  constructor(
    sink: LineSink,
    format: Pick<LogFormat, 'dropped'>,
    report: (problem: string) => void,
    bytesMax: number = QUEUED_BYTES_MAX,
  ) {
    this.#sink = sink;
    this.#dropped = (count, atMs) => format.dropped(count, atMs);
    this.#report = report;
    this.#bytesMax = bytesMax;
  }

  /** Takes whole lines that stay as they are. Never waits and never throws. */
  offer(lines: Uint8Array): void {
    if (this.#queuedBytes + lines.length > this.#bytesMax) {
      this.#drop(lines, 'it takes lines more slowly than they come');
      return;
    }
    this.#queue.push(lines);
    this.#queuedBytes += lines.length;
    this.#start();
  }

  /** Opens the place anew between two writes. */
  async reopen(): Promise<void> {
    this.#isReopening = true;
    this.#start();
    await this.#written;
  }

  /** Writes what waits, for at most CLOSE_MS, and closes the place. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#written, deadline]);
    clearTimeout(timer);
    await this.#sink.close();
  }

  #start(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#written = this.#write();
  }

  /** One write at a time, until nothing waits. */
  async #write(): Promise<void> {
    for (;;) {
      if (this.#isReopening) await this.#reopenSink();
      const lines = this.#queue.shift();
      if (lines === undefined) break;
      this.#queuedBytes -= lines.length;
      try {
        await this.#sink.write(lines);
        await this.#sayDropped();
      } catch (error) {
        this.#drop(lines, error instanceof Error ? error.message : String(error));
      }
    }
    this.#isWriting = false;
  }

  async #reopenSink(): Promise<void> {
    this.#isReopening = false;
    try {
      await this.#sink.reopen();
    } catch (error) {
      this.#report(`Cannot reopen the access log: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #sayDropped(): Promise<void> {
    if (this.#droppedUnsaid === 0) return;
    const line = this.#dropped(this.#droppedUnsaid, wallNow());
    this.#droppedUnsaid = 0;
    await this.#sink.write(Buffer.from(line, 'latin1'));
  }

  #drop(lines: Uint8Array, why: string): void {
    if (this.#droppedUnsaid === 0) this.#report(`Cannot write the access log: ${why}`);
    const count = countLines(lines);
    this.dropped += count;
    this.#droppedUnsaid += count;
  }
}
