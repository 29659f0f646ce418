/**
 * The same text in one piece. A string that was joined from others keeps them, and each write of it copies them one by
 * one; for text that is written again and again it is worth copying it once.
 */
import { Buffer } from 'node:buffer';

/** `latin1` has no character above U+00FF. */
export function flat(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1');
}
