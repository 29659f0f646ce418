/**
 * Brings the spans of all workers to the collector: one request at a time, again and again where it fails, and what waits
 * meanwhile within a bound.
 *
 *     workers → queue → request ──taken──▶ next
 *                          │ 429, 502, 503, 504, no answer: again after Retry-After, or 1 s, 2 s, 4 s … 30 s
 *                          └ any other status, or 5 minutes: its spans are lost, and counted
 *
 * Nothing here holds up an exchange. Who looks after the machine hears of trouble once a minute at most.
 */
import { now } from '../../base/clock.ts';
import type { LogFields } from '../program-log.ts';
import type { Answer, Collector } from './collector.ts';
import { traceRequest } from './otlp.ts';
import type { Resource } from './otlp.ts';
import type { SpanBatch } from './span-batches.ts';
import { SpanQueue } from './span-queue.ts';

/** Where spans go, and how many. */
export interface Destination {
  /** For messages. */
  readonly endpoint: string;
  readonly collector: Collector;
  readonly resource: Resource;
  /** Spans of a request. */
  readonly batch: number;
  /** Characters that may wait. */
  readonly queue: number;
}

export interface ExporterParts {
  readonly log: {
    readonly warn: (text: string, fields: LogFields) => void;
    readonly info: (text: string, fields: LogFields) => void;
  };
  /** Resolves after so many milliseconds, or at once when the signal comes. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly clock?: () => number;
  readonly random?: () => number;
}

/** What became of spans, since the start. */
export interface SpanCounts {
  sent: number;
  readonly dropped: {
    /** There was no room, in a worker or here. */
    full: number;
    /** The collector did not want them. */
    refused: number;
    /** The collector could not be reached in time. */
    failed: number;
  };
}

/** Characters of a request: collectors take 20 MiB as a rule. */
const REQUEST_CHARS_MAX = 4_194_304;
/** The first pause after a failure, and the longest. */
const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 30_000;
/** A longer Retry-After is not obeyed, nor one of less than PAUSE_MS. */
const RETRY_AFTER_MS_MAX = 60_000;
/** How long a request is tried again. */
const RETRY_FOR_MS = 300_000;
const TELL_EVERY_MS = 60_000;

export class SpanExporter {
  readonly counts: SpanCounts = { sent: 0, dropped: { full: 0, refused: 0, failed: 0 } };
  readonly #parts: Required<ExporterParts>;
  readonly #queue = new SpanQueue();
  #destination: Destination | undefined;
  #sending: Promise<void> | undefined;
  /** Ends a pause. */
  #waking = new AbortController();
  #isClosing = false;
  #toldAt = -Infinity;
  /** Trouble was told, and not yet that it is over. */
  #isInTrouble = false;

  constructor(parts: ExporterParts) {
    this.#parts = { pause, clock: now, random: Math.random, ...parts };
  }

  /** Sends there from now on, what waits too; undefined for nowhere: then what waits is lost. */
  use(destination: Destination | undefined): void {
    const before = this.#destination;
    this.#destination = destination;
    this.#isInTrouble = false;
    this.#toldAt = -Infinity;
    before?.collector.close();
    if (destination === undefined) this.#lose('failed', this.#queue.clear());
    this.#wake();
  }

  /** Takes what a worker hands over. Never waits. */
  take({ count, text, dropped }: SpanBatch): void {
    this.#lose('full', dropped);
    if (this.#destination === undefined || this.#isClosing) {
      this.#lose('failed', count);
      return;
    }
    this.#lose('full', this.#queue.add({ count, text }, this.#destination.queue));
    this.#sending ??= this.#send();
  }

  /** Sends what waits, without pauses and for at most so long; what is left is lost. Takes nothing afterwards. */
  async close(withinMs: number): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    const deadline = new AbortController();
    await Promise.race([this.#sending, this.#parts.pause(withinMs, deadline.signal)]);
    deadline.abort();
    this.#lose('failed', this.#queue.clear());
    this.#destination?.collector.close();
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#queue.count > 0 && this.#destination !== undefined) {
      const { count, texts } = this.#queue.take(this.#destination.batch, REQUEST_CHARS_MAX);
      await this.#deliver(count, texts);
    }
    this.#sending = undefined;
  }

  /** Tries until they are taken, refused, or too old. */
  async #deliver(count: number, texts: readonly string[]): Promise<void> {
    const { clock } = this.#parts;
    const endAt = clock() + RETRY_FOR_MS;
    for (let tries = 0; this.#destination !== undefined; tries++) {
      const destination: Destination = this.#destination;
      const answer = await destination.collector.send(traceRequest(destination.resource, texts));
      if (answer.kind !== 'later') {
        this.#settle(destination, answer, count);
        return;
      }
      // Where spans go has changed meanwhile: the new place gets them at once.
      if (destination !== this.#destination) continue;
      const pauseMs = this.#pauseMs(answer.afterMs, tries);
      const isOver = this.#isClosing || clock() + pauseMs > endAt;
      this.#tell(destination, answer.because);
      if (isOver) break;
      await this.#parts.pause(pauseMs, this.#waking.signal);
    }
    this.#lose('failed', count);
  }

  #settle(destination: Destination, answer: Exclude<Answer, { kind: 'later' }>, count: number): void {
    const rejected = answer.kind === 'refused' ? count : Math.min(answer.rejected, count);
    this.counts.sent += count - rejected;
    this.#lose('refused', rejected);
    if (answer.kind === 'refused') this.#tell(destination, answer.because);
    else if (rejected > 0) this.#tell(destination, `it rejects spans: ${answer.message}`);
    else if (this.#isInTrouble) {
      this.#isInTrouble = false;
      this.#parts.log.info('The collector takes spans again', { endpoint: destination.endpoint });
    }
  }

  /** Twice as long each time, and less than that by chance, so that many do not come back at once. */
  #pauseMs(afterMs: number | undefined, tries: number): number {
    if (afterMs !== undefined) return Math.min(Math.max(afterMs, PAUSE_MS), RETRY_AFTER_MS_MAX);
    const longest = Math.min(PAUSE_MS * 2 ** Math.min(tries, 16), PAUSE_MS_MAX);
    return longest * (0.5 + this.#parts.random() / 2);
  }

  #lose(why: keyof SpanCounts['dropped'], count: number): void {
    this.counts.dropped[why] += count;
  }

  #tell({ endpoint }: Destination, error: string): void {
    const at = this.#parts.clock();
    if (at - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = at;
    this.#isInTrouble = true;
    const { full, refused, failed } = this.counts.dropped;
    const fields = { endpoint, error, waiting: this.#queue.count, dropped: full + refused + failed };
    this.#parts.log.warn('Cannot send spans to the collector', fields);
  }

  #wake(): void {
    this.#waking.abort();
    this.#waking = new AbortController();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
