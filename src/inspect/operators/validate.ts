/**
 * `@validateByteRange`, `@validateUrlEncoding`, `@validateUtf8Encoding`. They match what is not valid, and find the first
 * place where it is not.
 *
 * validateByteRange. Arguments: bytes and ranges in decimal, separated by commas. Example: `@validateByteRange 32-126,9`.
 * validateUrlEncoding. Matches a `%` without two hexadecimal digits behind it.
 * validateUtf8Encoding. Matches bytes that are no UTF-8: overlong forms, surrogates and cut sequences included.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import { hexByte } from '../transforms/characters.ts';
import { ArgumentError } from './operator.ts';
import type { Operator } from './operator.ts';

export function makeValidateByteRange(argument: string): Operator {
  const isAllowed = readRanges(argument);
  const faults = ALL_BYTES.filter((_, byte) => isAllowed[byte] !== 1);
  return firstFaultOperator(1, faults, (value) => {
    for (let at = 0; at < value.length; at++) if (isAllowed[value.charCodeAt(at) & 0xff] !== 1) return at;
    return -1;
  });
}

export function makeValidateUrlEncoding(): Operator {
  return firstFaultOperator(3, ['%'], (value) => {
    for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at + 1)) {
      if (hexByte(value, at + 1) < 0) return at;
    }
    return -1;
  });
}

export function makeValidateUtf8Encoding(): Operator {
  return firstFaultOperator(4, ALL_BYTES.slice(0x80), (value) => {
    let at = 0;
    while (at < value.length) {
      if (value.charCodeAt(at) < 0x80) {
        at++;
        continue;
      }
      const length = sequenceLength(value, at);
      if (length === 0) return at;
      at += length;
    }
    return -1;
  });
}

const ALL_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

/**
 * An operator that matches where `firstFault` is not -1, which is at one of the bytes `faults`; the match is at most
 * `lengthMax` bytes from there.
 */
function firstFaultOperator(
  lengthMax: number,
  faults: readonly string[],
  firstFault: (value: string) => number,
): Operator {
  return {
    literals: faults.map(foldAscii),
    test: (value) => firstFault(value) >= 0,
    find(value) {
      const start = Math.max(firstFault(value), 0);
      return { start, end: Math.min(start + lengthMax, value.length) };
    },
  };
}

/** 1 for each byte that is allowed; without any range that is none. */
function readRanges(argument: string): Uint8Array {
  const isAllowed = new Uint8Array(256);
  if (argument.trim() === '') return isAllowed;
  for (const item of argument.split(',')) {
    const range = /^\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*$/.exec(item);
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? range?.[1]);
    if (range === null || first > last || last > 255)
      throw new ArgumentError(`"${item.trim()}" is no range of bytes`);
    isAllowed.fill(1, first, last + 1);
  }
  return isAllowed;
}

/** The length of the sequence of more than one byte that begins at `at`, 0 when it is malformed (RFC 3629 §4). */
function sequenceLength(value: string, at: number): number {
  const lead = value.charCodeAt(at);
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const second = value.charCodeAt(at + 1);
  // Overlong forms, surrogates and what is above U+10FFFF differ in the second byte.
  if (lead === 0xe0 ? second < 0xa0 : lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xed ? second > 0x9f : lead === 0xf4 && second > 0x8f) return 0;
  for (let index = 1; index < length; index++) if ((value.charCodeAt(at + index) & 0xc0) !== 0x80) return 0;
  return length;
}
