/**
 * The kind of workload that sends requests of the traffic that is inspected, each checked at its answer.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { lastWords, type Processes } from '../machine/process.ts';
import type { Visits } from '../traffic/samples.ts';
import type { Bench, Figures, Target, Workload } from '../workload.ts';
import { figuresOf, measureUsage } from './http-load.ts';
import { writeReplayFile } from './replay-file.ts';

/** What to send, and how hard. */
export interface Replay {
  readonly visits: () => Visits;
  readonly connections: number;
  /** In one measurement, which also ends when its time is over. */
  readonly requestsMax: number;
  /** Before it is measured for the first time, where that is longer than usual. */
  readonly warmUpSeconds?: number;
}

export interface ReplayResult {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: Readonly<Record<string, number>>;
  /** The first of the answers that were wrong, in words. */
  readonly wrong: readonly string[];
}

const SCRIPT = join(import.meta.dirname, 'replay.ts');

/** `warmUp` and `measure` of a workload. The file with the requests is made when it is first needed. */
export function replaying(replay: Replay): Pick<Workload, 'warmUp' | 'measure'> {
  const name = `replay-${randomBytes(8).toString('hex')}.json`;
  const run = (bench: Bench, target: Target, seconds: number): Promise<ReplayResult> => {
    const file = join(bench.folder, name);
    if (!existsSync(file)) writeReplayFile(file, replay.visits());
    const { processes, cores } = bench;
    return runReplay(processes, cores.load, target.port, replay, file, seconds);
  };
  return {
    // Rules have more code than proxying has, and a mix comes by all of it only in a while.
    warmUp: (bench, target, seconds) => run(bench, target, replay.warmUpSeconds ?? 2 * seconds),
    measure: async (bench, target): Promise<Figures> => {
      const { result, usage } = await measureUsage(bench, target, () => run(bench, target, bench.seconds));
      return figuresOf(result, usage, result.requests);
    },
  };
}

/** Throws when an answer was wrong: a peer that lets attacks through, or denies what is harmless, is not measured. */
export async function runReplay(
  processes: Processes,
  cpu: number | undefined,
  port: number,
  { connections, requestsMax }: Pick<Replay, 'connections' | 'requestsMax'>,
  file: string,
  seconds: number,
): Promise<ReplayResult> {
  const args = [SCRIPT, ...[port, connections, seconds, requestsMax].map(String), file];
  const running = processes.start({ name: 'replay', command: process.execPath, args }, cpu);
  await running.ended;
  const result = parseReplay(running.stdout());
  if (result === undefined) throw new Error(`Cannot read what the replay reports: ${lastWords(running)}`);
  const { wrong } = result.errors;
  if (wrong !== undefined && wrong > 0) {
    throw new Error(`${wrong} of ${result.requests} answers were wrong: ${result.wrong.join('; ')}`);
  }
  return result;
}

/** The line of JSON that replay.ts writes at the end; undefined when there is none. Exported for its test. */
export function parseReplay(stdout: string): ReplayResult | undefined {
  const line = stdout.split('\n').find((text) => text.startsWith('{"requests":'));
  // Written by our own program in this shape.
  return line === undefined ? undefined : (JSON.parse(line) as ReplayResult);
}
