/**
 * The files that operators read lists from: one item a line, empty lines and lines whose first character is `#` left out.
 */
import { ArgumentError } from './operator.ts';
import type { OperatorContext } from './operator.ts';

/** Lines of all files of one operator. The longest list of the CRS has 2,200. */
const LINES_MAX = 1_000_000;

/** The lines of the files that `argument` names, separated by white space, in their order. */
export function dataLines(argument: string, context: OperatorContext): readonly string[] {
  const names = argument.split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) throw new ArgumentError('no file is named');
  const lines = names.flatMap((name) => linesOf(name, context));
  if (lines.length > LINES_MAX) throw new ArgumentError(`${lines.length} lines are more than ${LINES_MAX}`);
  return lines;
}

function linesOf(name: string, context: OperatorContext): readonly string[] {
  if (/^https?:/i.test(name))
    throw new ArgumentError(`"${name}" is not a file, and nothing is fetched from the network`);
  const lines = context.readFile(name).split(/\r?\n/);
  return lines.filter((line) => !/^\s*(?:#|$)/.test(line));
}
