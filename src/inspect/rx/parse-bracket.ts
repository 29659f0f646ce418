/**
 * Reads `[...]`: bytes, ranges, escapes and `[:posix:]` names.
 */
import { addAll, complementOf, ESCAPE_SETS, POSIX_SETS, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { readByteEscape } from './parse-escape.ts';
import { PatternError, syntaxError } from './syntax.ts';

export interface Bracket {
  /** The bytes as listed: the negation is left to the caller, because case folding comes before it. */
  readonly set: ByteSet;
  readonly isNegated: boolean;
}

interface Reader {
  readonly text: string;
  index: number;
}

/** Reads from behind the `[`, which was at `start`, to behind the `]`. A `]` in the first place is a byte. */
export function readBracket(reader: Reader, start: number): Bracket {
  const isNegated = reader.text[reader.index] === '^';
  if (isNegated) reader.index++;
  const set: ByteSet = new Uint8Array(256);
  for (let isFirst = true; ; isFirst = false) {
    if (readQuoted(reader, set)) isFirst = false;
    if (reader.index >= reader.text.length)
      throw new PatternError('pattern-syntax', start, '"[" is not closed');
    if (!isFirst && reader.text[reader.index] === ']') break;
    const first = readItem(reader);
    if (typeof first !== 'number') addAll(set, first);
    else set.fill(1, first, readRangeEnd(reader, first) + 1);
  }
  reader.index++;
  return { set, isNegated };
}

/** `\Q...\E` inside a bracket; whether there was any byte in it. */
function readQuoted(reader: Reader, set: ByteSet): boolean {
  let wasThere = false;
  for (;;) {
    if (reader.text.startsWith('\\E', reader.index)) {
      reader.index += 2;
    } else if (reader.text.startsWith('\\Q', reader.index)) {
      const end = reader.text.indexOf('\\E', reader.index + 2);
      const quoted = reader.text.slice(reader.index + 2, end === -1 ? undefined : end);
      for (let at = 0; at < quoted.length; at++) set[quoted.charCodeAt(at) & 0xff] = 1;
      wasThere ||= quoted !== '';
      reader.index += 2 + quoted.length;
    } else return wasThere;
  }
}

/** One byte, or a whole set for `\d` and `[:alpha:]`. */
function readItem(reader: Reader): number | ByteSet {
  const character = reader.text[reader.index] ?? '';
  if (character === '[' && /^[:.=]/.test(reader.text[reader.index + 1] ?? '')) {
    const named = readPosix(reader);
    if (named !== undefined) return named;
  }
  if (character !== '\\') {
    reader.index++;
    return character.charCodeAt(0);
  }
  const letter = reader.text[reader.index + 1] ?? '';
  const set = ESCAPE_SETS[letter];
  const negated = ESCAPE_SETS[letter.toLowerCase()];
  if (set !== undefined || negated !== undefined) {
    reader.index += 2;
    return set ?? complementOf(negated ?? setOf());
  }
  if (letter === 'N' || letter === 'R' || letter === 'X' || letter === 'B')
    throw syntaxError(reader.index, `escape "\\${letter}" is not known in a class`);
  if (letter === 'b') {
    reader.index += 2;
    return 0x08;
  }
  return readByteEscape(reader, true);
}

function readPosix(reader: Reader): ByteSet | undefined {
  const form = /^\[([:.=])(\^?)([a-z]+)\1\]/.exec(reader.text.slice(reader.index, reader.index + 16));
  if (form === null) return undefined;
  const set = form[1] === ':' ? POSIX_SETS[form[3] ?? ''] : undefined;
  if (set === undefined)
    throw new PatternError('pattern-syntax', reader.index, `class "${form[0]}" is not known`);
  reader.index += form[0].length;
  return form[2] === '^' ? complementOf(set) : set;
}

/** The last byte of the range that begins with `first`; `first` itself when no range follows. */
function readRangeEnd(reader: Reader, first: number): number {
  const next = reader.text[reader.index + 1];
  if (reader.text[reader.index] !== '-' || next === undefined || next === ']') return first;
  const dash = reader.index++;
  const last = readItem(reader);
  if (typeof last !== 'number') {
    // "[a-\d]": the dash is a byte of its own, as in PCRE; the set is read again by the caller.
    reader.index = dash;
    return first;
  }
  if (last < first) {
    throw new PatternError(
      'pattern-syntax',
      dash,
      `range "${reader.text.slice(dash - 1, reader.index)}" runs backwards`,
    );
  }
  return last;
}
