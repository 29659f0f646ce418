/**
 * One worker: a data plane, what it records, and the supervisor's questions.
 *
 * Whatever is one for all workers (health, the admin API, the log file) is the supervisor's; here is what each has.
 */
import { exchangeView } from '../admin/views.ts';
import type { ExchangeView } from '../admin/views.ts';
import { wallNow } from '../base/clock.ts';
import { ServerTable } from '../balance/server-table.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { readConfig } from '../config/read.ts';
import type { Config } from '../config/config.ts';
import { Attackers } from '../decoy/attackers.ts';
import { SharedCount } from '../state/shared-count.ts';
import { LogRingWriter } from '../record/log-ring.ts';
import { attackersOptions, DataPlane } from './data-plane.ts';
import { buildInspections } from './inspection.ts';
import type {
  Built,
  Edition,
  ListenSocket,
  Said,
  SupervisorOffer,
  WorkerOffer,
  WorkerStart,
  WorkerStatus,
} from './messages.ts';
import { Recording } from './recording.ts';
import { AttachedRules } from './rule-edition.ts';
import { RuleState } from './rule-state.ts';
import { SayingBound } from './saying-bound.ts';
import type { Snapshot, SnapshotParts } from './snapshot.ts';
import { ThreadLink } from './thread-link.ts';
import type { Port } from './thread-link.ts';
import { WorkerTraces } from './worker-traces.ts';

/** Spans are taken at once, unless the supervisor hangs. */
const SPANS_MS = 10_000;

/** The number of a worker as a holder of locks: 1 is the supervisor. */
export function holderOf(worker: number): number {
  return worker + 2;
}

interface Ready {
  readonly edition: Edition;
  readonly config: Config;
  readonly parts: Omit<SnapshotParts, 'record'>;
  /** Undefined for the first one: the data plane is made with it. */
  readonly snapshot: Snapshot | undefined;
}

export class WorkerThread {
  readonly #start: WorkerStart;
  readonly #table: ServerTable;
  readonly #link: ThreadLink<WorkerOffer, SupervisorOffer>;
  readonly #saying: SayingBound = new SayingBound();
  /** Built and not in use yet. */
  #ready: Ready | undefined;
  /** As they were attached last: most reloads change no rules. */
  #rules: AttachedRules | undefined;
  readonly #ruleState: RuleState;
  readonly #traces = new WorkerTraces((batch) =>
    this.#link.ask('exportSpans', batch, { withinMs: SPANS_MS }),
  );
  #plane: DataPlane | undefined;
  #recording: Recording | undefined;

  /** `rules` are attached already. */
  constructor(port: Port, start: WorkerStart, rules?: AttachedRules) {
    this.#start = start;
    this.#rules = rules;
    this.#ruleState = new RuleState(start.ruleState, holderOf(start.number));
    this.#table = new ServerTable(start.table.shared, start.table.rowsMax, start.number);
    this.#link = new ThreadLink<WorkerOffer, SupervisorOffer>(port, this.#offer(), (error) =>
      this.#onDefect(error),
    );
  }

  #offer(): WorkerOffer {
    return {
      build: (edition) => this.#build(edition),
      use: (sockets) => this.#use(sockets),
      discard: () => {
        this.#ready = undefined;
      },
      listen: async (sockets) => this.#plane?.listen(sockets),
      status: () => this.#status(),
      explain: (id) => this.#explain(id),
      stop: (graceMs) => this.#stop(graceMs),
      ping: () => ({ isSettled: this.#plane?.forgetEarlier() ?? true }),
    };
  }

  #build(edition: Edition): Built {
    this.#ready = undefined;
    const read = readConfig(edition.text, edition.path, edition.environment);
    if (read.kind === 'bad') return { kind: 'bad', problems: read.diagnostics.map(formatDiagnostic) };
    const rules = new AttachedRules(edition.rules, this.#rules);
    const built = buildInspections(read.config, rules, this.#ruleState);
    if (built.kind === 'bad') return built;
    this.#rules = rules;
    const { inspections } = built;
    const parts = {
      config: read.config,
      inspectorFor: inspections.inspectorFor,
      streamsFor: inspections.streamsFor,
      decoyAddress: (name: string) => edition.decoys.get(name),
      servers: { table: this.#table, rows: edition.rows },
      sessions: edition.sessions,
      tracer: this.#traces.tracerFor(read.config),
      connectionsOf: (listener: string) => this.#countOf(edition.counts.connections.get(listener)),
      descriptors: {
        count: this.#countOf(edition.counts.descriptors.shared),
        max: edition.counts.descriptors.max,
      },
    };
    const record = this.#recording?.recorderFor(read.config);
    this.#ready = { edition, config: read.config, parts, snapshot: this.#plane?.build({ ...parts, record }) };
    return { kind: 'ok' };
  }

  async #use(sockets: readonly ListenSocket[]): Promise<void> {
    const ready = this.#ready;
    if (ready === undefined) throw new Error('There is no edition to use');
    this.#ready = undefined;
    const { config, edition, parts, snapshot } = ready;
    this.#traces.use(config);
    if (snapshot !== undefined && this.#plane !== undefined) {
      await this.#plane.listen(sockets, snapshot);
      this.#plane.attackers.configure(attackersOptions(config));
      this.#recording?.use(config, edition.places);
      return;
    }
    const { marks, number, block, log, isTerminal } = this.#start;
    const warn = (text: string): void => this.#say({ level: 'warn', text, fields: {} });
    const recording = new Recording({
      config,
      isTerminal,
      block,
      places: edition.places,
      log: new LogRingWriter(log, () => this.#link.tell('logWaits', undefined)),
      warn,
    });
    const plane = new DataPlane({
      ...parts,
      attackers: Attackers.sharing(attackersOptions(config), wallNow, marks, holderOf(number)),
      held: this.#countOf(edition.counts.held),
      record: recording.recorderFor(config),
      warn,
      onDefect: (error) => this.#onDefect(error),
    });
    this.#recording = recording;
    this.#plane = plane;
    await plane.listen(sockets);
    recording.watch(plane);
  }

  #countOf(shared: SharedArrayBuffer | undefined): SharedCount {
    if (shared === undefined) throw new Error('There is no count for what this worker has open');
    return new SharedCount(shared, this.#start.number);
  }

  #status(): WorkerStatus {
    this.#recording?.refresh();
    return {
      listeners: this.#plane?.listenerViews().map(({ name, connections }) => ({ name, connections })) ?? [],
      servers: this.#plane?.serverViews() ?? [],
    };
  }

  #explain(id: string): ExchangeView | undefined {
    const record = this.#recording?.recent.find(id);
    return record === undefined ? undefined : exchangeView(record);
  }

  async #stop(graceMs: number): Promise<void> {
    await this.#plane?.stop(graceMs);
    this.#recording?.close();
    await this.#traces.close();
  }

  #onDefect(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const text = 'A defect in Sallyport ended one connection; please report it';
    this.#say({ level: 'error', text, fields: { stack } });
  }

  /** A defect that an attacker can cause must not become a flood of messages. */
  #say(event: Said): void {
    if (!this.#saying.mayPass()) return;
    const fields = { ...event.fields, worker: this.#start.number };
    this.#link.tell('say', { ...event, fields });
  }
}
