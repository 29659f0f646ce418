/**
 * Sallyport as a whole, on the main thread: it reads the configuration, starts the workers that serve, and does what
 * there is to do once for all of them.
 *
 *     read → compile rules (every mistake is found here) → workers build it → sockets, logs, admin API → workers serve → stop
 *
 * Nothing of an ordinary exchange comes here. How the threads work together: docs/decisions/threads.md.
 */
import { availableParallelism } from 'node:os';
import { hasAdmin } from '../admin/options.ts';
import { isDeepStrictEqual } from 'node:util';
import { startAdmin } from '../admin/server.ts';
import type { Admin } from '../admin/server.ts';
import { wallNow } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { Attackers } from '../decoy/attackers.ts';
import type { Account } from '../linux/account.ts';
import { hasDescriptors } from '../linux/descriptor.ts';
import { accessFormat, wantsText } from '../record/access-format.ts';
import { openLogPlaces } from '../record/log-places.ts';
import type { LogPlaces } from '../record/log-places.ts';
import { newLogRing } from '../record/log-ring.ts';
import { PlaceBook } from '../record/metrics/place-book.ts';
import { ProgramLog } from '../record/program-log.ts';
import { SpanExporter } from '../record/tracing/exporter.ts';
import { tcpOf } from './admin-address.ts';
import { attackersOptions } from './data-plane.ts';
import { readSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { DecoyThread } from './decoy-thread.ts';
import { Editions } from './editions.ts';
import type { RuleSetCounts } from './inspection.ts';
import type { RuleEdition } from './rule-edition.ts';
import { startHealth } from './health.ts';
import type { Health } from './health.ts';
import { ListenSockets } from './listen-sockets.ts';
import { LogWriter } from './log-writer.ts';
import type { Bound, SupervisorOffer, WorkerStart } from './messages.ts';
import { verdictCounts } from './metrics.ts';
import type { Happenings } from './metrics.ts';
import { Overview } from './overview.ts';
import type { Moment } from './overview.ts';
import { dropPrivileges, findPrivileges } from './privileges.ts';
import { configureServers, forgetServer, newServers, serverKeys } from './servers-in-use.ts';
import type { OwnedServers } from './servers-in-use.ts';
import { releaseCounts } from './counts-in-use.ts';
import { descriptorRoom, roomWarnings } from './descriptor-room.ts';
import { reloadWarnings } from './reload-warnings.ts';
import { RuleState } from './rule-state.ts';
import { checkSockets } from './socket-needs.ts';
import { hostPort } from './status.ts';
import { watchState } from './state-watch.ts';
import { serverControl } from './server-control.ts';
import { inheritedText, takeInherited } from './inherited-sockets.ts';
import type { InheritedSocket } from './inherited-sockets.ts';
import type { Handed } from './service-manager.ts';
import { ServiceReports } from './service-reports.ts';
import { openDestination } from './trace-destination.ts';
import { Turns } from './turns.ts';
import { STOP_SLACK_MS, WorkerSet } from './worker-set.ts';
import type { WorkerSetParts } from './worker-set.ts';
import { holderOf } from './worker-thread.ts';

export interface SupervisorOptions {
  readonly source: ConfigSource;
  /** Standard output is a terminal: `log.access: auto` then means text. */
  readonly isTerminal: boolean;
  /** Takes whole lines of the program's own log. */
  readonly writeLog: (line: string) => void;
  /** Makes the built-in decoy's invented secrets, and the values of cookies, this installation's own. Asked for when needed. */
  readonly seed: () => string;
  readonly version: string;
  /** What a service manager handed over; nothing when left out. */
  readonly handed?: Handed;
  /** Other workers than usual: for tests, which make them fail. */
  readonly worker?: Pick<WorkerSetParts, 'entry' | 'hangMs' | 'aliveMs' | 'spareAfterMs'>;
}

export type Start =
  | { readonly kind: 'ok'; readonly supervisor: Supervisor; readonly warnings: readonly string[] }
  /** Everything that is wrong with the configuration, each ready to print. */
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

export type Reloaded =
  | { readonly kind: 'ok'; readonly warnings: readonly string[] }
  /** Why nothing has changed, each ready to print. */
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** Rows for servers of reloads to come, beside those of the first configuration. */
const ROWS_SPARE = 4096;
/** How long the admin API waits for workers: below what its clients wait. */
const ASK_MS = 5_000;
/** How often it is looked whether an earlier configuration is over. */
const CLEAN_EVERY_MS = 1_000;
/** How long spans that wait may take at the end, at most. */
const LAST_SPANS_MS = 5_000;

export class Supervisor {
  readonly log: ProgramLog;
  /** Rejects when no worker can be kept alive: there is nothing left but to end the process. */
  readonly hopeless: Promise<never>;
  readonly #options: SupervisorOptions;
  #config: Config;
  readonly #attackers: Attackers;
  readonly #ruleState: RuleState = RuleState.create();
  #endStateWatch: () => void = () => {};
  #servers: OwnedServers;
  readonly #book: PlaceBook;
  readonly #decoys: DecoyThread;
  readonly #sockets: ListenSockets;
  readonly #workers: WorkerSet;
  readonly #reports: ServiceReports;
  readonly #overview: Overview;
  #seed: string | undefined;
  /** Descriptors for connections of clients. */
  readonly #room: number;
  /** What the process becomes once its sockets are open, if that is something else. */
  #account: Account | undefined;
  readonly #editions: Editions;
  /** The rings of lines, by worker, and who writes them. */
  readonly #logRings: readonly SharedArrayBuffer[];
  readonly #accessLog: LogWriter;
  readonly #spans: SpanExporter;
  #health: Health | undefined;
  #admin: Admin | undefined;
  #isStopping = false;
  readonly #happenings: Happenings = { workersDied: 0, reloads: { ok: 0, bad: 0 } };
  /** Reloads are made one after the other. */
  readonly #reloads = new Turns(() => this.#countedReload());
  /** Waits until nothing works by an earlier configuration any more. */
  #cleaning: NodeJS.Timeout | undefined;

  /** Reads the configuration and starts everything. Rejects with a message for people, and leaves nothing open then. */
  static async start(options: SupervisorOptions): Promise<Start> {
    const read = await readSource(options.source);
    if (read.kind === 'bad') return read;
    const { warnings } = read;
    const supervisor = new Supervisor(options, read.config);
    try {
      const built = await supervisor.#build(read.text);
      if (built.kind === 'bad') {
        await supervisor.stop(0);
        return { kind: 'bad', problems: [...warnings, ...built.problems] };
      }
      await supervisor.#open();
      return { kind: 'ok', supervisor, warnings: [...warnings, ...built.warnings] };
    } catch (error) {
      await supervisor.stop(0);
      throw error;
    }
  }

  private constructor(options: SupervisorOptions, config: Config) {
    const count = workersOf(config);
    this.#room = descriptorRoom(count, config);
    this.#options = options;
    this.#config = config;
    this.log = new ProgramLog(options.writeLog, {
      level: config.log.level,
      format: wantsText(config.log.access, options.isTerminal) ? 'text' : 'json',
    });
    this.#spans = new SpanExporter({ log: this.log });
    this.#attackers = new Attackers(attackersOptions(config), wallNow);
    const rowsMax = serverKeys(config).length + ROWS_SPARE;
    this.#servers = newServers(config, { rowsMax, workersMax: count });
    this.#book = new PlaceBook(count);
    this.#decoys = new DecoyThread(() => this.#askSeed(), this.log);
    this.#editions = new Editions({
      source: options.source,
      book: this.#book,
      decoys: this.#decoys,
      room: this.#room,
      seed: () => this.#askSeed(),
    });
    this.#sockets = new ListenSockets(count, takeInherited(options.handed?.descriptors ?? []));
    this.#reports = new ServiceReports({
      handed: options.handed,
      warn: (text) => this.log.warn(text),
      isAlive: () => this.#workers.isAlive,
      counts: () => ({
        serving: this.#workers.serving.length,
        workers: count,
        exchanges: Object.values(verdictCounts(this.#book)).reduce((sum, count) => sum + count, 0),
        attackers: this.#attackers.size,
      }),
    });
    this.#overview = new Overview({
      version: options.version,
      path: options.source.path,
      startedAtMs: wallNow(),
      book: this.#book,
      attackers: this.#attackers,
      healthOf: (key) => this.#health?.view(key),
      askWorkers: () => this.#workers.askAll('status', undefined, ASK_MS),
      moment: () => this.#moment(),
    });
    this.#logRings = Array.from({ length: count }, () => newLogRing());
    this.#accessLog = new LogWriter(this.#logRings, (problem) => this.log.warn(problem));
    let giveUp: (error: Error) => void = () => {};
    this.hopeless = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    // Who does not wait for it has stopped already.
    this.hopeless.catch(() => {});
    this.#workers = new WorkerSet({
      count,
      heapBytes: () => this.#config.runtime.workerMemory,
      startOf: (worker) => this.#startOf(worker),
      socketsOf: (worker) => this.#sockets.ofWorker(worker),
      offer: this.#offer(),
      log: this.log,
      onDied: (worker) => {
        if (!this.#isStopping) this.#happenings.workersDied++;
        this.#servers.table.releaseWorker(worker);
        this.#attackers.releaseHolder(holderOf(worker));
        this.#ruleState.releaseHolder(holderOf(worker));
        // What it put into its ring and told nobody of.
        this.#accessLog.wake();
        const { current } = this.#editions;
        if (current !== undefined) releaseCounts(current.counts, worker);
      },
      onHopeless: (why) => giveUp(new Error(`Cannot go on: ${why}`)),
      ...options.worker,
    });
  }

  /** What the listeners are bound to. */
  get bound(): readonly Bound[] {
    return this.#sockets.bound;
  }

  /** How long what is open may take to end, as the configuration says. */
  get stopGraceMs(): number {
    return this.#config.runtime.stopGrace;
  }

  /** The rule sets in use. */
  get ruleSets(): readonly RuleSetCounts[] {
    return this.#editions.current?.rules.sets ?? [];
  }

  /** The workers, for who wants to see one die. */
  get workers(): WorkerSet {
    return this.#workers;
  }

  /**
   * Reads the configuration and its rules anew and serves by them. What is wrong is the answer, and then nothing has
   * changed. Connections that stay are not touched.
   */
  reload(): Promise<Reloaded> {
    return this.#reloads.ask();
  }

  /** Opens the access log anew, after a rotation renamed it. */
  reopenLogs(): void {
    this.#accessLog.reopen().catch((error: unknown) => {
      this.log.error('Cannot open the access log anew', {
        error: error instanceof Error ? error.message : String(error),
      });
    });
  }

  /** Tells the service manager that it is ready: who calls this hears signals. */
  announce(): void {
    this.#reports.ready();
  }

  /** Accepts no more, lets what is open end for so long, and ends everything. Called again with less, it is that. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#reports.stopping(graceMs + STOP_SLACK_MS);
    clearInterval(this.#cleaning);
    this.#endStateWatch();
    this.#health?.close();
    this.#servers.slowStart.close();
    await this.#admin?.close();
    // Each socket is closed as soon as its worker closes it, too.
    this.#sockets.close();
    await this.#workers.stop(graceMs);
    await this.#decoys.close();
    await this.#accessLog.close();
    await this.#spans.close(Math.min(graceMs, LAST_SPANS_MS));
    await this.#reports.close();
  }

  /** Everything that can be wrong with a configuration is found here, and nothing is open yet. */
  async #build(text: string): Promise<Reloaded> {
    this.#account = findPrivileges(this.#config);
    this.#checkSystem(this.#config);
    this.#spans.use(openDestination(this.#config, this.#options.version));
    // Threads take a moment to start: they do it while the rules are compiled.
    this.#workers.spawn();
    const compiled = await this.#editions.compileRules(text, this.#config);
    if (compiled.kind === 'bad') return compiled;
    const { edition: rules } = compiled;
    const edition = await this.#editions.make(text, this.#config, this.#servers.rows, rules);
    this.#editions.current = edition;
    const built = await this.#workers.start(edition);
    return built.kind === 'bad' ? built : { kind: 'ok', warnings: rules.warnings };
  }

  /** Warns of what the system does not give. */
  #checkSystem(config: Config): void {
    checkSockets(config, (text) => this.log.warn(text));
    for (const text of roomWarnings(config, this.#room)) this.log.warn(text);
  }

  async #countedReload(): Promise<Reloaded> {
    let kind: Reloaded['kind'] = 'bad';
    this.#reports.reloading();
    try {
      const reloaded = await this.#reload();
      kind = reloaded.kind;
      return reloaded;
    } finally {
      this.#happenings.reloads[kind]++;
      this.#reports.reloaded(kind);
    }
  }

  async #reload(): Promise<Reloaded> {
    if (this.#isStopping) return { kind: 'bad', problems: ['Cannot reload: it is stopping'] };
    const read = await readSource(this.#options.source);
    if (read.kind === 'bad') return read;
    const { text, config, warnings } = read;
    const compiled = await this.#editions.compileRules(text, config);
    if (compiled.kind === 'bad') return { kind: 'bad', problems: [...warnings, ...compiled.problems] };
    try {
      return await this.#change(text, config, compiled.edition, [
        ...warnings,
        ...reloadWarnings(this.#config, config, this.#attackers.memory.capacity),
        ...compiled.edition.warnings,
      ]);
    } catch (error) {
      this.#cleanUp();
      return { kind: 'bad', problems: [error instanceof Error ? error.message : String(error)] };
    }
  }

  /** From the first thing that is opened to the swap; throws, with a message for people, before anything has changed. */
  async #change(
    text: string,
    config: Config,
    rules: RuleEdition,
    warnings: readonly string[],
  ): Promise<Reloaded> {
    this.#checkSystem(config);
    // A file of certificates may hold others under the same name.
    const isTracedAnew =
      config.tracing.ca !== undefined || !isDeepStrictEqual(this.#config.tracing, config.tracing);
    const destination = isTracedAnew ? openDestination(config, this.#options.version) : undefined;
    const rows = this.#servers.book.assign(serverKeys(config));
    const edition = await this.#editions.make(text, config, rows, rules);
    const sockets = await this.#sockets.open(config);
    let places: LogPlaces | undefined;
    try {
      if (!isDeepStrictEqual(this.#config.log, config.log)) places = await this.#openLog(config);
      const built = await this.#workers.build(edition);
      if (built.kind === 'bad') {
        sockets.rollback();
        await places?.close();
        this.#cleanUp();
        return { kind: 'bad', problems: [...warnings, ...built.problems] };
      }
    } catch (error) {
      sockets.rollback();
      await places?.close();
      throw error;
    }
    // From here on there is no way back, and nothing that can fail but a worker, which is then replaced.
    this.#config = config;
    this.log.level = config.log.level;
    this.#editions.current = edition;
    this.#servers = { ...this.#servers, rows };
    configureServers(config, this.#servers);
    // Before they are used: servers that are named get their addresses from it.
    this.#health?.update(config, this.#servers);
    const before = new Set(this.#sockets.unused);
    const closeGone = sockets.commit();
    for (const socket of this.#sockets.unused) {
      if (before.has(socket)) continue;
      const what = inheritedText(socket);
      warnings = [...warnings, `No listener has the ${what} any more: who connects to it waits in vain`];
    }
    this.#attackers.configure(attackersOptions(config));
    this.#attackers.applyBounds();
    await this.#workers.use(edition);
    closeGone();
    await this.#replaceLog(places);
    if (isTracedAnew) this.#spans.use(destination);
    this.#cleanUp();
    this.log.info('Reloaded');
    return { kind: 'ok', warnings };
  }

  async #openLog({ log }: Config): Promise<LogPlaces | undefined> {
    if (log.access === 'off') return undefined;
    const report = (problem: string, to: string): void => this.log.warn(problem, { to });
    return await openLogPlaces(log, this.#options.isTerminal, report);
  }

  async #replaceLog(places: LogPlaces | undefined): Promise<void> {
    if (places === undefined) return;
    await this.#accessLog.replace(places, accessFormat(this.#config.log, this.#options.isTerminal));
  }

  /** Gives up rows, places and decoys of earlier configurations, as soon as nothing works by them any more. */
  #cleanUp(): void {
    this.#cleaning ??= setInterval(() => {
      if (!this.#workers.isSettled) return;
      clearInterval(this.#cleaning);
      this.#cleaning = undefined;
      // Not in the middle of a reload, which has given out rows that are not in use yet.
      this.#reloads.between(() => this.#forgetEarlier());
    }, CLEAN_EVERY_MS).unref();
  }

  async #forgetEarlier(): Promise<void> {
    if (!this.#workers.isSettled) {
      this.#cleanUp();
      return;
    }
    const gone = this.#servers.book.keepOnly(new Set(serverKeys(this.#config)));
    for (const row of gone) forgetServer(this.#servers, row);
    await this.#editions.keepOnly(this.#config);
  }

  /** Opens everything that others see. What the supervisor alone does, as health checks, begins here, too. */
  async #open(): Promise<void> {
    const { admin } = this.#config;
    const account = this.#account;
    const tcp = tcpOf(admin);
    // A reload may need it, and cannot read it or make it then.
    if (account !== undefined) this.#askSeed();
    (await this.#sockets.open(this.#config)).commit();
    const [unused] = this.#sockets.unused;
    if (unused !== undefined) throw new Error(unusedText(unused, this.bound));
    if (account !== undefined) {
      const { path } = this.#options.source;
      dropPrivileges(account, this.#config, path, (text) => this.log.warn(text));
    }
    await this.#replaceLog(await this.#openLog(this.#config));
    this.#health = startHealth(this.#config, { servers: this.#servers, log: this.log });
    if (hasAdmin(admin)) {
      this.#admin = await startAdmin({
        socketPath: admin.socket === 'off' ? undefined : admin.socket,
        tcp,
        attackers: this.#attackers,
        explain: async (id) => {
          const views = await this.#workers.askAll('explain', id, ASK_MS);
          return views.find((view) => view !== undefined);
        },
        status: () => this.#overview.status(),
        reload: () => this.reload(),
        metrics: () => this.#overview.metrics(),
        traffic: () => this.#overview.traffic(),
        servers: serverControl(() => this.#overview.trafficParts(), this.log),
        log: this.log,
        report: (problem) => this.log.error(problem),
      });
    }
    await this.#workers.serve();
    this.#endStateWatch = watchState(() => this.#ruleState.counts(), this.log);
  }

  /** Asked for once, at the latest while files of its owner can be read. */
  #askSeed(): string {
    this.#seed ??= this.#options.seed();
    return this.#seed;
  }

  #startOf(worker: number): WorkerStart {
    const { shared, rowsMax } = this.#servers.table;
    const block = this.#book.blocks[worker];
    if (block === undefined) throw new Error(`There is no block of counts for worker ${worker}`);
    const log = this.#logRings[worker];
    if (log === undefined) throw new Error(`There is no ring of log lines for worker ${worker}`);
    const { isTerminal } = this.#options;
    const marks = this.#attackers.memory;
    const ruleState = this.#ruleState.shared;
    return { number: worker, table: { shared, rowsMax }, marks, ruleState, block, log, isTerminal };
  }

  #offer(): SupervisorOffer {
    return {
      logWaits: () => this.#accessLog.wake(),
      exportSpans: (batch) => this.#spans.take(batch),
      say: ({ level, text, fields }) => this.log[level](text, fields),
    };
  }

  #moment(): Moment {
    return {
      config: this.#config,
      bound: this.bound,
      decoys: this.#editions.current?.decoys ?? new Map(),
      servers: this.#servers,
      ruleState: this.#ruleState.counts(),
      linesDropped: this.#accessLog.dropped,
      happenings: this.#happenings,
      spans: this.#spans.counts,
    };
  }
}

/** Who connects to a socket that nobody accepts on waits for ever: better to say so than to start. */
function unusedText(socket: InheritedSocket, bound: readonly Bound[]): string {
  const listeners = bound
    .map(({ listener, host, port }) => `"${listener}" ${hostPort(host, port)}`)
    .join(', ');
  return `Cannot use the ${inheritedText(socket)}: no listener has its address or its name; there are ${listeners}`;
}

/** How many workers a configuration asks for. Without descriptors to hand over, one opens its sockets itself. */
function workersOf({ runtime }: Config): number {
  if (!hasDescriptors()) return 1;
  return runtime.workers === 'auto' ? availableParallelism() : runtime.workers;
}
