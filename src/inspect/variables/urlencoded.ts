/**
 * `name=value&name=value`: query strings, and bodies of type application/x-www-form-urlencoded.
 *
 * Order and duplicates are kept, empty names and values too; only an empty piece between two separators is nothing.
 * Malformed escapes stay as they are. What comes after the bound is one value without a name: unsplit, but
 * decoded and inspected.
 */
import type { ValueName } from '../match/value-names.ts';
import { hexByte } from '../transforms/characters.ts';
import { inputBytes, textOf } from '../transforms/scratch.ts';
import { Value } from './value.ts';

export interface Pairs {
  readonly values: readonly Value[];
  /** True when there were more than `max`, and the last value is the rest. */
  readonly isExceeded: boolean;
}

/** A text in which names and values stand. */
export interface Places {
  readonly text: string;
  /** For each pair where its name begins and ends, and where its value does; with `names` where its value does alone. */
  readonly ends: readonly number[];
  /** For names that do not stand there; values then may not either, where the places are -1. */
  readonly names?: readonly ValueName[];
}

export interface EncodedPairs extends Pairs {
  /** As hasInvalidEscape says it of the text. */
  readonly hasInvalidEscape: boolean;
  readonly places: Places;
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
  const ends: number[] = [];
  let isExceeded = false;
  let start = skipSeparators(text, 0, separator);
  while (start < text.length) {
    isExceeded = ends.length === 4 * max;
    if (isExceeded) {
      ends.push(start, start, start, text.length);
      break;
    }
    const found = text.indexOf(separator, start);
    const end = found < 0 ? text.length : found;
    const equals = text.indexOf('=', start);
    if (equals < 0 || equals >= end) ends.push(start, end, end, end);
    else ends.push(start, equals, equals + 1, end);
    start = skipSeparators(text, end, separator);
  }
  return { values: sliceAll(text, ends), isExceeded, hasInvalidEscape: false, places: { text, ends } };
}

function skipSeparators(text: string, start: number, separator: string): number {
  let at = start;
  while (text.charAt(at) === separator) at++;
  return at;
}

/**
 * One pass that decodes the whole text into one buffer and notes where names and values end there; they are slices of
 * what the buffer says. Several times faster than to decode each on its own.
 */
function readEscaped(text: string, max: number, separator: string): EncodedPairs {
  // Decoded in place: it makes nothing longer.
  const bytes = inputBytes(text);
  const ends: number[] = [];
  const separatorByte = separator.charCodeAt(0);
  const plain = separator === '&' ? PLAIN : plainBytes(separatorByte);
  let length = 0;
  let start = 0;
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
      if (isInPiece) pushPair(ends, start, nameEnd, length);
      isInPiece = false;
      nameEnd = -1;
      start = length;
      continue;
    }
    if (!isInPiece && ends.length === 4 * max) {
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
  if (isInPiece) pushPair(ends, start, nameEnd, length);
  // A separator that is a percent sign was not looked at as one.
  const hasInvalid = separator === '%' ? hasInvalidEscape(text) : isInvalid;
  const decoded = textOf(bytes, length);
  return {
    values: sliceAll(decoded, ends),
    isExceeded,
    hasInvalidEscape: hasInvalid,
    places: { text: decoded, ends },
  };
}

/** `nameEnd` is -1 where no value was begun. */
function pushPair(ends: number[], start: number, nameEnd: number, end: number): void {
  const valueStart = nameEnd < 0 ? end : nameEnd;
  ends.push(start, valueStart, valueStart, end);
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
  for (let index = 0; index < ends.length; index += 4) {
    const name = text.slice(ends[index], ends[index + 1]); // Ends come in fours.
    values.push(new Value(name, text.slice(ends[index + 2], ends[index + 3])));
  }
  return values;
}
