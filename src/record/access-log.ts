/**
 * The access log of one worker: makes a line of each exchange and puts it into the ring of which the supervisor writes
 * (log-ring.ts). The exchange never waits for it. What does not fit is dropped and counted, and reported once per
 * TELL_EVERY_MS. Nothing here throws into the exchange.
 */
import { now } from '../base/clock.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { LogFormat } from './format.ts';
import type { LogRingWriter } from './log-ring.ts';

const TELL_EVERY_MS = 60_000;

export class AccessLog {
  readonly #ring: Pick<LogRingWriter, 'put'>;
  readonly #format: LogFormat;
  readonly #report: (problem: string) => void;
  readonly #clock: () => number;
  #dropped = 0;
  #toldAtMs = -Infinity;

  /** `report` is told in one sentence when lines were lost. */
  constructor(
    ring: Pick<LogRingWriter, 'put'>,
    format: LogFormat,
    report: (problem: string) => void,
    clock: () => number = now,
  ) {
    this.#ring = ring;
    this.#format = format;
    this.#report = report;
    this.#clock = clock;
  }

  /** Takes the line of an exchange. Never waits and never throws. */
  record(record: ExchangeRecord): void {
    if (!this.#ring.put(this.#format.record(record))) this.#drop();
  }

  #drop(): void {
    this.#dropped++;
    const atMs = this.#clock();
    if (atMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = atMs;
    this.#report(
      `Cannot write the access log: it takes lines more slowly than they come; ${this.#dropped} lines lost so far`,
    );
  }
}
