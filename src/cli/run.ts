/** `sallyport run`: the proxy, until it is told to stop. */
import { prepare, STOP_GRACE_MS } from '../runtime/application.ts';
import { runUntilSignal, startOrExplain } from './running.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG } from './config-path.ts';

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
    const application = await startOrExplain(preparation.prepared, path);
    if (application === undefined) return 1;
    const running = runUntilSignal(application, STOP_GRACE_MS);
    // Signals are heard before anybody is told that it runs.
    for (const { listener, host, port } of application.plane.bound) {
      application.log.info('Listening', { listener, address: host, port });
    }
    return await running;
  },
};
