/**
 * What a service manager is told of a running Sallyport, and when.
 *
 *     start ─▶ READY=1 ─▶ RELOADING=1 ─▶ READY=1 ─▶ … ─▶ STOPPING=1
 *                └── STATUS=… when it changes, WATCHDOG=1 as long as all threads answer ──┘
 *
 * Without a service manager nothing of it happens.
 */
import process from 'node:process';
import { Notifier } from './service-manager.ts';
import type { Handed } from './service-manager.ts';

/** What the status line says. */
export interface ReportedCounts {
  readonly serving: number;
  readonly workers: number;
  readonly exchanges: number;
  readonly attackers: number;
}

export interface ServiceReportsParts {
  readonly handed: Handed | undefined;
  readonly counts: () => ReportedCounts;
  /** Every thread answers: otherwise the watchdog is to end the process. */
  readonly isAlive: () => boolean;
  /** Hears what an operator should know, in one sentence. */
  readonly warn: (text: string) => void;
}

/** Reading rules takes longer than a service manager waits (90 s, TimeoutStartSec) when there are many on a slow machine. */
const START_MS = 300_000;
const STATUS_EVERY_MS = 5_000;
/** A watchdog is fed twice as often as it asks, as sd_watchdog_enabled(3) advises; and not more often than makes sense. */
const FEEDS_PER_PERIOD = 2;
const FEED_MS_MIN = 100;

export class ServiceReports {
  readonly #parts: ServiceReportsParts;
  readonly #notifier: Notifier | undefined;
  #status = '';
  #isReady = false;
  #isStopping = false;
  #timers: readonly NodeJS.Timeout[] = [];
  #isStarved = false;

  constructor(parts: ServiceReportsParts) {
    this.#parts = parts;
    for (const problem of parts.handed?.problems ?? []) parts.warn(problem);
    this.#notifier = openNotifier(parts);
    this.#tell({ STATUS: 'Reading configuration and rules', EXTEND_TIMEOUT_USEC: START_MS * 1000 });
  }

  /** It serves, and signals are heard. */
  ready(): void {
    if (this.#notifier === undefined || this.#isReady) return;
    this.#isReady = true;
    this.#status = this.#statusText();
    this.#tell({ READY: 1, STATUS: this.#status });
    const status = setInterval(() => this.#tellStatus(), STATUS_EVERY_MS).unref();
    const { watchdogMs } = this.#parts.handed ?? {};
    if (watchdogMs === undefined) {
      this.#timers = [status];
      return;
    }
    this.#feed();
    const feedMs = Math.max(FEED_MS_MIN, watchdogMs / FEEDS_PER_PERIOD);
    this.#timers = [status, setInterval(() => this.#feed(), feedMs).unref()];
  }

  reloading(): void {
    if (!this.#isReady) return;
    const sinceStartUs = process.hrtime.bigint() / 1000n;
    this.#tell({ RELOADING: 1, MONOTONIC_USEC: sinceStartUs.toString(), STATUS: 'Reloading' });
  }

  /** Ready again, by the next configuration or by the one before. */
  reloaded(kind: 'ok' | 'bad'): void {
    if (!this.#isReady || this.#isStopping) return;
    this.#status = this.#statusText();
    const failed = 'The last reload failed and changed nothing: see the log';
    this.#tell({ READY: 1, STATUS: kind === 'ok' ? this.#status : failed });
  }

  /** It may take so long to stop, at most. */
  stopping(withinMs: number): void {
    this.#isStopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    const text = this.#isReady ? 'Stopping: letting end what is open' : 'Stopping';
    this.#tell({ STOPPING: 1, EXTEND_TIMEOUT_USEC: Math.round(withinMs * 1000), STATUS: text });
  }

  async close(): Promise<void> {
    await this.#notifier?.close();
  }

  #tell(values: Readonly<Record<string, string | number>>): void {
    void this.#notifier?.tell(values);
  }

  #tellStatus(): void {
    const status = this.#statusText();
    if (status === this.#status) return;
    this.#status = status;
    this.#tell({ STATUS: status });
  }

  #statusText(): string {
    const { serving, workers, exchanges, attackers } = this.#parts.counts();
    return `${serving} of ${workers} workers serve; ${exchanges} exchanges, ${attackers} attackers`;
  }

  #feed(): void {
    if (this.#parts.isAlive()) {
      this.#isStarved = false;
      this.#tell({ WATCHDOG: 1 });
    } else if (!this.#isStarved) {
      this.#isStarved = true;
      this.#parts.warn(
        'A worker does not answer and could not be replaced: the watchdog is not fed any more',
      );
    }
  }
}

/** A service manager that cannot be told is worth a warning, and no reason not to serve. */
function openNotifier({ handed, warn }: ServiceReportsParts): Notifier | undefined {
  if (handed?.notifySocket === undefined) return undefined;
  try {
    return new Notifier(handed.notifySocket, warn);
  } catch (error) {
    warn(`Cannot tell the service manager: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
