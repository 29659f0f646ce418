/**
 * Runs wrk: a fixed number of connections, each with one request at a time, for a fixed time.
 */
import { join } from 'node:path';

import { lastWords, type Processes } from '../machine/process.ts';
import { ask, findProgram } from '../machine/programs.ts';

/** What to send. */
export interface Traffic {
  readonly path: string;
  readonly connections: number;
  readonly browserHead?: true;
  /** One connection per request. */
  readonly close?: true;
  readonly bodyBytes?: number;
  /** Another cookie in each request. */
  readonly varied?: true;
}

export interface WrkResult {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Failed connections, reads and writes, answers other than 2xx and 3xx, and timeouts, by kind. */
  readonly errors: Readonly<Record<string, number>>;
}

const SCRIPT = join(import.meta.dirname, 'wrk.lua');
/** No answer for so long counts as an error: far above what any workload needs. */
const TIMEOUT = '10s';

export function wrkVersion(): string | undefined {
  const command = findProgram('wrk');
  return command === undefined ? undefined : (/^wrk (\S+)/m.exec(ask(command, ['-v']))?.[1] ?? 'unknown');
}

/** Sends `traffic` to 127.0.0.1:`port` for `seconds`. */
export async function runWrk(
  processes: Processes,
  cpu: number | undefined,
  port: number,
  traffic: Traffic,
  seconds: number,
): Promise<WrkResult> {
  const args = ['-t1', `-c${traffic.connections}`, `-d${seconds}s`, '--timeout', TIMEOUT, '-s', SCRIPT];
  args.push(`http://127.0.0.1:${port}${traffic.path}`, '--', ...scriptArguments(traffic));
  const running = processes.start({ name: 'wrk', command: findProgram('wrk') ?? 'wrk', args }, cpu);
  await running.ended;
  const result = parseWrk(running.stdout());
  if (result === undefined) throw new Error(`Cannot read what wrk reports: ${lastWords(running)}`);
  return result;
}

/** The JSON line that wrk.lua writes at the end; undefined when there is none. Exported for its test. */
export function parseWrk(stdout: string): WrkResult | undefined {
  const line = stdout.split('\n').find((text) => text.startsWith('{"requests":'));
  // Written by our own script in this shape.
  return line === undefined ? undefined : (JSON.parse(line) as WrkResult);
}

function scriptArguments(traffic: Traffic): string[] {
  const args: string[] = [];
  if (traffic.browserHead) args.push('head=browser');
  if (traffic.close) args.push('close');
  if (traffic.varied) args.push('varied');
  if (traffic.bodyBytes !== undefined) args.push(`body=${traffic.bodyBytes}`);
  return args;
}
