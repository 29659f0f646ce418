/**
 * Sallyport as a whole: configuration and rules in, running proxy out, and an orderly end.
 *
 *     load → prepare (nothing is open yet; every mistake is found here) → start → run → stop
 */
import type { HealthMonitor } from '../balance/health/monitor.ts';
import type { Environment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import type { ConfigResult } from '../config/read.ts';
import type { Config } from '../config/config.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { accessFormat, wantsText } from '../record/access-format.ts';
import { AccessLog } from '../record/access-log.ts';
import { openLogPlaces } from '../record/log-places.ts';
import { ProgramLog } from '../record/program-log.ts';
import { RecentExchanges } from '../record/recent.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { startAdmin } from '../admin/server.ts';
import type { Admin } from '../admin/server.ts';
import { BuiltInDecoys } from './built-in-decoys.ts';
import { DataPlane } from './data-plane.ts';
import { healthProblems, startHealth } from './health.ts';
import { newServers } from './servers-in-use.ts';
import { newSessions } from './sessions-in-use.ts';
import { buildInspections } from './inspection.ts';
import type { Inspections } from './inspection.ts';
import { Counting } from './counting.ts';
import { collectMetrics } from './metrics.ts';
import { statusOf } from './status.ts';

/** A configuration with its rules, read and checked, ready to start. */
export interface Prepared {
  readonly config: Config;
  readonly inspections: Inspections;
  /** Warnings, each ready to print. */
  readonly warnings: readonly string[];
}

export type Preparation =
  | { readonly kind: 'ok'; readonly prepared: Prepared }
  /** Everything that is wrong, each ready to print. */
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** Reads a configuration file and the rules that it names. Opens and changes nothing. */
export async function prepare(path: string, environment: Environment): Promise<Preparation> {
  return prepareConfig(await loadConfig(path, environment));
}

/** The same for a configuration that was read already. */
export function prepareConfig(read: ConfigResult): Preparation {
  const diagnostics = read.diagnostics.map(formatDiagnostic);
  if (read.kind === 'bad') return { kind: 'bad', problems: diagnostics };
  const built = buildInspections(read.config);
  if (built.kind === 'bad') return { kind: 'bad', problems: [...diagnostics, ...built.problems] };
  const unreadable = healthProblems(read.config);
  if (unreadable.length > 0) return { kind: 'bad', problems: [...diagnostics, ...unreadable] };
  const { inspections } = built;
  const warnings = [...diagnostics, ...built.warnings];
  return { kind: 'ok', prepared: { config: read.config, inspections, warnings } };
}

/** How long exchanges in flight may take after a stop was asked for. */
export const STOP_GRACE_MS = 30_000;

export interface ApplicationOptions {
  /** The configuration file, as status shows it. */
  readonly path: string;
  /** Standard output is a terminal: `log.access: auto` then means text. */
  readonly isTerminal: boolean;
  /** Takes whole lines of the program's own log. */
  readonly writeLog: (line: string) => void;
  /** Makes the built-in decoy's invented secrets, and the values of cookies, this installation's own; may be empty. */
  readonly seed: string;
  readonly version: string;
}

export class Application {
  readonly plane: DataPlane;
  readonly log: ProgramLog;
  readonly recent: RecentExchanges;
  readonly prepared: Prepared;
  readonly #decoys: BuiltInDecoys;
  readonly #access: AccessLog | undefined;
  readonly #counting: Counting | undefined;
  #admin: Admin | undefined;
  #health: HealthMonitor | undefined;

  private constructor(prepared: Prepared, parts: Parts, plane: DataPlane, counting: Counting | undefined) {
    this.prepared = prepared;
    this.plane = plane;
    this.#counting = counting;
    this.log = parts.log;
    this.recent = parts.recent;
    this.#decoys = parts.decoys;
    this.#access = parts.access;
  }

  /** Opens logs, decoys and listeners. Rejects with a message for people, and leaves nothing open then. */
  static async start(prepared: Prepared, options: ApplicationOptions): Promise<Application> {
    const { config } = prepared;
    const parts = await openParts(config, options);
    const servers = newServers(config);
    const counting = config.admin.socket === 'off' ? undefined : new Counting(config);
    const plane = new DataPlane({
      config,
      inspectorFor: prepared.inspections.inspectorFor,
      decoys: parts.decoys,
      servers,
      sessions: newSessions(config, options.seed === '' ? undefined : options.seed),
      record: recorder(parts, counting),
      warn: (text) => parts.log.warn(text),
      onDefect: (error) => {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        parts.log.error('A defect in Sallyport ended one connection; please report it', { stack });
      },
    });
    const application = new Application(prepared, parts, plane, counting);
    try {
      await plane.start();
      const health = startHealth(config, { servers, log: parts.log, onUp: () => {} });
      application.#health = health;
      if (counting !== undefined) {
        const { access } = parts;
        const { version } = options;
        const { book } = counting;
        counting.watch(plane);
        application.#admin = await startAdmin({
          socketPath: config.admin.socket,
          attackers: plane.attackers,
          recent: parts.recent,
          status: statusOf(options, config, plane, (key) => health.view(key), book, access),
          metrics: () => {
            counting.refresh();
            const { attackers } = plane;
            return collectMetrics({ version, config, book, workers: 1, servers, attackers, access });
          },
          report: (problem) => parts.log.error(problem),
        });
      }
    } catch (error) {
      await application.stop(0);
      throw error;
    }
    return application;
  }

  /** Opens the access log anew, after a rotation renamed it. */
  reopenLogs(): void {
    this.#access?.reopen().catch((error: unknown) => {
      this.log.error('Cannot open the access log anew', {
        error: error instanceof Error ? error.message : String(error),
      });
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#health?.close();
    await this.#admin?.close();
    await this.plane.stop(graceMs);
    await this.#decoys.close();
    await this.#access?.close();
    this.#counting?.close();
  }
}

/** What is open beside the data plane. */
interface Parts {
  readonly log: ProgramLog;
  readonly recent: RecentExchanges;
  readonly access: AccessLog | undefined;
  readonly decoys: BuiltInDecoys;
}

async function openParts(config: Config, options: ApplicationOptions): Promise<Parts> {
  const log = new ProgramLog(options.writeLog, {
    level: config.log.level,
    format: wantsText(config.log.access, options.isTerminal) ? 'text' : 'json',
  });
  const access = await openAccessLog(config.log, options.isTerminal, log);
  const decoys = await BuiltInDecoys.start(config, options.seed);
  return { log, recent: new RecentExchanges(), access, decoys };
}

async function openAccessLog(
  options: Config['log'],
  isTerminal: boolean,
  log: ProgramLog,
): Promise<AccessLog | undefined> {
  if (options.access === 'off') return undefined;
  const places = await openLogPlaces(options, isTerminal, (problem, to) => log.warn(problem, { to }));
  return new AccessLog(places, accessFormat(options, isTerminal), { report: (problem) => log.warn(problem) });
}

/** Nothing is recorded that nobody would read: what is kept and counted is asked for over the admin API alone. */
function recorder(
  { access, recent }: Parts,
  counting: Counting | undefined,
): ((record: ExchangeRecord) => void) | undefined {
  if (counting === undefined) return access === undefined ? undefined : (record) => access.record(record);
  const { counter } = counting;
  return (record) => {
    counter.record(record);
    access?.record(record);
    recent.add(record);
  };
}
