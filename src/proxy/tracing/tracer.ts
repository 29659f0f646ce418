/**
 * Decides for each exchange which trace it belongs to, and whether that is recorded.
 *
 * Whose context is followed is a matter of trust: a client that is believed can have each of its requests recorded, which
 * costs, and can put spans into any trace. So only those whose word counts anyway are believed, and those that
 * `tracing.trust` names. What others send never decides whether anything is recorded, and their `tracestate` goes no
 * further: in it, too, are decisions that tracing products obey.
 */
import { readTraceparent, readTracestate } from '../../http/trace-context.ts';
import type { TraceContext } from '../../http/trace-context.ts';
import * as known from '../../http/known-headers.ts';
import type { RequestHead } from '../../http/request-head.ts';
import type { Client } from '../../identity/client.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { fieldValues } from '../request-writer.ts';
import { ExchangeTrace } from './exchange-trace.ts';
import type { TracingOptions } from './options.ts';
import { TraceIds } from './trace-ids.ts';

/** Takes exchanges that are recorded and have ended. The record is good during the call only. */
export type SpanSink = (record: ExchangeRecord, trace: ExchangeTrace) => void;

export interface TracerParts {
  readonly sink: SpanSink;
  readonly ids?: TraceIds;
  /** From 0 on and below 1. */
  readonly random?: () => number;
  /** Asked for each trace that would be recorded, for a bound in time. There is none when left out. */
  readonly mayRecord?: () => boolean;
}

export class Tracer {
  readonly #options: Pick<TracingOptions, 'trust' | 'untrusted'>;
  readonly #ratio: number;
  readonly #sink: SpanSink;
  readonly #ids: TraceIds;
  readonly #random: () => number;
  readonly #mayRecord: () => boolean;

  constructor(options: Pick<TracingOptions, 'sample' | 'trust' | 'untrusted'>, parts: TracerParts) {
    this.#options = options;
    this.#ratio = readRatio(options.sample);
    this.#sink = parts.sink;
    this.#ids = parts.ids ?? new TraceIds();
    this.#random = parts.random ?? Math.random;
    this.#mayRecord = parts.mayRecord ?? (() => true);
  }

  /** `peer` is the client of the connection: who sent the request. A head that was refused says nothing. */
  begin(head: RequestHead, peer: Client): ExchangeTrace {
    const given = head.text === '' ? undefined : contextOf(head);
    if (given === undefined) return this.#begin(undefined);
    if (peer.isTrusted || this.#options.trust.hasText(peer.address)) {
      const state = readTracestate(fieldValues(head, known.TRACESTATE));
      return this.#follow(given, given.isSampled, state);
    }
    switch (this.#options.untrusted) {
      case 'keep':
        return this.#follow(given, this.#draws(), '');
      case 'link':
        return this.#begin(given);
      case 'new':
        return this.#begin(undefined);
    }
  }

  /** For what brings no context along. */
  beginSession(): ExchangeTrace {
    return this.#begin(undefined);
  }

  /** Called once for each trace, when its record is complete. */
  ended(record: ExchangeRecord, trace: ExchangeTrace): void {
    if (trace.isSampled) this.#sink(record, trace);
  }

  #begin(link: TraceContext | undefined): ExchangeTrace {
    const traceId = this.#ids.traceId();
    const isSampled = this.#draws() && this.#mayRecord();
    return new ExchangeTrace({ traceId, parentId: '', isSampled, state: '', link }, this.#ids);
  }

  #follow({ traceId, spanId }: TraceContext, isWanted: boolean, state: string): ExchangeTrace {
    const isSampled = isWanted && this.#mayRecord();
    return new ExchangeTrace({ traceId, parentId: spanId, isSampled, state, link: undefined }, this.#ids);
  }

  /** Not by the trace id, as others do: a client that chooses the id would choose the answer. */
  #draws(): boolean {
    return this.#ratio >= 1 || (this.#ratio > 0 && this.#random() < this.#ratio);
  }
}

/** Two of them say nothing: nobody knows which one to believe. */
function contextOf(head: RequestHead): TraceContext | undefined {
  if (head.fields.times(known.TRACEPARENT) !== 1) return undefined;
  return readTraceparent(head.value(known.TRACEPARENT));
}

/** `5%` is 0.05. */
export function readRatio(sample: string): number {
  return Number(sample.slice(0, -1)) / 100;
}
