#!/usr/bin/env node
/**
 * Starts Sallyport on the Node.js that it needs.
 *
 * Plain JavaScript that any Node.js from version 20 on can run: when the Node.js that started it is too old, it hands
 * over to the one that was installed beside it by the `node-<platform>` package. In a checkout the TypeScript sources
 * run as they are, and a fresh one is made ready first; in the published package the compiled ones run.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MAJOR = 26;
const NODE_MINOR = 10;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src', 'cli', 'main.ts');
const isCheckout = existsSync(source);
const entry = isCheckout ? source : join(root, 'dist', 'cli', 'main.js');

if (isCheckout && !existsSync(join(root, 'node_modules', '.package-lock.json')))
  await import('../tools/setup.js');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > NODE_MAJOR || (major === NODE_MAJOR && minor >= NODE_MINOR)) {
  process.argv[1] = entry;
  // They may come before the command listens for them: SIGUSR1 of a rotation of logs, with which Node.js would open its
  // debugger to this machine, and SIGHUP for a configuration that has not been read yet.
  process.on('SIGUSR1', () => {});
  if (['run', 'demo', 'spoof'].includes(process.argv[2] ?? '')) process.on('SIGHUP', () => {});
  await import(pathToFileURL(entry).href);
} else {
  handOver(findRuntime());
}

/** The path of the `node` that npm installed for this platform, or undefined. */
function findRuntime() {
  const require = createRequire(import.meta.url);
  for (const name of [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ]) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node');
    } catch {
      // Not installed under this name: the next one, or the message in handOver.
    }
  }
  return undefined;
}

/** Runs the command line on `runtime`, passes signals on, and ends as it ends. */
function handOver(runtime) {
  if (runtime === undefined) {
    process.stderr.write(
      `Cannot start: Node.js ${NODE_MAJOR}.${NODE_MINOR} or newer is needed, this is ${process.versions.node}. ` +
        `Install it, or reinstall sallyport with optional dependencies.\n`,
    );
    process.exit(1);
  }
  // This file again, which then finds the Node.js that it needs.
  const argv = ['--disable-sigusr1', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const inherited = inheritedDescriptors();
  // Node.js closes what it inherited when it becomes another program, but for the first three.
  if (typeof process.execve === 'function' && inherited.length === 0)
    process.execve(runtime, [runtime, ...argv], process.env);
  const child = spawn(runtime, argv, {
    stdio: ['inherit', 'inherit', 'inherit', ...inherited],
    // What a service manager says to this process, it says to the other one.
    env: { ...process.env, SALLYPORT_LAUNCHER: String(process.pid) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`Cannot start ${runtime}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Sockets that a service manager handed to this process, from descriptor 3 on (sd_listen_fds(3)). */
function inheritedDescriptors() {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  const count =
    LISTEN_PID === String(process.pid) && /^[1-9][0-9]{0,3}$/.test(LISTEN_FDS ?? '') ? Number(LISTEN_FDS) : 0;
  return Array.from({ length: count }, (_, index) => 3 + index);
}
