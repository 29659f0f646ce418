/**
 * A text as bytes, for loops that look at each of them: reading a typed array costs a third of reading a string, and the
 * copy costs hardly anything.
 *
 * One array serves all callers. Nothing in it outlives the call that filled it, so that it is no state: a caller must be
 * done with it before it calls anything that may fill it again.
 */
import { Buffer } from 'node:buffer';

/** Longer texts are read in pieces of this many bytes. */
export const PIECE_BYTES = 262_144;

export const TEXT_BYTES: Buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);

/** The same, four bytes at a time. */
export const TEXT_WORDS: Uint32Array = new Uint32Array(
  TEXT_BYTES.buffer,
  TEXT_BYTES.byteOffset,
  PIECE_BYTES / 4,
);

/** Up to this many bytes a loop copies quicker than a call into the runtime does. */
const LOOP_BYTES = 24;

/** Copies the bytes of `text` from `start` on, as many as there is room for, and answers how many. */
export function copyText(text: string, start: number): number {
  if (text.length <= LOOP_BYTES) {
    for (let at = start; at < text.length; at++) TEXT_BYTES[at - start] = text.charCodeAt(at);
    return text.length - start;
  }
  const rest = start === 0 ? text : text.slice(start, start + PIECE_BYTES);
  return TEXT_BYTES.write(rest, 'latin1');
}
