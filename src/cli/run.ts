/** `sallyport run`: the proxy, until it is told to stop. */
import { dirname, join, resolve } from 'node:path';
import type { PoolOptions } from '../balance/options.ts';
import type { Config } from '../config/config.ts';
import { installationSeed } from '../runtime/installation-seed.ts';
import { prepare, STOP_GRACE_MS } from '../runtime/application.ts';
import { runUntilSignal, startOrExplain } from './running.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG, STATE_FOLDER } from './config-path.ts';

export const run: Command = {
  name: 'run',
  summary: 'Run the proxy',
  usage: 'sallyport run [-c FILE]',
  run: async (args) => {
    const found = readOptions(args, { config: { type: 'string', short: 'c' } });
    const path = found.text('config') ?? DEFAULT_CONFIG;
    const preparation = await prepare(path, process.env);
    if (preparation.kind === 'bad') {
      for (const problem of preparation.problems) process.stderr.write(`${problem}\n`);
      return 1;
    }
    for (const warning of preparation.prepared.warnings) process.stderr.write(`${warning}\n`);
    const application = await startOrExplain(
      preparation.prepared,
      path,
      seedFor(preparation.prepared.config, path),
    );
    if (application === undefined) return 1;
    const running = runUntilSignal(application, STOP_GRACE_MS);
    // Signals are heard before anybody is told that it runs.
    for (const { listener, host, port } of application.plane.bound) {
      application.log.info('Listening', { listener, address: host, port });
    }
    return await running;
  },
};

/** Only some configurations need a seed; it is kept beside the configuration. */
function seedFor(config: Config, path: string): string {
  const hasBuiltIn = Object.values(config.decoys).some((decoy) => Object.keys(decoy.servers).length === 0);
  if (!hasBuiltIn && ![...Object.values(config.pools), ...Object.values(config.decoys)].some(hidesServers))
    return '';
  const folder = join(dirname(resolve(path)), STATE_FOLDER);
  return installationSeed(folder, (text) => process.stderr.write(`${text}\n`));
}

/** True when cookies name servers by values that are made with a secret. */
function hidesServers({ persistence, servers }: PoolOptions): boolean {
  const isKeyed = persistence.by === 'cookie' && persistence.cookie.secret === undefined;
  return isKeyed && Object.values(servers).some(({ cookie }) => cookie === undefined);
}
