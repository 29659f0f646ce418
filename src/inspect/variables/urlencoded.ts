/**
 * `name=value&name=value`: query strings, and bodies of type application/x-www-form-urlencoded.
 *
 * Order and duplicates are kept, empty names and values too; only an empty piece between two separators is nothing.
 * Malformed escapes stay as they are. What comes after the bound is one value without a name: unsplit, but
 * decoded and inspected.
 */
import { hexByte } from '../transforms/characters.ts';
import { inputBytes, textOf } from '../transforms/scratch.ts';
import { Value } from './value.ts';

export interface Pairs {
  readonly values: readonly Value[];
  /** True when there were more than `max`, and the last value is the rest. */
  readonly isExceeded: boolean;
}

export interface EncodedPairs extends Pairs {
  /** As hasInvalidEscape says it of the text. */
  readonly hasInvalidEscape: boolean;
}

/** `separator` is one character: SecArgumentSeparator. */
export function readPairs(text: string, max: number, separator = '&'): EncodedPairs {
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
function readPlain(text: string, max: number, separator: string): EncodedPairs {
  const values: Value[] = [];
  let start = skipSeparators(text, 0, separator);
  while (start < text.length) {
    if (values.length === max) {
      values.push(new Value('', text.slice(start)));
      return { values, isExceeded: true, hasInvalidEscape: false };
    }
    const found = text.indexOf(separator, start);
    const end = found < 0 ? text.length : found;
    values.push(readPlainPair(text.slice(start, end)));
    start = skipSeparators(text, end, separator);
  }
  return { values, isExceeded: false, hasInvalidEscape: false };
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
function readEscaped(text: string, max: number, separator: string): EncodedPairs {
  // Decoded in place: it makes nothing longer.
  const bytes = inputBytes(text);
  /** For each pair where its name and where its value ends. */
  const ends: number[] = [];
  const separatorByte = separator.charCodeAt(0);
  const plain = separator === '&' ? PLAIN : plainBytes(separatorByte);
  let length = 0;
  let nameEnd = -1;
  let isInPiece = false;
  let isExceeded = false;
  let isInvalid = false;
  const end = text.length;
  for (let at = 0; at < end; at++) {
    if (isInPiece) {
      for (; at < end; at++) {
        const copied = plain[bytes[at]!]!; // Below the end, and 256 entries.
        if (copied === NOT_PLAIN) break;
        bytes[length++] = copied;
      }
      if (at === end) break;
    }
    const byte = bytes[at]!; // Within the loop's bound.
    if (!isExceeded && byte === separatorByte) {
      if (isInPiece) ends.push(nameEnd < 0 ? length : nameEnd, length);
      isInPiece = false;
      nameEnd = -1;
      continue;
    }
    if (!isInPiece && ends.length === 2 * max) {
      // From here on nothing splits: the name is empty.
      isExceeded = true;
      nameEnd = length;
    }
    isInPiece = true;
    if (byte === 0x25) {
      const decoded = hexByte(text, at + 1);
      if (decoded >= 0) at += 2;
      else isInvalid = true;
      bytes[length++] = decoded >= 0 ? decoded : byte;
    } else if (byte === 0x3d && nameEnd < 0) {
      nameEnd = length;
    } else {
      bytes[length++] = byte === 0x2b ? 0x20 : byte;
    }
  }
  if (isInPiece) ends.push(nameEnd < 0 ? length : nameEnd, length);
  // A separator that is a percent sign was not looked at as one.
  const hasInvalid = separator === '%' ? hasInvalidEscape(text) : isInvalid;
  return { values: sliceAll(textOf(bytes, length), ends), isExceeded, hasInvalidEscape: hasInvalid };
}

const NOT_PLAIN = 0;

/** What becomes of each byte within a piece; NOT_PLAIN for those that need a look, and for NUL. */
function plainBytes(separator: number): Uint8Array {
  const plain = Uint8Array.from({ length: 256 }, (_, byte) => (byte === 0x2b ? 0x20 : byte));
  for (const byte of [separator, 0x25, 0x3d]) plain[byte] = NOT_PLAIN;
  return plain;
}

const PLAIN = plainBytes(0x26);

function sliceAll(text: string, ends: readonly number[]): readonly Value[] {
  const values: Value[] = [];
  let start = 0;
  for (let index = 0; index < ends.length; index += 2) {
    const nameEnd = ends[index]!; // Ends come in twos.
    const end = ends[index + 1]!;
    values.push(new Value(text.slice(start, nameEnd), text.slice(nameEnd, end)));
    start = end;
  }
  return values;
}
