/**
 * Where the literals of SQL end: strings, names in signs, numbers. Each function takes the place where the literal
 * begins (or, for strings, the one behind the quote) and gives the one behind it.
 */
import { IN_WORD, isDigit, isHexDigit, isNamePart } from './sql-characters.ts';

/** There is no end: the string is open. */
export const NO_END = -1;

/** How far a closing `]` may be from its `[`: names in SQL Server have at most 128 characters. */
const BRACKET_NAME_MAX = 130;

/** Behind the quote that closes a string. A doubled quote stands for itself, and so does an escaped one in MySQL. */
export function endOfString(text: string, start: number, quote: number, hasEscapes: boolean): number {
  let at = start;
  while (at < text.length) {
    const character = text.charCodeAt(at);
    if (character === quote) {
      if (at + 1 === text.length || text.charCodeAt(at + 1) !== quote) return at + 1;
      at += 2;
    } else {
      at += hasEscapes && character === 0x5c ? 2 : 1;
    }
  }
  return NO_END;
}

/** Behind the `]` of a name in SQL Server's brackets. */
export function endOfBracketName(text: string, start: number): number {
  const last = Math.min(text.length, start + BRACKET_NAME_MAX);
  for (let at = start + 1; at < last; at++) if (text.charCodeAt(at) === 0x5d) return at + 1;
  return NO_END;
}

/** Behind the closing tag of PostgreSQL's `$tag$ … $tag$`; NO_END when no such string begins or ends. */
export function endOfDollarString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && IN_WORD[text.charCodeAt(at)] === 1 && text.charCodeAt(at) !== 0x24) at++;
  if (text.charCodeAt(at) !== 0x24) return NO_END;
  const tag = text.slice(start, at + 1);
  const close = text.indexOf(tag, at + 1);
  return close === -1 ? NO_END : close + tag.length;
}

/** Behind the digits, the fraction and the exponent, or those of 0x1f and 0b1. What comes then may be letters. */
export function endOfNumber(text: string, start: number): number {
  const radixEnd = endOfRadixNumber(text, start);
  if (radixEnd !== NO_END) return radixEnd;
  let at = skipDigits(text, start);
  if (at < text.length && text.charCodeAt(at) === 0x2e) at = skipDigits(text, at + 1);
  if (at === text.length || (text.charCodeAt(at) | 0x20) !== 0x65) return at;
  const sign = text.charCodeAt(at + 1);
  const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
  const end = skipDigits(text, digits);
  return end > digits ? end : at;
}

function endOfRadixNumber(text: string, start: number): number {
  if (start + 2 >= text.length || text.charCodeAt(start) !== 0x30) return NO_END;
  const mark = text.charCodeAt(start + 1) | 0x20;
  if (mark !== 0x78 && mark !== 0x62) return NO_END;
  let at = start + 2;
  while (at < text.length && isHexDigit(text.charCodeAt(at))) at++;
  const isWhole = at === text.length || text.charCodeAt(at) === 0x2e || !isNamePart(text.charCodeAt(at));
  return isWhole && at > start + 2 ? at : NO_END;
}

function skipDigits(text: string, start: number): number {
  let at = start;
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  return at;
}
