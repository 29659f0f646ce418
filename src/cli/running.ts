/** What `run` and `demo` share: starting with an explanation of what fails, and stopping by signal. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { Application } from '../runtime/application.ts';
import type { Prepared } from '../runtime/application.ts';
import { packageVersion } from './version.ts';

/** The running application, or undefined after one clear line on standard error. */
export async function startOrExplain(prepared: Prepared, path: string): Promise<Application | undefined> {
  try {
    return await Application.start(prepared, {
      path,
      isTerminal: process.stdout.isTTY,
      writeLog: (line) => process.stderr.write(line),
      seed: installationSeed(),
      version: packageVersion(),
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

/**
 * Runs until SIGTERM or SIGINT, then lets exchanges in flight end; a second signal ends it at once. SIGUSR1 opens the
 * access log anew, as after a rotation. Resolves with the exit code.
 */
export async function runUntilSignal(application: Application, graceMs: number): Promise<number> {
  process.on('SIGUSR1', () => application.reopenLogs());
  // Nothing hears it yet: without this, closing the terminal or a reload by habit would end the proxy.
  process.on('SIGHUP', () => application.log.warn('SIGHUP is ignored: this version cannot reload'));
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  application.log.info('Stopping', { signal, graceMs });
  const isImpatient = new Promise<'now'>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve('now'));
  });
  const stopped = application.stop(graceMs).then(() => 'stopped' as const);
  if ((await Promise.race([stopped, isImpatient])) === 'now') await application.stop(0);
  // Whatever else were still open must not keep the process: the listeners are closed and the log is written.
  process.exit(0);
}

/** The same for each start on a host, so that the built-in decoy tells an attacker who comes back the same lies. */
function installationSeed(): string {
  return createHash('sha256').update(`sallyport ${hostname()}`).digest('hex');
}
