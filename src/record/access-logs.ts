/** The access log in every place where it goes: one form, and for each place a queue of its own. */
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { AccessLog } from './access-log.ts';
import { combinedFormat } from './combined-format.ts';
import type { LogFormat } from './format.ts';
import { haproxyFormat } from './haproxy-format.ts';
import { jsonFormat } from './json-format.ts';
import { openDescriptor, openLogFile } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';
import type { LogOptions } from './options.ts';
import { openSyslog } from './syslog-sink.ts';
import { textFormat } from './text-format.ts';

export class AccessLogs {
  readonly #format: LogFormat;
  readonly #logs: readonly AccessLog[];

  constructor(format: LogFormat, logs: readonly AccessLog[]) {
    this.#format = format;
    this.#logs = logs;
  }

  /** Lines that were not written, over all places. */
  get dropped(): number {
    return this.#logs.reduce((sum, log) => sum + log.dropped, 0);
  }

  /** Takes the line of an exchange. Never waits and never throws. */
  record(record: ExchangeRecord): void {
    const line = this.#format.record(record);
    for (const log of this.#logs) log.recordLine(line);
  }

  /** Opens files anew, for log rotation, and connections too. */
  async reopen(): Promise<void> {
    await Promise.all(this.#logs.map((log) => log.reopen()));
  }

  /** Writes what is there, for a bounded time, and closes every place. */
  async close(): Promise<void> {
    await Promise.all(this.#logs.map((log) => log.close()));
  }
}

/** Opens every place, or none. Undefined when there is to be no access log. Fails with a message for people. */
export async function openAccessLogs(
  options: LogOptions,
  isTerminal: boolean,
  report: (problem: string, to: string) => void,
): Promise<AccessLogs | undefined> {
  if (options.access === 'off') return undefined;
  // Colours are for a terminal alone: where lines go elsewhere too, they would be in the way there.
  const format = formatOf(options.access, isTerminal, isTerminal && options.to.join() === 'stdout');
  const logs: AccessLog[] = [];
  try {
    for (const to of options.to) {
      const sink = await openSink(options, to);
      logs.push(new AccessLog(sink, format, { report: (problem) => report(problem, to) }));
    }
  } catch (error) {
    await Promise.all(logs.map((log) => log.close()));
    throw error;
  }
  return new AccessLogs(format, logs);
}

/** Whether lines are to be for people: they ask for it, or leave the choice and look at a terminal. */
export function wantsText(access: LogOptions['access'], isTerminal: boolean): boolean {
  return access === 'text' || (access === 'auto' && isTerminal);
}

function formatOf(access: LogOptions['access'], isTerminal: boolean, colour: boolean): LogFormat {
  if (wantsText(access, isTerminal)) return textFormat({ colour });
  if (access === 'combined') return combinedFormat();
  return access === 'haproxy' ? haproxyFormat() : jsonFormat();
}

async function openSink({ syslog }: LogOptions, to: string): Promise<LineSink> {
  if (to === 'stdout') return await openDescriptor(1);
  if (to !== 'syslog') return await openLogFile(to);
  const { address, transport, facility, name, lengthMax } = syslog;
  if (address === undefined) throw new Error('Cannot log to syslog: "log.syslog.address" is missing');
  return openSyslog({ host: address.address.text, port: address.port, transport, facility, name, lengthMax });
}
