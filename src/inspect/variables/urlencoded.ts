/**
 * `name=value&name=value`: query strings, and bodies of type application/x-www-form-urlencoded.
 *
 * Order and duplicates are kept, empty names and values too; only an empty piece between two separators is nothing.
 * Malformed escapes stay as they are. What comes after the bound is one value without a name: unsplit, but
 * decoded and inspected.
 */
import { Buffer } from 'node:buffer';
import { hexByte } from '../transforms/characters.ts';
import { Value } from './value.ts';

export interface Pairs {
  readonly values: readonly Value[];
  /** True when there were more than `max`, and the last value is the rest. */
  readonly isExceeded: boolean;
}

/** `separator` is one character: SecArgumentSeparator. */
export function readPairs(text: string, max: number, separator = '&'): Pairs {
  const isEscaped = text.includes('%') || text.includes('+');
  return isEscaped ? readEscaped(text, max, separator) : readPlain(text, max, separator);
}

/** URLENCODED_ERROR: some `%` is not followed by two hexadecimal digits. */
export function hasInvalidEscape(text: string): boolean {
  let at = text.indexOf('%');
  while (at >= 0 && hexByte(text, at + 1) >= 0) at = text.indexOf('%', at + 3);
  return at >= 0;
}

/** Nothing to decode: names and values are slices of the text. */
function readPlain(text: string, max: number, separator: string): Pairs {
  const values: Value[] = [];
  let start = skipSeparators(text, 0, separator);
  while (start < text.length) {
    if (values.length === max) {
      values.push(new Value('', text.slice(start)));
      return { values, isExceeded: true };
    }
    const found = text.indexOf(separator, start);
    const end = found < 0 ? text.length : found;
    values.push(readPlainPair(text.slice(start, end)));
    start = skipSeparators(text, end, separator);
  }
  return { values, isExceeded: false };
}

function skipSeparators(text: string, start: number, separator: string): number {
  let at = start;
  while (text.charAt(at) === separator) at++;
  return at;
}

function readPlainPair(piece: string): Value {
  const equals = piece.indexOf('=');
  return equals < 0 ? new Value(piece, '') : new Value(piece.slice(0, equals), piece.slice(equals + 1));
}

/**
 * One pass that decodes the whole text into one buffer and notes where names and values end there; they are slices of
 * what the buffer says. Several times faster than to decode each on its own.
 */
function readEscaped(text: string, max: number, separator: string): Pairs {
  const output = new Decoded(text.length);
  const separatorByte = separator.charCodeAt(0);
  let at = skipSeparators(text, 0, separator);
  while (at < text.length && output.pairCount < max) {
    at = skipSeparators(text, output.readPair(text, at, separatorByte), separator);
  }
  const isExceeded = at < text.length;
  if (isExceeded) output.readRest(text, at);
  return { values: output.values(), isExceeded };
}

class Decoded {
  readonly #bytes: Buffer;
  /** For each pair where its name and where its value ends. */
  readonly #ends: number[] = [];
  #length = 0;

  /** Decoding makes nothing longer. */
  constructor(length: number) {
    this.#bytes = Buffer.allocUnsafe(length);
  }

  get pairCount(): number {
    return this.#ends.length / 2;
  }

  /** Reads one piece, which is not empty, and answers where it ends: at a separator, or at the end. */
  readPair(text: string, start: number, separator: number): number {
    let at = start;
    let nameEnd = -1;
    for (; at < text.length; at++) {
      const byte = text.charCodeAt(at);
      if (byte === separator) break;
      if (byte === 0x3d && nameEnd < 0) nameEnd = this.#length;
      else at += this.#push(text, at, byte);
    }
    this.#ends.push(nameEnd < 0 ? this.#length : nameEnd, this.#length);
    return at;
  }

  /** Everything from `start` on as one value without a name. */
  readRest(text: string, start: number): void {
    this.#ends.push(this.#length);
    for (let at = start; at < text.length; at++) at += this.#push(text, at, text.charCodeAt(at));
    this.#ends.push(this.#length);
  }

  values(): readonly Value[] {
    const text = this.#bytes.toString('latin1', 0, this.#length);
    const values: Value[] = [];
    let start = 0;
    for (let index = 0; index < this.#ends.length; index += 2) {
      const nameEnd = this.#ends[index]!; // Ends come in twos.
      const end = this.#ends[index + 1]!;
      values.push(new Value(text.slice(start, nameEnd), text.slice(nameEnd, end)));
      start = end;
    }
    return values;
  }

  /** Adds what the byte at `at` stands for, and answers how many more bytes that took. */
  #push(text: string, at: number, byte: number): number {
    const decoded = byte === 0x25 ? hexByte(text, at + 1) : -1;
    this.#bytes[this.#length++] = decoded >= 0 ? decoded : byte === 0x2b ? 0x20 : byte;
    return decoded >= 0 ? 2 : 0;
  }
}
