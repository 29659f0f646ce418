/**
 * What a service manager hands over in the environment, and what it is told: the protocol of systemd, without its library.
 *
 *     NOTIFY_SOCKET              where it hears READY=1, RELOADING=1, STOPPING=1, STATUS=…        (sd_notify(3))
 *     WATCHDOG_USEC, _PID        it ends a process that has not said WATCHDOG=1 for so long       (sd_watchdog_enabled(3))
 *     LISTEN_FDS, _PID, _FDNAMES sockets that listen already, from descriptor 3 on                (sd_listen_fds(3))
 *
 * The variables are taken out of the environment: they are meant for this process alone, and for no program that it
 * starts. Values that make no sense are problems, and then nothing of them is used.
 */
import { Buffer } from 'node:buffer';
import { DatagramSender } from '../linux/datagram-sender.ts';

/** An environment that can be changed, as `process.env`. */
export type Variables = Record<string, string | undefined>;

export interface Handed {
  /** Where it wants to be told; undefined without one. */
  readonly notifySocket: string | undefined;
  /** How often it wants to hear WATCHDOG=1, at the latest; undefined when it does not. */
  readonly watchdogMs: number | undefined;
  readonly descriptors: readonly HandedDescriptor[];
  /** Variables that make no sense, one sentence each. */
  readonly problems: readonly string[];
}

export interface HandedDescriptor {
  readonly descriptor: number;
  /** `unknown` where it has none. */
  readonly name: string;
}

/** Who it was handed to: the process, or what started it and passed it on (bin/sallyport.js). */
export interface Processes {
  readonly pid: number;
  readonly parentPid: number;
}

const FIRST_DESCRIPTOR = 3;
/** More sockets than any configuration has listeners is a mistake. */
const DESCRIPTORS_MAX = 1024;
const NAMES = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'LISTEN_PIDFDID',
  'SALLYPORT_LAUNCHER',
] as const;

/** Takes what was handed over out of `variables`. */
export function takeHanded(variables: Variables, processes: Processes): Handed {
  const values = new Map(NAMES.map((name) => [name, variables[name]]));
  for (const name of NAMES) Reflect.deleteProperty(variables, name);
  const problems: string[] = [];
  const isOurs = (name: 'WATCHDOG_PID' | 'LISTEN_PID'): boolean => {
    const pid = values.get(name);
    const { pid: own, parentPid } = processes;
    return pid === String(own) || (pid === String(parentPid) && values.get('SALLYPORT_LAUNCHER') === pid);
  };
  const number = (name: 'WATCHDOG_USEC' | 'LISTEN_FDS', max: number): number | undefined => {
    const text = values.get(name);
    if (text === undefined) return undefined;
    if (/^[1-9][0-9]{0,15}$/.test(text) && Number(text) <= max) return Number(text);
    // What systemd says when there is none.
    if (text !== '0') problems.push(`Cannot use ${name}: ${JSON.stringify(text)} is no number of it`);
    return undefined;
  };
  const watchdogUs = number('WATCHDOG_USEC', Number.MAX_SAFE_INTEGER);
  // Without a process it is meant for any; LISTEN_PID is always there.
  const isWatched = values.get('WATCHDOG_PID') === undefined || isOurs('WATCHDOG_PID');
  const count = number('LISTEN_FDS', DESCRIPTORS_MAX);
  const names = values.get('LISTEN_FDNAMES')?.split(':') ?? [];
  return {
    notifySocket: values.get('NOTIFY_SOCKET'),
    watchdogMs: watchdogUs === undefined || !isWatched ? undefined : watchdogUs / 1000,
    descriptors: Array.from(
      { length: count !== undefined && isOurs('LISTEN_PID') ? count : 0 },
      (_, index) => ({
        descriptor: FIRST_DESCRIPTOR + index,
        name: names[index] ?? 'unknown',
      }),
    ),
    problems,
  };
}

/** The value of a line is one line: whatever else it says is not read as another one. */
function line(name: string, value: string | number): string {
  return `${name}=${String(value).replace(/[\0-\x1f\x7f]+/g, ' ')}`;
}

/** Tells a service manager, in order, and never holds up who tells. */
export class Notifier {
  readonly #sender: DatagramSender;
  readonly #report: (problem: string) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #hasFailed = false;

  /** `report` hears, once, in one sentence, why it could not be told. Throws where the socket can be none. */
  constructor(path: string, report: (problem: string) => void) {
    this.#sender = new DatagramSender(path);
    this.#report = report;
  }

  /** Resolves when it was told, or cannot be. */
  tell(values: Readonly<Record<string, string | number>>): Promise<void> {
    if (this.#waiting === WAITING_MAX) return this.#last;
    const text = Object.entries(values).map(([name, value]) => line(name, value));
    this.#waiting++;
    this.#last = this.#last.then(() => this.#send(text.join('\n')));
    return this.#last;
  }

  /** After what was told. */
  async close(): Promise<void> {
    await this.#last;
    this.#sender.close();
  }

  async #send(text: string): Promise<void> {
    try {
      await this.#sender.send(Buffer.from(text));
      this.#hasFailed = false;
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#report(
        `Cannot tell the service manager: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      this.#waiting--;
    }
  }
}

/** Messages that may wait for a service manager that takes none; beyond, they are not told. */
const WAITING_MAX = 64;
