/** What `run` and `demo` share: starting with an explanation of what fails, and stopping by signal. */
import { now } from '../base/clock.ts';
import type { ConfigSource } from '../runtime/config-source.ts';
import { settleHeap } from '../runtime/heap-settings.ts';
import type { Handed } from '../runtime/service-manager.ts';
import { Supervisor } from '../runtime/supervisor.ts';
import { packageVersion } from './version.ts';

/**
 * The running proxy, or undefined after saying on standard error what is wrong. `seed` is for the built-in decoys, `handed`
 * what comes from a service manager.
 */
export async function startOrExplain(
  source: ConfigSource,
  seed: () => string,
  handed?: Handed,
): Promise<Supervisor | undefined> {
  process.on('SIGHUP', onEarlyHangup);
  settleHeap();
  try {
    const start = await Supervisor.start({
      source,
      isTerminal: process.stdout.isTTY,
      writeLog: (line) => process.stderr.write(line),
      seed,
      version: packageVersion(),
      ...(handed === undefined ? {} : { handed }),
    });
    const texts = start.kind === 'ok' ? start.warnings : start.problems;
    for (const text of texts) process.stderr.write(`${text}\n`);
    return start.kind === 'ok' ? start.supervisor : undefined;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

/** A reload was asked for before there was anything to reload: what was read may have been the file of before. */
let isReloadWanted = false;

function onEarlyHangup(): void {
  isReloadWanted = true;
}

/** Signals within this time are one: npm and a terminal both pass on the same Ctrl-C. */
const SAME_SIGNAL_MS = 300;

/**
 * Runs until SIGTERM or SIGINT, then lets exchanges in flight end; a second signal ends it at once. SIGUSR1 opens the
 * access log anew, as after a rotation, and SIGHUP reloads the configuration. Ends the process.
 */
export async function runUntilSignal(supervisor: Supervisor, graceMs: number): Promise<never> {
  process.on('SIGUSR1', () => supervisor.reopenLogs());
  let told: Promise<unknown> | undefined;
  const onHangup = (): void => {
    const reload = supervisor.reload();
    // Several signals may ask for the same one.
    if (reload !== told) void tellOf(supervisor, reload);
    told = reload;
  };
  process.on('SIGHUP', onHangup);
  process.removeListener('SIGHUP', onEarlyHangup);
  if (isReloadWanted) onHangup();
  const signal = await Promise.race([stopSignal(() => true), endOf(supervisor)]);
  if (signal === undefined) process.exit(1);
  supervisor.log.info('Stopping', { signal, graceMs });
  const stoppingSince = now();
  const isImpatient = stopSignal(() => now() - stoppingSince >= SAME_SIGNAL_MS).then(() => 'now' as const);
  const stopped = supervisor.stop(graceMs).then(() => 'stopped' as const);
  if ((await Promise.race([stopped, isImpatient])) === 'now') await supervisor.stop(0);
  // Whatever else were still open must not keep the process: the listeners are closed and the log is written.
  process.exit(0);
}

async function tellOf(supervisor: Supervisor, reload: ReturnType<Supervisor['reload']>): Promise<void> {
  const reloaded = await reload;
  if (reloaded.kind === 'ok') {
    for (const text of reloaded.warnings) supervisor.log.warn(text);
    return;
  }
  supervisor.log.error('Cannot reload, nothing has changed', { why: reloaded.problems.join('\n') });
}

/** Resolves with the first SIGTERM or SIGINT that counts. Others do nothing, now and later. */
function stopSignal(counts: () => boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (counts()) resolve(name);
      });
    }
  });
}

/** Resolves when the proxy cannot go on by itself, after saying why: the service manager has to start it anew. */
async function endOf(supervisor: Supervisor): Promise<undefined> {
  try {
    return await supervisor.hopeless;
  } catch (error) {
    supervisor.log.error(error instanceof Error ? error.message : String(error));
    await supervisor.stop(0);
    return undefined;
  }
}
