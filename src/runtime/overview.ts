/** What an operator is shown of the whole, made when somebody asks: status, metrics, traffic. */
import type { TrafficView } from '../admin/traffic-view.ts';
import type { StatusView } from '../admin/views.ts';
import type { HealthView } from '../balance/health/view.ts';
import type { Config } from '../config/config.ts';
import type { Attackers } from '../decoy/attackers.ts';
import type { Sample } from '../record/metrics/family.ts';
import type { PlaceBook } from '../record/metrics/place-book.ts';
import type { SpanCounts } from '../record/tracing/exporter.ts';
import type { ServerAddress } from '../proxy/server.ts';
import type { Bound, WorkerStatus } from './messages.ts';
import { collectMetrics } from './metrics.ts';
import type { Happenings } from './metrics.ts';
import type { StateCounts } from './rule-state.ts';
import type { OwnedServers } from './servers-in-use.ts';
import { statusView } from './status.ts';
import { trafficView } from './traffic.ts';
import type { TrafficParts } from './traffic.ts';

/** The whole at this moment. */
export interface Moment {
  readonly config: Config;
  readonly bound: readonly Bound[];
  /** Where built-in decoys listen. */
  readonly decoys: ReadonlyMap<string, ServerAddress>;
  readonly servers: OwnedServers;
  readonly ruleState: readonly StateCounts[];
  /** Lines of the access log. */
  readonly linesDropped: number;
  readonly happenings: Happenings;
  readonly spans: SpanCounts;
}

export interface OverviewParts {
  readonly version: string;
  /** The configuration file. */
  readonly path: string;
  readonly startedAtMs: number;
  readonly book: PlaceBook;
  readonly attackers: Attackers;
  /** By the key of a server. */
  readonly healthOf: (key: string) => HealthView | undefined;
  /** Asks the workers what they have open, and thereby makes them write it down. */
  readonly askWorkers: () => Promise<readonly WorkerStatus[]>;
  readonly moment: () => Moment;
}

export class Overview {
  readonly #parts: OverviewParts;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
  }

  async status(): Promise<StatusView> {
    const { version, path, startedAtMs, book, attackers, healthOf } = this.#parts;
    const workers = await this.#parts.askWorkers();
    const moment = this.#parts.moment();
    return statusView({
      ...moment,
      version,
      path,
      startedAtMs,
      book,
      attackers,
      healthOf,
      workers,
      workersMax: book.blocks.length,
      died: moment.happenings.workersDied,
    });
  }

  async metrics(): Promise<readonly Sample[]> {
    const { version, book, attackers } = this.#parts;
    await this.#parts.askWorkers();
    return collectMetrics({ ...this.#parts.moment(), version, book, workers: book.blocks.length, attackers });
  }

  async traffic(): Promise<TrafficView> {
    await this.#parts.askWorkers();
    return trafficView(this.trafficParts());
  }

  trafficParts(): TrafficParts & { readonly servers: OwnedServers } {
    const { book } = this.#parts;
    const { config, servers } = this.#parts.moment();
    return { config, book, workers: book.blocks.length, servers };
  }
}
