/**
 * What every request line ends with: ` HTTP/1.1` and a line end. What rules look for in there is known beforehand, so that a
 * scan of the line ends a little behind the target, and does not stop at what stands in every line.
 *
 * Safety argument: a line is its head, a method and a target with what is between them, and the tail. A literal that stands in
 * it stands in the head and the space behind it; or within the tail, which was looked through once; or it begins in the head
 * and ends in the tail. Then it ends with the space and some bytes of the tail behind that, and its window ends within
 * those that are still looked at (windowEndMax).
 */

import { WINDOW_MAX } from '../match/windows.ts';

/** In lower case, as literals are. */
const TAIL = ' http/1.1\r\n';

/** A version with which a line ends so. */
export const TAIL_VERSION = 'HTTP/1.1';
/** The tail as it stands in the line. */
export const TAIL_TEXT: string = ` ${TAIL_VERSION}\r\n`;

/** Bytes of the tail that are looked at in each line: as many as a window has besides one of the head. */
const LOOKED_AT = WINDOW_MAX - 1;
/** Bytes of the line that are not. */
export const TAIL_BYTES_LEFT: number = TAIL.length - LOOKED_AT;

/**
 * Where the window of a literal in lower case has to end, so that it is found in a line that is looked through so far: before
 * the tail if it can, for windows in the tail are found in many lines.
 */
export function windowEndMax(literal: string): number {
  const space = literal.lastIndexOf(' ');
  // What begins with the space stands within the tail, or in the head; what ends with it does not reach further.
  if (space < 1 || space === literal.length - 1 || !TAIL.startsWith(literal.slice(space)))
    return literal.length;
  // With a space at 1 or behind it, a window that ends at WINDOW_MAX ends within the bytes that are looked at.
  return Math.min(literal.length, Math.max(WINDOW_MAX, space));
}

/** Whether every request line holds the literal. */
export function isInEveryLine(literal: string): boolean {
  return TAIL.includes(literal);
}
