/**
 * The arguments of an option: parts between commas, numbers, names of variables, quotes.
 */
import { OptionError, quotedText } from './mistake.ts';
import type { Amount } from './rule.ts';

export interface Argument {
  readonly text: string;
  /** Behind the beginning of the option's value. */
  readonly index: number;
}

/** The parts between commas that stand outside of quotes, without white space around them. */
export function splitArguments(value: string): readonly Argument[] {
  const parts: Argument[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at <= value.length; at++) {
    const character = value[at];
    if (character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === undefined || (character === ',' && !isQuoted)) {
      parts.push(trimmed(value, start, Math.min(at, value.length)));
      start = at + 1;
    }
  }
  // A value that ends in a lone backslash has jumped over its end.
  if (start <= value.length && parts.length === 0) parts.push(trimmed(value, start, value.length));
  return parts;
}

function trimmed(value: string, start: number, end: number): Argument {
  const text = value.slice(start, end);
  return { text: text.trim(), index: start + text.length - text.trimStart().length };
}

/** `track by_src` as its name and the rest: `['track', 'by_src']`. */
export function wordAndRest(text: string): readonly [string, string] {
  const [word = '', ...rest] = text.split(/[\s:]+/);
  return [word.toLowerCase(), rest.join(' ')];
}

/** A whole number, decimal or hexadecimal with `0x`, in the range; throws otherwise. */
export function readInteger(text: string, what: string, min: number, max: number, index = 0): number {
  const isNumber = /^[+-]?(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text);
  const value = isNumber ? signed(text) : NaN;
  if (!(value >= min && value <= max)) {
    const because = `Cannot read ${what} ${quotedText(text)}: a whole number from ${min} to ${max} is needed`;
    throw new OptionError(because, 'option-argument', index);
  }
  return value;
}

function signed(text: string): number {
  const digits = text.replace(/^[+-]/, '');
  return text.startsWith('-') ? -Number(digits) : Number(digits);
}

/** A number, or the name of a variable that an option before this one sets. */
export function readAmount(
  text: string,
  what: string,
  range: readonly [min: number, max: number],
  variables: ReadonlySet<string>,
  index = 0,
): Amount {
  if (!/^[A-Za-z_][\w.-]*$/.test(text)) return readInteger(text, what, range[0], range[1], index);
  if (variables.has(text)) return text;
  const because = `Cannot read ${what} ${quotedText(text)}: no byte_extract or byte_math before it sets it`;
  throw new OptionError(because, 'variable-unknown', index);
}

/** Text in double quotes without them; other text as it is. */
export function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** As `unquoted`, and `\"`, `\;`, `\\`, `\:` as the character that is escaped. */
export function plainText(text: string): string {
  return unquoted(text).replace(/\\([";:\\,()])/g, '$1');
}
