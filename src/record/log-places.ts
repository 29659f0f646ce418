/** The places where the access log goes, as one sink: standard output, files, a syslog server. */
import { accessFormat } from './access-format.ts';
import { openDescriptor, openLogFile } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';
import type { LogOptions } from './options.ts';
import { QueuedSink } from './queued-sink.ts';
import { openSyslog } from './syslog-sink.ts';
import { openUnixSyslog } from './unix-syslog.ts';

export interface LogPlaces extends LineSink {
  /** Lines that were lost here: those of a write that failed are not, whoever wrote hears of them. */
  readonly dropped: number;
}

/** Opens every place, or none. Fails with a message for people. */
export async function openLogPlaces(
  options: LogOptions,
  isTerminal: boolean,
  report: (problem: string, to: string) => void,
): Promise<LogPlaces> {
  const sinks: LineSink[] = [];
  try {
    for (const to of options.to) sinks.push(await openPlace(options, to));
  } catch (error) {
    await Promise.all(sinks.map((sink) => sink.close()));
    throw error;
  }
  const [only] = sinks;
  if (sinks.length === 1 && only !== undefined) return onePlace(only);
  const format = accessFormat(options, isTerminal);
  return severalPlaces(
    sinks.map(
      (sink, index) => new QueuedSink(sink, format, (problem) => report(problem, options.to[index] ?? '')),
    ),
  );
}

/** Whoever writes waits for it, and hears what failed. */
function onePlace(sink: LineSink): LogPlaces {
  return {
    dropped: 0,
    write: (lines) => sink.write(lines),
    reopen: () => sink.reopen(),
    close: () => sink.close(),
  };
}

/** Each has its own queue: whoever writes waits for none of them. */
function severalPlaces(places: readonly QueuedSink[]): LogPlaces {
  return {
    get dropped() {
      return places.reduce((sum, place) => sum + place.dropped, 0);
    },
    write: (lines) => {
      // Whoever writes uses its bytes again.
      const copy = new Uint8Array(lines);
      for (const place of places) place.offer(copy);
      return Promise.resolve();
    },
    reopen: async () => {
      await Promise.all(places.map((place) => place.reopen()));
    },
    close: async () => {
      await Promise.all(places.map((place) => place.close()));
    },
  };
}

async function openPlace({ syslog }: LogOptions, to: string): Promise<LineSink> {
  if (to === 'stdout') return await openDescriptor(1);
  if (to !== 'syslog') return await openLogFile(to);
  return openSyslogPlace(syslog);
}

function openSyslogPlace({ address, path, transport, form, ...options }: LogOptions['syslog']): LineSink {
  const isUnix = transport === 'unix';
  const message = { ...options, form: form === 'auto' ? (isUnix ? 'local' : 'rfc5424') : form };
  if (transport === 'unix') return openUnixSyslog({ ...message, path });
  if (address === undefined) throw new Error('Cannot log to syslog: "log.syslog.address" is missing');
  return openSyslog({ ...message, host: address.address.text, port: address.port, transport });
}
