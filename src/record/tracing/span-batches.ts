/**
 * Collects the spans of one worker and hands them over in batches: when there are as many as a batch has, and when the
 * first has waited long enough.
 *
 * The exchange never waits. One batch is handed over at a time; what comes meanwhile waits within a bound, beyond which
 * spans are dropped and counted. The count goes with the next batch.
 *
 * Spans are copied into one buffer as they come. As text they would live until their batch is whole, and with each the
 * pieces that it was joined from: collecting that garbage cost more than everything else about a span.
 */
import { Buffer } from 'node:buffer';

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

/** Bytes of a batch at most; a span has 40 KB in the worst case. */
const BATCH_BYTES = 1_048_576;
const COMMA = 0x2c;
/** Whole batches that wait, the one that is being handed over among them. */
const BATCHES_MAX = 4;

export class SpanBatches {
  #options: BatchOptions;
  readonly #hand: (batch: SpanBatch) => Promise<void>;
  /** The batch that is being filled. */
  readonly #bytes: Buffer = Buffer.allocUnsafe(BATCH_BYTES);
  #used = 0;
  #count = 0;
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
    for (const span of spans) this.#add(span);
    if (this.#count >= this.#options.batch) this.#finishBatch();
    // Not refreshed by later ones: the first decides how long they wait.
    else this.#timer ??= setTimeout(() => this.#finishBatch(), this.#options.interval).unref();
  }

  /** Hands over what is there. Resolves when it is taken or lost. */
  async flush(): Promise<void> {
    this.#finishBatch();
    await this.#handing;
  }

  /** A span is ASCII: its length is its bytes. */
  #add(span: string): void {
    const length = span.length + 1;
    if (this.#used + length > BATCH_BYTES) this.#finishBatch();
    if (length > BATCH_BYTES) {
      this.#dropped++;
      return;
    }
    if (this.#count > 0) this.#bytes[this.#used++] = COMMA;
    this.#used += this.#bytes.write(span, this.#used, 'latin1');
    this.#count++;
  }

  #finishBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#count > 0)
      this.#whole.push({ count: this.#count, text: this.#bytes.toString('latin1', 0, this.#used) });
    this.#count = 0;
    this.#used = 0;
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
