/**
 * Starts the programs of a bench run, each pinned to one core, and promises that none of them outlives it.
 *
 * Each program leads a process group of its own, so that stopping it also stops its children (nginx has workers). The
 * `exit` handler is the last line: whatever ends this process, short of SIGKILL, ends all groups.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { canConnect } from './ports.ts';

/** What to start. `stdoutFile` is appended to; without it, stdout is kept for `stdout()`. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly stdoutFile?: string;
}

/** A started program. */
export interface Running {
  readonly name: string;
  /** Also the id of its process group. */
  readonly pid: number;
  /** Resolves with the exit code, or with the signal's name, once it has ended. */
  readonly ended: Promise<number | string>;
  hasEnded(): boolean;
  /** What it wrote so far, the first OUTPUT_BYTES_MAX bytes. */
  stdout(): string;
  stderr(): string;
  /** Closes its standard input, which tells the load generators of this bench to finish. */
  finish(): void;
  /** SIGTERM to the group, SIGKILL after STOP_MS. */
  stop(): Promise<void>;
}

const OUTPUT_BYTES_MAX = 65_536;
/** A proxy that drains politely would wait for our idle connections: two seconds are enough for everybody here. */
const STOP_MS = 2_000;
const START_MS = 15_000;
const POLL_MS = 20;

/** All programs of a run. Made once; `stopAll` at the end of it. */
export class Processes {
  readonly #running = new Set<Running>();

  constructor() {
    process.on('exit', () => this.#killAll());
  }

  /** Starts `program` on the CPU `cpu`, or anywhere when `cpu` is undefined. */
  start(program: Program, cpu: number | undefined): Running {
    const argv = [program.command, ...program.args];
    if (cpu !== undefined) argv.unshift('taskset', '-c', String(cpu));
    const stdout = program.stdoutFile === undefined ? ('pipe' as const) : openSync(program.stdoutFile, 'a');
    const child = spawn(argv[0]!, argv.slice(1), { detached: true, stdio: ['pipe', stdout, 'pipe'] });
    if (typeof stdout === 'number') closeSync(stdout);
    const running = watch(program.name, child);
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  /** Starts a server and waits until it accepts connections on `port`. */
  async startServer(program: Program, cpu: number | undefined, port: number): Promise<Running> {
    const running = this.start(program, cpu);
    const deadline = performance.now() + START_MS;
    while (!(await canConnect(port))) {
      if (running.hasEnded()) throw new Error(`Cannot start ${program.name}: ${lastWords(running)}`);
      if (performance.now() > deadline) {
        await running.stop();
        throw new Error(`Cannot start ${program.name}: no answer on port ${port} after ${START_MS} ms`);
      }
      await sleep(POLL_MS);
    }
    return running;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop()));
  }

  #killAll(): void {
    for (const running of this.#running) signalGroup(running.pid, 'SIGKILL');
  }
}

function watch(name: string, child: ChildProcess): Running {
  const stdout = keepOutput(child.stdout);
  const stderr = keepOutput(child.stderr);
  // A program that ended before it read its input is reported by `ended`, not by an EPIPE here.
  child.stdin?.on('error', () => {});
  let hasEnded = false;
  const ended = new Promise<number | string>((resolve) => {
    const settle = (how: number | string): void => {
      hasEnded = true;
      resolve(how);
    };
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(code ?? signal ?? 'unknown'));
  });
  // Without a pid the program was not found; `ended` says so, and group 0 must never be signalled: it is ours.
  const pid = child.pid ?? -1;
  const running: Running = {
    name,
    pid,
    ended,
    hasEnded: () => hasEnded,
    stdout,
    stderr,
    finish: () => child.stdin?.end(),
    stop: async () => {
      signalGroup(pid, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
      // The leader is gone; a child that ignored SIGTERM is not left behind.
      signalGroup(pid, 'SIGKILL');
    },
  };
  return running;
}

/** The first line of a program that speaks of an error, or its last ones: what a person needs to see of a failure. */
export function lastWords(running: Running): string {
  const lines = `${running.stdout()}\n${running.stderr()}`.split('\n').filter((line) => line.trim() !== '');
  const complaint = lines.find((line) => /error|alert|emerg|cannot/i.test(line));
  return complaint?.trim() ?? (lines.slice(-3).join(' | ') || 'it ended without a word');
}

function keepOutput(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (piece: string) => {
    if (text.length < OUTPUT_BYTES_MAX) text += piece.slice(0, OUTPUT_BYTES_MAX - text.length);
  });
  return () => text;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}
