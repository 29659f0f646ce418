/**
 * Text that is kept for longer than the exchange it came from.
 *
 * A part of a JavaScript string can hold on to the whole: 20 characters cut out of a held body of 128 KiB keep all of
 * it in memory. An attacker chooses what is remembered of it, so whatever remembers copies first.
 */
import { Buffer } from 'node:buffer';

/** The first `charsMax` characters of `text`, in a string that shares memory with no other. */
export function ownCopy(text: string, charsMax: number): string {
  const kept = text.length > charsMax ? text.slice(0, charsMax) : text;
  // Text of the network is latin1 and stays one byte a character in memory.
  const encoding = /[^\0-\xff]/.test(kept) ? 'utf16le' : 'latin1';
  return Buffer.from(kept, encoding).toString(encoding);
}
