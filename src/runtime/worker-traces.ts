/** What one worker does with traces: gives each configuration its tracer, and hands spans over to the supervisor. */
import { Allowance } from '../base/allowance.ts';
import { now } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { Tracer } from '../proxy/tracing/tracer.ts';
import type { SpanSink } from '../proxy/tracing/tracer.ts';
import { SpanBatches } from '../record/tracing/span-batches.ts';
import type { SpanBatch } from '../record/tracing/span-batches.ts';
import { spansOf } from '../record/tracing/spans.ts';

export class WorkerTraces {
  readonly #hand: (batch: SpanBatch) => Promise<void>;
  /** Undefined until something is traced. */
  #batches: SpanBatches | undefined;

  /** `hand` resolves when the supervisor has taken the spans. */
  constructor(hand: (batch: SpanBatch) => Promise<void>) {
    this.#hand = hand;
  }

  /** Undefined where nothing is traced. */
  tracerFor({ tracing }: Config): Tracer | undefined {
    if (tracing.endpoint === undefined) return undefined;
    this.#batches ??= new SpanBatches(tracing, this.#hand);
    const allowance = new Allowance(tracing.rate, now);
    return new Tracer(tracing, { sink: this.#take, mayRecord: () => allowance.take() });
  }

  /** This configuration is in use. */
  use({ tracing }: Config): void {
    if (tracing.endpoint !== undefined) this.#batches?.use(tracing);
  }

  /** Hands over what is there. */
  async close(): Promise<void> {
    await this.#batches?.flush();
  }

  readonly #take: SpanSink = (record, trace) => this.#batches?.take(spansOf(record, trace));
}
