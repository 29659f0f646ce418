/**
 * Whether a text holds a literal of one or two bytes, which is too short for a window (match/windows.ts): a look at every
 * byte of a text would take as long as the search for all others together, and the system's own search takes a hundredth.
 */
import { foldByte } from '../match/literal-automaton.ts';

/** Places that are looked at one by one; beyond, the system compares, which is linear and slower where few are looked at. */
const PLACES_MAX = 64;
const PLACES_PER_BYTE = 1 / 64;

/** `byte` is in lower case. */
export function holdsByte(text: string, byte: number): boolean {
  return text.includes(String.fromCharCode(byte)) || (isLetter(byte) && text.includes(upperOf(byte)));
}

/** Whether a pair has a byte without case, by which it can be looked for. */
export function isFindable(first: number, second: number): boolean {
  return !isLetter(first) || !isLetter(second);
}

/** Both in lower case, and one of them no letter. */
export function holdsPair(text: string, first: number, second: number): boolean {
  // Without case there is one pair, which the system looks for in one call.
  if (!isLetter(first) && !isLetter(second)) return text.includes(String.fromCharCode(first, second));
  const isSecond = isLetter(first);
  const mark = String.fromCharCode(isSecond ? second : first);
  const other = isSecond ? first : second;
  const step = isSecond ? -1 : 1;
  let places = PLACES_MAX + PLACES_PER_BYTE * text.length;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
    // Beyond the ends is no byte.
    if (foldByte(text.charCodeAt(at + step)) === other) return true;
    if (--places < 0) return includesPair(text, isSecond ? '' : mark, other, isSecond ? mark : '');
  }
  return false;
}

function includesPair(text: string, before: string, other: number, behind: string): boolean {
  if (text.includes(before + String.fromCharCode(other) + behind)) return true;
  return isLetter(other) && text.includes(before + upperOf(other) + behind);
}

export function isLetter(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

function upperOf(letter: number): string {
  return String.fromCharCode(letter - 32);
}
