/** What the commands of this folder share: how they begin and end, and what they read and write. */
import { writeFileSync } from 'node:fs';
import { describeMachine } from './machine/facts.ts';

/** Runs a command to its end. A message for people is all that is shown of what goes wrong. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // The `exit` handler of Processes ends every program.
    process.once(signal, () => process.exit(130));
  }
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** A whole number from 1 to `max`. */
export function readCount(flag: string, text: string, max: number): number {
  const count = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > max)
    throw new Error(`Cannot read ${flag}: "${text}" is not a whole number from 1 to ${max}`);
  return count;
}

/** Writes figures into `file`, if there is one, with the time and the machine that they are of. */
export function writeFigures(file: string | undefined, figures: object): void {
  if (file === undefined) return;
  const head = { at: new Date().toISOString(), machine: describeMachine() };
  writeFileSync(file, `${JSON.stringify({ ...head, ...figures }, null, 2)}\n`);
}
