/**
 * Where a transformation writes the bytes of its result before they become a string.
 *
 * One piece of memory serves all of them, because making a Buffer costs more than decoding a short value does. That is
 * safe because a transformation takes it, fills it and reads it as text before it returns, and calls no other
 * transformation in between. Only the bytes that were just written are ever read.
 */
import { Buffer } from 'node:buffer';

/**
 * Bytes of the shared memory, which longer values do not use: a body that is held has 128 KiB, unless somebody raises it. New
 * memory for each long value costs more than what is done with it: the system has to find and clear its pages.
 */
const SHARED_BYTES = 262_144;
const SHARED: Buffer = Buffer.allocUnsafeSlow(SHARED_BYTES);

const SHARED_INPUT: Buffer = Buffer.allocUnsafeSlow(SHARED_BYTES);

/**
 * From this length on a scan is quicker over bytes: charCodeAt looks at the form of the string for each character (2.6 ns
 * against 0.6 ns a byte), writing the bytes out costs some 40 ns at once.
 */
export const BYTES_PAY_FROM = 32;

/** From this length on it pays to have a loop of its own for bytes. */
export const LONG_BYTES_MIN = 256;

/**
 * The bytes of a value, of which the first `value.length` are to be read, and only until this is called again. For scans
 * that call nothing.
 */
export function inputBytes(value: string): Buffer {
  if (value.length > SHARED_BYTES) return Buffer.from(value, 'latin1');
  SHARED_INPUT.write(value, 0, 'latin1');
  return SHARED_INPUT;
}

/** Memory for at most `lengthMax` bytes. */
export function outputFor(lengthMax: number): Buffer {
  return lengthMax <= SHARED_BYTES ? SHARED : Buffer.allocUnsafe(lengthMax);
}

/** The first `length` bytes as text. */
export function textOf(output: Buffer, length: number): string {
  return output.toString('latin1', 0, length);
}

/** Beyond this many bytes a call into native code is quicker than a loop. */
const LOOP_BYTES_MAX = 48;

/** Writes `value` from `start` to before `end` at `length`, and answers the new length. */
export function copyBytes(output: Buffer, length: number, value: string, start: number, end: number): number {
  if (end - start > LOOP_BYTES_MAX) return length + output.write(value.slice(start, end), length, 'latin1');
  let to = length;
  for (let at = start; at < end; at++) output[to++] = value.charCodeAt(at);
  return to;
}

/**
 * Writes a code point as UTF-8 at `length`, and answers the new length. What is no Unicode scalar value becomes U+FFFD,
 * as in every decoder of UTF-8.
 */
export function writeCodePoint(output: Buffer, length: number, code: number): number {
  if (code < 0x80) {
    output[length] = code;
    return length + 1;
  }
  const isScalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return length + output.write(String.fromCodePoint(isScalar ? code : 0xfffd), length, 'utf8');
}
