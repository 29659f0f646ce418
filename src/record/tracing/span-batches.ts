/**
 * Collects the spans of one worker and hands them over in batches: when there are as many as a batch has, and when the
 * first has waited long enough.
 *
 * The exchange never waits. One batch is handed over at a time; what comes meanwhile waits within a bound, beyond which
 * spans are dropped and counted. The count goes with the next batch.
 */

export interface SpanBatch {
  readonly count: number;
  /** Spans as JSON, with commas between them. ASCII. */
  readonly text: string;
  /** Spans that were dropped since the batch before. */
  readonly dropped: number;
}

export interface BatchOptions {
  /** Spans of a batch. */
  readonly batch: number;
  /** Milliseconds. */
  readonly interval: number;
}

/** Characters of a batch: it is handed over when it has as many. */
const BATCH_CHARS = 1_048_576;
/** Whole batches that wait, the one that is being handed over among them. */
const BATCHES_MAX = 4;

export class SpanBatches {
  #options: BatchOptions;
  readonly #hand: (batch: SpanBatch) => Promise<void>;
  #spans: string[] = [];
  #chars = 0;
  readonly #whole: Omit<SpanBatch, 'dropped'>[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #handing: Promise<void> | undefined;

  /** `hand` resolves when the batch is taken; a batch whose hand-over fails is lost. */
  constructor(options: BatchOptions, hand: (batch: SpanBatch) => Promise<void>) {
    this.#options = options;
    this.#hand = hand;
  }

  use(options: BatchOptions): void {
    this.#options = options;
  }

  /** Never waits and never throws. */
  take(spans: readonly string[]): void {
    if (this.#whole.length >= BATCHES_MAX) {
      this.#dropped += spans.length;
      return;
    }
    for (const span of spans) {
      this.#spans.push(span);
      this.#chars += span.length;
    }
    if (this.#spans.length >= this.#options.batch || this.#chars >= BATCH_CHARS) this.#finishBatch();
    // Not refreshed by later ones: the first decides how long they wait.
    else this.#timer ??= setTimeout(() => this.#finishBatch(), this.#options.interval).unref();
  }

  /** Hands over what is there. Resolves when it is taken or lost. */
  async flush(): Promise<void> {
    this.#finishBatch();
    await this.#handing;
  }

  #finishBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#spans.length > 0) this.#whole.push({ count: this.#spans.length, text: this.#spans.join(',') });
    this.#spans = [];
    this.#chars = 0;
    if (this.#whole.length > 0) this.#handing ??= this.#handOver();
  }

  async #handOver(): Promise<void> {
    for (let batch = this.#whole[0]; batch !== undefined; batch = this.#whole[0]) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      try {
        await this.#hand({ ...batch, dropped });
      } catch {
        this.#dropped += dropped + batch.count;
      }
      // Not before: until then it counts against the bound.
      this.#whole.shift();
    }
    this.#handing = undefined;
  }
}
