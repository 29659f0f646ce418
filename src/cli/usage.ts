/** The list of commands. */
import type { Command } from './command.ts';

export function printUsage(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  return `Usage: sallyport COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\nsallyport COMMAND --help says more about one.\n`;
}
