/** Reads command line arguments. */
import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import { printable, quote } from '../config/diagnostic.ts';

/** What was typed cannot be understood. The message is for people; the command's usage is printed below it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Arguments {
  /** Values of options that take one; undefined when they were not given. */
  text(name: string): string | undefined;
  /** Values of an option that may be given several times. */
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  readonly positionals: readonly string[];
}

/** Options alone. A forgotten `-c` must not end in the default configuration being taken for the one that was named. */
export function readOptions(args: readonly string[], options: ParseArgsOptionsConfig): Arguments {
  const found = readArguments(args, options);
  const [first] = found.positionals;
  if (first !== undefined) throw new UsageError(`Cannot run: ${quote(first)} is not expected`);
  return found;
}

/** Options as node:util.parseArgs describes them. Anything else is a UsageError. */
export function readArguments(args: readonly string[], options: ParseArgsOptionsConfig): Arguments {
  let parsed: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node.js goes on with advice about positional arguments, which is of no use here.
    const message = (error instanceof Error ? error.message : String(error)).split('. To specify')[0] ?? '';
    throw new UsageError(`Cannot read the command line: ${printable(message)}`);
  }
  return {
    text: (name) => {
      const value = parsed.values[name];
      return typeof value === 'string' ? value : undefined;
    },
    texts: (name) => {
      const value = parsed.values[name];
      return Array.isArray(value) ? value.map(String) : [];
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
