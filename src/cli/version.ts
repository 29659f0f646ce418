/** `sallyport version`. */
import { readFileSync } from 'node:fs';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';

export const version: Command = {
  name: 'version',
  summary: 'Print the version',
  usage: 'sallyport version',
  run: (args) => {
    readOptions(args, {});
    process.stdout.write(`sallyport ${packageVersion()} (node ${process.versions.node})\n`);
    return Promise.resolve(0);
  },
};

/** The version in package.json, which stands two folders above, in the sources as in the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
  throw new Error('package.json has no version');
}
