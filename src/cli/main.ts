/**
 * The command line: finds the command, runs it, and is the only place that ends the process.
 */
import { commands } from './commands.ts';
import { printUsage } from './usage.ts';
import { CommandError } from './admin-socket.ts';
import { UsageError } from './arguments.ts';

const [name = '', ...args] = process.argv.slice(2);
process.exitCode = await main(name, args);

async function main(command: string, rest: readonly string[]): Promise<number> {
  if (command === '' || command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(printUsage(commands));
    return command === '' ? 1 : 0;
  }
  const found = commands.find((candidate) => candidate.name === command);
  if (found === undefined) {
    process.stderr.write(
      `Cannot run "${printable(command)}": it is not a command\n\n${printUsage(commands)}`,
    );
    return 1;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${found.usage}\n\n  ${found.summary}\n`);
    return 0;
  }
  try {
    return await found.run(rest);
  } catch (error) {
    if (error instanceof CommandError) {
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${found.usage}\n`);
    return 1;
  }
}

/** What came from the command line is shown without anything that a terminal would obey. */
function printable(text: string): string {
  return text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
}
