/**
 * `lowercase`, `uppercase`. Description: changes the case of the 26 letters of ASCII; other bytes stay as they are.
 * Example: `SeLecT` becomes `select`.
 */
import { foldAscii } from '../match/phrase-automaton.ts';

export const lowercase: (value: string) => string = foldAscii;

export function uppercase(value: string): string {
  return /[a-z]/.test(value) ? value.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : value;
}
