/** What `run` and `demo` share: starting with an explanation of what fails, and stopping by signal. */
import { now } from '../base/clock.ts';
import { Application } from '../runtime/application.ts';
import type { Prepared } from '../runtime/application.ts';
import { packageVersion } from './version.ts';

/** The running application, or undefined after one clear line on standard error. `seed` is for the built-in decoys. */
export async function startOrExplain(
  prepared: Prepared,
  path: string,
  seed: string,
): Promise<Application | undefined> {
  try {
    return await Application.start(prepared, {
      path,
      isTerminal: process.stdout.isTTY,
      writeLog: (line) => process.stderr.write(line),
      seed,
      version: packageVersion(),
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

/** Signals within this time are one: npm and a terminal both pass on the same Ctrl-C. */
const SAME_SIGNAL_MS = 300;

/**
 * Runs until SIGTERM or SIGINT, then lets exchanges in flight end; a second signal ends it at once. SIGUSR1 opens the
 * access log anew, as after a rotation. Ends the process.
 */
export async function runUntilSignal(application: Application, graceMs: number): Promise<never> {
  // Whoever read standard error may be gone: that costs the log, not the proxy.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('SIGUSR1', () => application.reopenLogs());
  // Nothing hears it yet: without this, closing the terminal or a reload by habit would end the proxy.
  process.on('SIGHUP', () => application.log.warn('SIGHUP is ignored: this version cannot reload'));
  const signal = await stopSignal(() => true);
  application.log.info('Stopping', { signal, graceMs });
  const stoppingSince = now();
  const isImpatient = stopSignal(() => now() - stoppingSince >= SAME_SIGNAL_MS).then(() => 'now' as const);
  const stopped = application.stop(graceMs).then(() => 'stopped' as const);
  if ((await Promise.race([stopped, isImpatient])) === 'now') await application.stop(0);
  // Whatever else were still open must not keep the process: the listeners are closed and the log is written.
  process.exit(0);
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
