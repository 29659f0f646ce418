/** `sallyport run`: the proxy, until it is told to stop. */
import { dirname, join, resolve } from 'node:path';
import { loadConfigText } from '../config/load.ts';
import { installationSeed } from '../runtime/installation-seed.ts';
import { takeHanded } from '../runtime/service-manager.ts';
import { runUntilSignal, startOrExplain } from './running.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG, STATE_FOLDER } from './config-path.ts';

export const run: Command = {
  name: 'run',
  summary: 'Run the proxy',
  isServing: true,
  usage: 'sallyport run [-c FILE]',
  run: async (args) => {
    const found = readOptions(args, { config: { type: 'string', short: 'c' } });
    const path = found.text('config') ?? DEFAULT_CONFIG;
    const { pid, ppid: parentPid } = process;
    const handed = takeHanded(process.env, { pid, parentPid });
    const supervisor = await startOrExplain(
      { path, load: () => loadConfigText(path), environment: process.env },
      () => seedBeside(path),
      handed,
    );
    if (supervisor === undefined) return 1;
    const running = runUntilSignal(supervisor, supervisor.stopGraceMs);
    // Signals are heard before anybody is told that it runs.
    for (const { listener, host, port } of supervisor.bound) {
      supervisor.log.info('Listening', { listener, address: host, port });
    }
    supervisor.announce();
    return await running;
  },
};

/** Only some configurations need a seed; it is kept where a service manager says, or beside the configuration. */
function seedBeside(path: string): string {
  const [given = ''] = (process.env['STATE_DIRECTORY'] ?? '').split(':');
  const folder = given === '' ? join(dirname(resolve(path)), STATE_FOLDER) : given;
  return installationSeed(folder, (text) => process.stderr.write(`${text}\n`));
}
