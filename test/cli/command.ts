/**
 * The real command as a child process: what it prints, what it is told, how it ends. It ends with the test.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Node.js keeps what it made of the sources here: a command from the sources then starts in half the time. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/sallyport', import.meta.url));

/** No step of these tests comes near it, unless what it waits for never comes. */
const WAIT_MS = 60_000;
/** Everything that a command says. More is a mistake of its own. */
const OUTPUT_CHARS_MAX = 16 * 1024 * 1024;

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of Node.js with the command line in the sources: a program and its first arguments. */
  readonly program?: readonly string[];
  /** In a process group of its own, as a terminal starts it. */
  readonly ownGroup?: true;
  /** A program, with its first arguments, that runs the command. */
  readonly prefix?: readonly string[];
  /** Descriptors of this process that the command gets, from 3 on. */
  readonly descriptors?: readonly number[];
}

/** Runs a command to its end. */
export async function runCommand(
  t: TestContext,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  return await new Command(t, args, options).ended();
}

/** Starts a command that goes on. */
export class Command {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #what: string;
  readonly #ended: Promise<Ended>;
  #wake: () => void = () => {};
  #hasEnded = false;

  constructor(t: TestContext, args: readonly string[], options: CommandOptions = {}) {
    const all = [...(options.prefix ?? []), ...(options.program ?? [process.execPath, MAIN]), ...args];
    const [program = '', ...rest] = all;
    this.#what = args.join(' ');
    this.child = spawn(program, rest, {
      cwd: options.cwd ?? tmpdir(),
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.descriptors ?? [])],
      detached: options.ownGroup === true,
    });
    this.child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      if (this.stdout.length < OUTPUT_CHARS_MAX) this.stdout += text;
      this.#wake();
    });
    this.child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      if (this.stderr.length < OUTPUT_CHARS_MAX) this.stderr += text;
      this.#wake();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        this.#hasEnded = true;
        this.#wake();
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
    t.after(async () => {
      this.child.kill('SIGKILL');
      if (options.ownGroup === true) killGroup(this.child.pid);
      await this.#ended;
    });
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves when it has ended. */
  async ended(): Promise<Ended> {
    await this.#until('its end', () => this.#hasEnded);
    return await this.#ended;
  }

  /** Resolves with the first match in what it has printed, from the beginning. */
  async printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    await this.#until(
      `${pattern.source} in its ${stream}`,
      () => pattern.test(this[stream]) || this.#hasEnded,
    );
    const match = pattern.exec(this[stream]);
    assert(match !== null, `${this.#what} never printed ${pattern.source}: ${this.stdout}${this.stderr}`);
    return match;
  }

  /** Where a listener of `sallyport run` listens. */
  async port(listener: string): Promise<number> {
    const match = await this.printed(
      'stderr',
      new RegExp(`"listener":"${listener}","address":"[^"]*","port":([0-9]+)`),
    );
    return Number(match[1]);
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${this.#what}: waited in vain for ${what}\n${this.stdout}\n${this.stderr}`));
      }, WAIT_MS);
    });
    try {
      while (!isSo()) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, late]);
      }
    } finally {
      clearTimeout(timer);
      // Nobody waits for it any more.
      late.catch(() => {});
    }
  }
}

/** What the command started, too; it may have ended by itself. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A folder that ends with the test, with the files that `texts` names. */
export function makeFolder(
  t: TestContext,
  texts: Readonly<Record<string, string | Uint8Array>> = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
