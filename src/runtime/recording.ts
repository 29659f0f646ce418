/** What one worker does with each exchange that has ended: counts it, writes its line, remembers it for `explain`. */
import { hasAdmin } from '../admin/options.ts';
import type { Config } from '../config/config.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { accessFormat } from '../record/access-format.ts';
import { AccessLog } from '../record/access-log.ts';
import { ExchangeCounter } from '../record/metrics/exchange-counter.ts';
import type { Place } from '../record/metrics/place-book.ts';
import { WorkerGauges } from '../record/metrics/worker-gauges.ts';
import { RecentExchanges } from '../record/recent.ts';
import type { DataPlane } from './data-plane.ts';

export interface RecordingParts {
  readonly config: Config;
  readonly isTerminal: boolean;
  /** The worker's block of counts, and what is counted where in it. */
  readonly block: SharedArrayBuffer;
  readonly places: readonly Place[];
  /** Hands lines to the supervisor; resolves when they are written. */
  readonly writeLines: (lines: Uint8Array) => Promise<void>;
  readonly warn: (text: string) => void;
}

export class Recording {
  readonly recent: RecentExchanges = new RecentExchanges();
  /** Undefined when nothing wants records: then none is made. */
  readonly record: ((record: ExchangeRecord) => void) | undefined;
  readonly #parts: RecordingParts;
  readonly #access: AccessLog | undefined;
  #gauges: WorkerGauges | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: RecordingParts) {
    this.#parts = parts;
    this.#access = makeAccessLog(parts);
    this.record = this.#recorder();
  }

  /** Lines of the access log that were dropped. */
  get dropped(): number {
    return this.#access?.dropped ?? 0;
  }

  /** Begins to say each second what the worker has open. */
  watch(plane: DataPlane): void {
    if (!hasAdmin(this.#parts.config.admin)) return;
    this.#gauges = new WorkerGauges(this.#parts.block, this.#parts.places, () => ({
      open: plane.host.counts,
      heldBytes: plane.host.heldBytes,
      refused: plane.refused,
      connections: new Map(plane.listenerViews().map(({ name, connections }) => [name, connections])),
    }));
  }

  /** Says at once what is open. */
  refresh(): void {
    this.#gauges?.refresh();
  }

  /** Hands over what is there. Resolves when it is written or lost, for whoever called first and last. */
  close(): Promise<void> {
    this.#gauges?.close();
    this.#closed ??= this.#access?.close() ?? Promise.resolve();
    return this.#closed;
  }

  /** What is kept and counted is asked for over the admin API alone. */
  #recorder(): ((record: ExchangeRecord) => void) | undefined {
    const access = this.#access;
    const { config, block, places } = this.#parts;
    if (!hasAdmin(config.admin)) return access === undefined ? undefined : (record) => access.record(record);
    const counter = new ExchangeCounter(block, places);
    const { recent } = this;
    return (record) => {
      counter.record(record);
      access?.record(record);
      recent.add(record);
    };
  }
}

/** Its places are the supervisor's. */
function makeAccessLog({ config, isTerminal, writeLines, warn }: RecordingParts): AccessLog | undefined {
  if (config.log.access === 'off') return undefined;
  const sink = {
    write: writeLines,
    reopen: (): Promise<void> => Promise.resolve(),
    close: (): Promise<void> => Promise.resolve(),
  };
  return new AccessLog(sink, accessFormat(config.log, isTerminal), { report: warn });
}
