/**
 * Escapes that stand for one byte, inside and outside of brackets, and those that refer to a group.
 */
import { groupNumber, referenceNode } from './reader.ts';
import type { Flags, Reader } from './reader.ts';
import { syntaxError, unsupportedError } from './syntax.ts';
import type { PatternNode } from './syntax.ts';

const CONTROL_ESCAPES: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  f: 0x0c,
  a: 0x07,
  e: 0x1b,
};

/** Escapes of PCRE that exist and cannot be run here; what they are called, for the message. */
const UNSUPPORTED_ESCAPES: Readonly<Record<string, string>> = {
  X: '"\\X"',
  p: 'Unicode property "\\p"',
  P: 'Unicode property "\\P"',
  g: 'subroutine call "\\g"',
  u: '"\\u"',
  L: '"\\L"',
  l: '"\\l"',
  U: '"\\U"',
};

/** Where an escape is written, for readByteEscape. */
interface Place {
  readonly text: string;
  index: number;
}

/**
 * Reads the escape at the reader (its backslash) and answers its byte. `\1` to `\9` are references outside of brackets
 * and were read before (readReference); what is left of digits is octal, as in PCRE.
 */
export function readByteEscape(reader: Place, isInBracket: boolean): number {
  const start = reader.index;
  const letter = reader.text[start + 1];
  if (letter === undefined) throw syntaxError(start, '"\\" escapes nothing');
  const rest = reader.text.slice(start, start + 16);
  if (letter === 'x')
    return readNumber(reader, rest, /^\\x(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{0,2}))/, 16);
  if (letter === 'o') return readNumber(reader, rest, /^\\o\{([0-7]{1,8})\}/, 8);
  if (letter >= '0' && letter <= '7') return readNumber(reader, rest, /^\\([0-7]{1,3})/, 8);
  if (letter === 'c') return readControl(reader, rest);
  reader.index += 2;
  const control = CONTROL_ESCAPES[letter];
  if (control !== undefined) return control;
  const name = UNSUPPORTED_ESCAPES[letter];
  if (name !== undefined) throw unsupportedError(start, name);
  if (/[A-Za-z]/.test(letter)) {
    throw syntaxError(start, `escape "\\${letter}" is not known${isInBracket ? ' in a class' : ''}`);
  }
  return letter.charCodeAt(0);
}

function readNumber(reader: Place, rest: string, form: RegExp, base: number): number {
  const found = form.exec(rest);
  if (found === null) throw syntaxError(reader.index, `"${rest.slice(0, 3)}" is not a number`);
  const digits = found[1] ?? found[2] ?? '';
  // "\x" without digits is NUL, as in PCRE.
  const value = digits === '' ? 0 : parseInt(digits, base);
  if (value > 255) throw unsupportedError(reader.index, `"${found[0]}" is no byte and`);
  reader.index += found[0].length;
  return value;
}

/** `\cA`: the control character of a letter; for other characters bit 6 is turned over, as in PCRE. */
function readControl(reader: Place, rest: string): number {
  const byte = rest.charCodeAt(2);
  if (!(byte >= 0x20 && byte <= 0x7e)) throw syntaxError(reader.index, '"\\c" needs a printable character');
  reader.index += 3;
  return (byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte) ^ 0x40;
}

/** How the reference at the reader is made, read past; undefined when the escape there is none. */
export function readReference(reader: Reader): ((flags: Flags) => PatternNode) | undefined {
  const start = reader.index;
  const letter = reader.text[start + 1] ?? '';
  if (letter !== 'g' && letter !== 'k' && !(letter >= '1' && letter <= '9')) return undefined;
  const rest = reader.text.slice(start, start + 48);
  const form =
    /^\\g(?:\{([+-]?\d{1,5})\}|([+-]?\d{1,5}))/.exec(rest) ??
    /^\\(?:g\{(\w{1,32})\}|k(?:\{(\w{1,32})\}|<(\w{1,32})>|'(\w{1,32})'))/.exec(rest) ??
    (letter === 'g' ? null : /^\\([1-9]\d{0,4})/.exec(rest));
  if (form === null) {
    if (letter === 'k') throw syntaxError(start, '"\\k" needs the name of a group');
    return undefined;
  }
  // Of the ways to write it only one took part.
  const found: readonly (string | undefined)[] = form.slice(1);
  const text = found.find((part) => part !== undefined) ?? '';
  const isNumber = /^[+-]?\d+$/.test(text);
  const wanted = isNumber ? groupNumber(reader, text) : text;
  // "\12" is a byte unless there are so many groups.
  if (letter >= '1' && letter <= '9' && Number(text) > 9 && Number(text) > groupCount(reader.text)) {
    return undefined;
  }
  reader.index += form[0].length;
  return (flags) => referenceNode(reader, wanted, flags, start);
}

/** How many capturing groups the whole pattern has: what stands in brackets or is escaped opens none. */
function groupCount(text: string): number {
  let count = 0;
  for (const [piece] of text.matchAll(/\\[^]|\[\^?\]?(?:\\[^]|[^\]\\])*\]|\((?!\?(?!P?<[A-Za-z_]|'))/g)) {
    if (piece.startsWith('(')) count++;
  }
  return count;
}
