/**
 * The command line: finds the command, runs it, and is the only place that ends the process.
 */
import { watchOutput } from './closed-output.ts';
import { commands } from './commands.ts';
import { printUsage } from './usage.ts';
import { CommandError } from './admin-socket.ts';
import { UsageError } from './arguments.ts';
import { printable, quote } from '../config/diagnostic.ts';

const [name = '', ...args] = process.argv.slice(2);
process.exitCode = await main(name, args);

async function main(command: string, rest: readonly string[]): Promise<number> {
  const found = commands.find((candidate) => candidate.name === command);
  watchOutput(found?.isServing === true);
  if (command === '' || command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(printUsage(commands));
    return command === '' ? 1 : 0;
  }
  if (found === undefined) {
    process.stderr.write(`Cannot run ${quote(command)}: it is not a command\n\n${printUsage(commands)}`);
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
      process.stderr.write(`${printableLines(error.message)}\n`);
      return 1;
    }
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${found.usage}\n`);
    return 1;
  }
}

/** Of several lines: what the admin API says may quote what it was asked. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
