/** Reads command line arguments. */
import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';

/** What was typed cannot be understood. The message is for people; the command's usage is printed below it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Arguments {
  /** Values of options that take one; undefined when they were not given. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
  readonly positionals: readonly string[];
}

/** Options as node:util.parseArgs describes them. Anything else is a UsageError. */
export function readArguments(args: readonly string[], options: ParseArgsOptionsConfig): Arguments {
  let parsed: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read the command line: ${message.replace(/[^\x20-\x7e]/g, '?')}`);
  }
  return {
    text: (name) => {
      const value = parsed.values[name];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => parsed.values[name] === true,
    positionals: parsed.positionals,
  };
}

/** The one positional argument that a command needs. */
export function onePositional(found: Arguments, what: string): string {
  const [value, ...more] = found.positionals;
  if (value === undefined) throw new UsageError(`Cannot run: ${what} is missing`);
  if (more.length > 0) throw new UsageError(`Cannot run: there is more than one ${what}`);
  return value;
}
