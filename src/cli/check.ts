/** `sallyport check`: reads a configuration and its rules, and says everything that is wrong with them. */
import { printable } from '../config/diagnostic.ts';
import { prepare } from '../runtime/prepare.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG } from './config-path.ts';
import { countRules, ruleCountsText } from './rule-counts.ts';
import { counted } from './table.ts';

export const check: Command = {
  name: 'check',
  summary: 'Check a configuration and its rules',
  usage:
    'sallyport check [-c FILE] [--all]\n\n' +
    '  --all  tells all that is wrong with rules, and all rules that are not run: without it, a hundred lines and twenty\n' +
    '         ids in each',
  run: async (args) => {
    const found = readOptions(args, { config: { type: 'string', short: 'c' }, all: { type: 'boolean' } });
    const path = found.text('config') ?? DEFAULT_CONFIG;
    const name = printable(path);
    const preparation = await prepare(path, process.env, found.flag('all'));
    if (preparation.kind === 'bad') {
      for (const problem of preparation.problems) process.stderr.write(`${problem}\n`);
      process.stderr.write(`${name}: ${counted(preparation.count, 'mistake')}\n`);
      return 1;
    }
    const { config, inspections, warnings } = preparation.prepared;
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    const count = (section: object, one: string): string => counted(Object.keys(section).length, one);
    process.stdout.write(
      `${name}: good (${count(config.listeners, 'listener')}, ${count(config.routes, 'route')}, ` +
        `${count(config.pools, 'pool')}, ${count(config.decoys, 'decoy')}, ${counted(countRules(inspections), 'rule')})\n`,
    );
    process.stdout.write(ruleCountsText(inspections));
    return 0;
  },
};
