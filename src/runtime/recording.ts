/** What one worker does with each exchange that has ended: counts it, writes its line, remembers it for `explain`. */
import { hasAdmin } from '../admin/options.ts';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { accessFormat } from '../record/access-format.ts';
import { AccessLog } from '../record/access-log.ts';
import type { LogRingWriter } from '../record/log-ring.ts';
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
  /** Where lines go. */
  readonly log: LogRingWriter;
  readonly warn: (text: string) => void;
}

export class Recording {
  readonly recent: RecentExchanges = new RecentExchanges();
  readonly #parts: RecordingParts;
  #config: Config;
  #access: AccessLog | undefined;
  readonly #counter: ExchangeCounter;
  #gauges: WorkerGauges | undefined;

  constructor(parts: RecordingParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#access = makeAccessLog(parts, parts.config);
    this.#counter = new ExchangeCounter(parts.block, parts.places);
  }

  /** What takes records; undefined when a configuration wants none: then none is made. */
  recorderFor({ admin, log }: Config): ((record: ExchangeRecord) => void) | undefined {
    return !hasAdmin(admin) && log.access === 'off' ? undefined : this.#record;
  }

  /** Another configuration is in use. What is counted and remembered stays. */
  use(config: Config, places: readonly Place[]): void {
    const before = this.#config;
    this.#config = config;
    this.#counter.use(places);
    this.#gauges?.use(places);
    if (isDeepStrictEqual(before.log, config.log)) return;
    this.#access = makeAccessLog(this.#parts, config);
  }

  /** What is kept and counted is asked for over the admin API alone. */
  get #isShown(): boolean {
    return hasAdmin(this.#config.admin);
  }

  readonly #record = (record: ExchangeRecord): void => {
    this.#access?.record(record);
    if (!this.#isShown) return;
    this.#counter.record(record);
    this.recent.add(record);
  };

  /** Begins to say each second what the worker has open. */
  watch(plane: DataPlane): void {
    if (!this.#isShown) return;
    this.#gauges = new WorkerGauges(this.#parts.block, this.#parts.places, () => ({
      open: plane.host.counts,
      heldBytes: plane.host.held.own,
      refused: plane.refused,
      datagrams: plane.takeDatagrams(),
      connections: new Map(plane.listenerViews().map(({ name, connections }) => [name, connections])),
    }));
  }

  /** Says at once what is open. */
  refresh(): void {
    this.#gauges?.refresh();
  }

  close(): void {
    this.#gauges?.close();
  }
}

/** Its places are the supervisor's. */
function makeAccessLog({ isTerminal, log, warn }: RecordingParts, config: Config): AccessLog | undefined {
  if (config.log.access === 'off') return undefined;
  return new AccessLog(log, accessFormat(config.log, isTerminal), warn);
}
