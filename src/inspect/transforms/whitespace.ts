/**
 * `compressWhitespace`, `removeWhitespace`, `trim`, `trimLeft`, `trimRight`.
 *
 * compressWhitespace. Description: each run of white space becomes one space; the no-break space of latin1 counts as
 * white space. Example: `a \t b` becomes `a b`.
 *
 * removeWhitespace. Description: removes white space, the no-break space of latin1 (A0) and the byte before it in that
 * of UTF-8 (C2). Example: `a \t b` becomes `ab`.
 */
import { isSpace, isSpaceOrNoBreak } from './characters.ts';
import { copyBytes, inputBytes, LONG_BYTES_MIN, outputFor, textOf } from './scratch.ts';

export function compressWhitespace(value: string): string {
  const first = firstUncompressed(value);
  if (first < 0) return value;
  const output = outputFor(value.length);
  let length = copyBytes(output, 0, value, 0, first);
  let isAfterSpace = false;
  for (let at = first; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    const isBlank = isSpaceOrNoBreak(byte);
    if (!isBlank || !isAfterSpace) output[length++] = isBlank ? 0x20 : byte;
    isAfterSpace = isBlank;
  }
  return textOf(output, length);
}

/** The first byte of the first run that is more or other than one space, -1 when there is none. */
function firstUncompressed(value: string): number {
  if (value.length >= LONG_BYTES_MIN) return firstUncompressedByte(inputBytes(value), value.length);
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (byte > 0x20 && byte !== 0xa0) continue;
    if (byte === 0x20 ? isSpaceOrNoBreak(value.charCodeAt(at + 1)) : isSpaceOrNoBreak(byte)) return at;
  }
  return -1;
}

function firstUncompressedByte(bytes: Uint8Array, end: number): number {
  for (let at = 0; at < end; at++) {
    const blank = IS_BLANK[bytes[at]!]!; // Below the end, and 256 entries.
    if (blank === 0) continue;
    if (blank === OTHER_BLANK || (at + 1 < end && IS_BLANK[bytes[at + 1]!] !== 0)) return at;
  }
  return -1;
}

const OTHER_BLANK = 2;

/** 1 for the space, OTHER_BLANK for what else is white space. */
const IS_BLANK = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0x20 ? 1 : isSpaceOrNoBreak(byte) ? OTHER_BLANK : 0,
);

/** 1 for each byte that removeWhitespace takes out; it does nothing else. */
export const REMOVED_BLANKS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  isSpaceOrNoBreak(byte) || byte === 0xc2 ? 1 : 0,
);

/** 1 for what stays. */
const STAYS = REMOVED_BLANKS.map((flag) => 1 - flag);

export function removeWhitespace(value: string): string {
  if (value.length >= LONG_BYTES_MIN) return removeFromLong(value);
  const output = outputFor(value.length);
  let length = 0;
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (!isSpaceOrNoBreak(byte) && byte !== 0xc2) output[length++] = byte;
  }
  return length < value.length ? textOf(output, length) : value;
}

/** Without a branch for each byte: words are short, so that no processor guesses where they end. */
function removeFromLong(value: string): string {
  const bytes = inputBytes(value);
  const output = outputFor(value.length);
  const end = value.length;
  let length = 0;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at]!; // Below the end.
    output[length] = byte;
    length += STAYS[byte]!; // 256 entries.
  }
  return length < end ? textOf(output, length) : value;
}

export function trim(value: string): string {
  return trimLeft(trimRight(value));
}

export function trimLeft(value: string): string {
  let start = 0;
  while (start < value.length && isSpace(value.charCodeAt(start))) start++;
  return start === 0 ? value : value.slice(start);
}

/** Walks back from the end: the obvious expression for it takes quadratic time on many spaces within the value. */
export function trimRight(value: string): string {
  let end = value.length;
  while (end > 0 && isSpace(value.charCodeAt(end - 1))) end--;
  return end === value.length ? value : value.slice(0, end);
}
