/**
 * Servers that are installed on the machine, started for one test: on free ports, in a folder of their own, in the
 * foreground, and killed with everything they left when the test ends.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ownPort } from '../support/own-port.ts';
import { findProgram } from '../support/program.ts';
import { pause } from '../support/wire.ts';

/** How long a daemon may take to listen. */
const START_MS = 60_000;
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export interface Daemon {
  /** By name, as the configuration asked for them. */
  readonly ports: Readonly<Record<string, number>>;
  /** Its folder, gone after the test. */
  readonly folder: string;
}

/** Packages of Debian. */
export type Package = 'haproxy' | 'nginx' | 'libnginx-mod-stream' | 'curl' | 'openssl';

/** Why a test cannot run here, or false. */
export function needs(...packages: readonly Package[]): string | false {
  const missing = packages.filter((name) => !isInstalled(name));
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

/** Why a test over IPv6 cannot run here, or false. */
export function needsIpv6(): string | false {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return addresses.some(({ address }) => address === '::1') ? false : 'this host has no ::1';
}

/** Starts HAProxy. `configuration` is all but global and timeouts; `@name` in it is the free port of that name. */
export function startHaproxy(t: TestContext, configuration: string): Promise<Daemon> {
  const whole = `global
    nbthread 1
    no strict-limits
defaults
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    timeout check 10s
${configuration}`;
  return start(t, 'haproxy', 'haproxy.cfg', whole, (file) => ['-db', '-f', file]);
}

/** Starts nginx with these blocks of `http` and `stream`; `@name` in them is the free port of that name. */
export function startNginx(
  t: TestContext,
  blocks: { readonly http?: string; readonly stream?: string },
): Promise<Daemon> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  const whole = `${blocks.stream !== undefined && existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : ''}
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events { worker_connections 512; }
${blocks.stream === undefined ? '' : `stream {\n${blocks.stream}\n}`}
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${blocks.http ?? ''}
}
`;
  return start(t, 'nginx', 'nginx.conf', whole, (file, folder) => [
    '-e',
    'error.log',
    '-p',
    folder,
    '-c',
    file,
  ]);
}

/** Runs a program to its end; never through a shell. */
export async function runProgram(
  name: string,
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly out: Buffer; readonly err: string }> {
  const program = findProgram(name);
  assert(program !== undefined, `${name} is not installed`);
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: Buffer.concat(out), err: Buffer.concat(err).toString('latin1') };
}

async function start(
  t: TestContext,
  name: string,
  fileName: string,
  configuration: string,
  options: (file: string, folder: string) => string[],
): Promise<Daemon> {
  const program = findProgram(name);
  assert(program !== undefined, `${name} is not installed`);
  const folder = mkdtempSync(join(tmpdir(), `sallyport-${name}-`));
  const stop = { child: undefined as ChildProcess | undefined };
  const onExit = (): void => {
    stop.child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  t.after(async () => {
    process.off('exit', onExit);
    await kill(stop.child);
    rmSync(folder, { recursive: true, force: true });
  });
  const { text, ports } = await fillPorts(configuration);
  const file = join(folder, fileName);
  writeFileSync(file, text);
  const child = spawn(program, options(file, folder), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  stop.child = child;
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (said = (said + bytes.toString('latin1')).slice(-4000)));
  assert(await listens(child, Object.values(ports)), `${name} did not start: ${said}`);
  return { ports, folder };
}

async function listens(child: ChildProcess, ports: readonly number[]): Promise<boolean> {
  const endAt = performance.now() + START_MS;
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (child.exitCode !== null || performance.now() > endAt) return false;
      await pause(20);
    }
  }
  return child.exitCode === null;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Puts a free port in place of each `@name`, the same wherever the name stands. */
async function fillPorts(
  configuration: string,
): Promise<{ readonly text: string; readonly ports: Record<string, number> }> {
  const ports: Record<string, number> = {};
  for (const [, name = ''] of configuration.matchAll(/@([a-z][a-z0-9]*)/g)) ports[name] ??= await ownPort();
  return {
    text: configuration.replace(/@([a-z][a-z0-9]*)/g, (_, name: string) => String(ports[name])),
    ports,
  };
}

function isInstalled(name: Package): boolean {
  if (name !== 'libnginx-mod-stream') return findProgram(name) !== undefined;
  const nginx = findProgram('nginx');
  if (nginx === undefined) return false;
  if (existsSync(STREAM_MODULE)) return true;
  return / --with-stream( |$)/.test(spawnSync(nginx, ['-V'], { encoding: 'latin1' }).stderr);
}
