/**
 * Escapes that stand for one byte, inside and outside of brackets.
 */
import { PatternError } from './syntax.ts';

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
  Z: '"\\Z" (use "$" or "\\z")',
  G: '"\\G"',
  K: '"\\K"',
  R: '"\\R"',
  X: '"\\X"',
  N: '"\\N"',
  C: '"\\C"',
  Q: '"\\Q"',
  E: '"\\E"',
  p: 'Unicode property "\\p"',
  P: 'Unicode property "\\P"',
  g: 'backreference "\\g"',
  k: 'backreference "\\k"',
  c: 'control escape "\\c"',
  u: '"\\u"',
};

/**
 * Reads the escape at the reader (its backslash) and answers its byte. Octal needs a leading zero: `\12` would be a
 * backreference or a byte depending on how many groups there are, and that is refused.
 */
export function readByteEscape(reader: { readonly text: string; index: number }): number {
  const start = reader.index;
  const letter = reader.text[start + 1];
  if (letter === undefined) throw new PatternError('pattern-syntax', start, '"\\" escapes nothing');
  const rest = reader.text.slice(start, start + 12);
  if (letter === 'x') return readHex(reader, rest);
  if (letter === '0') return take(reader, /^\\0[0-7]{0,2}/.exec(rest)?.[0] ?? '\\0', 8);
  reader.index += 2;
  const control = CONTROL_ESCAPES[letter];
  if (control !== undefined) return control;
  if (/[1-9]/.test(letter)) {
    throw new PatternError('pattern-unsupported', start, `backreference "\\${letter}" is not supported`);
  }
  const name = UNSUPPORTED_ESCAPES[letter];
  if (name !== undefined) throw new PatternError('pattern-unsupported', start, `${name} is not supported`);
  if (/[A-Za-z]/.test(letter)) {
    throw new PatternError('pattern-syntax', start, `escape "\\${letter}" is not known`);
  }
  return letter.charCodeAt(0);
}

function readHex(reader: { readonly text: string; index: number }, rest: string): number {
  const braced = /^\\x\{([0-9a-fA-F]{1,6})\}/.exec(rest);
  if (braced !== null) {
    const value = parseInt(braced[1] ?? '', 16);
    if (value > 255) {
      throw new PatternError(
        'pattern-unsupported',
        reader.index,
        `"${braced[0]}" is no byte and is not supported`,
      );
    }
    reader.index += braced[0].length;
    return value;
  }
  const plain = /^\\x[0-9a-fA-F]{2}/.exec(rest);
  if (plain === null)
    throw new PatternError('pattern-syntax', reader.index, '"\\x" needs two hexadecimal digits');
  return take(reader, plain[0], 16);
}

function take(reader: { index: number }, escape: string, base: number): number {
  reader.index += escape.length;
  return parseInt(escape.slice(2) === '' ? '0' : base === 8 ? escape.slice(1) : escape.slice(2), base);
}
