/** Sallyport as a process in a host of a topology, with its log. */
import type { Buffer } from 'node:buffer';
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Host } from '../support/topology.ts';
import { pause, until } from '../support/wire.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** As for all commands of tests: they start in half the time. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/sallyport', import.meta.url));
/** How long it may take to listen, on a machine that is busy with other tests. */
const START_MS = 60_000;

/** What a line of the access log says. */
export type Line = Readonly<Record<string, unknown>>;

export interface Sallyport {
  readonly process: ChildProcess;
  /** What it said on standard error. */
  readonly said: () => string;
  /** Lines of its access log. */
  readonly lines: () => Line[];
  /** The line number `index`, once it is there. */
  readonly line: (index: number) => Promise<Line>;
}

/** `sallyport run` with this configuration, once it listens. Its log is added to it. */
export async function runIn(
  t: TestContext,
  host: Host,
  yaml: string,
  access: 'json' | 'off' = 'json',
  workers = 1,
): Promise<Sallyport> {
  const folder = makeFolder(t);
  const file = join(folder, 'sallyport.yaml');
  const admin = join(folder, 'admin.sock');
  writeFileSync(
    file,
    `${yaml}\nlog: { access: ${access} }\nadmin: { socket: ${admin} }\nruntime: { workers: ${workers} }\n`,
  );
  return start(t, host, ['run', '-c', file]);
}

/** A command that goes on, once it listens; its access log goes to standard output. */
export async function start(t: TestContext, host: Host, words: readonly string[]): Promise<Sallyport> {
  const child = host.spawn(process.execPath, [MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  let log = '';
  child.stdout?.on('data', (bytes: Buffer) => (log += bytes.toString('latin1')));
  child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
  const waitUntil = performance.now() + START_MS;
  while (!said.includes('Listening')) {
    assert(child.exitCode === null && performance.now() < waitUntil, `it does not listen: ${said}`);
    await pause(20);
  }
  const lines = (): Line[] =>
    log
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  return {
    process: child,
    said: () => said,
    lines,
    line: async (index) => {
      await until(`line ${index} is logged`, () => lines().length > index);
      const line = lines()[index];
      assert(line !== undefined);
      return line;
    },
  };
}

export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-network-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
