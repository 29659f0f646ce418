/**
 * `lowercase`, `uppercase`. Description: changes the case of the 26 letters of ASCII; other bytes stay as they are.
 * Example: `SeLecT` becomes `select`.
 *
 * The runtime's own functions are the quickest, and answer their argument when nothing changes, but they also change
 * letters of latin1 (`toUpperCase` even to characters that are no byte). So they only see values of ASCII.
 */
import { inputBytes, LONG_BYTES_MIN, outputFor, textOf } from './scratch.ts';

const BEYOND_ASCII = /[\x80-\xff]/;

export function lowercase(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value.toLowerCase();
  return /[A-Z]/.test(value) ? flipCase(value, 0x41) : value;
}

export function uppercase(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value.toUpperCase();
  return /[a-z]/.test(value) ? flipCase(value, 0x61) : value;
}

/** Flips the bit that tells the cases apart in the 26 letters from `first` on. */
function flipCase(value: string, first: number): string {
  if (value.length >= LONG_BYTES_MIN) return flipCaseOfLong(value, first);
  const output = outputFor(value.length);
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    output[at] = byte >= first && byte < first + 26 ? byte ^ 0x20 : byte;
  }
  return textOf(output, value.length);
}

/** The same over bytes. */
function flipCaseOfLong(value: string, first: number): string {
  const bytes = inputBytes(value);
  const output = outputFor(value.length);
  const end = value.length;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at]!; // Below the end.
    output[at] = byte >= first && byte < first + 26 ? byte ^ 0x20 : byte;
  }
  return textOf(output, end);
}
