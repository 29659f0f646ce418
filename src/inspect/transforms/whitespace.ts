/**
 * `compressWhitespace`, `removeWhitespace`, `trim`, `trimLeft`, `trimRight`.
 *
 * compressWhitespace. Description: each run of white space becomes one space. Example: `a \t b` becomes `a b`.
 * Both of the first two count the no-break space of latin1 as white space.
 */
import { isSpace } from './characters.ts';

export function compressWhitespace(value: string): string {
  return /[\t-\r\xa0]| {2}/.test(value) ? value.replace(/[\t-\r \xa0]+/g, ' ') : value;
}

export function removeWhitespace(value: string): string {
  return /[\t-\r \xa0]/.test(value) ? value.replace(/[\t-\r \xa0]+/g, '') : value;
}

export function trim(value: string): string {
  return trimLeft(trimRight(value));
}

export function trimLeft(value: string): string {
  let start = 0;
  while (start < value.length && isSpace(value.charCodeAt(start))) start++;
  return value.slice(start);
}

/** Walks back from the end: the obvious expression for it takes quadratic time on many spaces within the value. */
export function trimRight(value: string): string {
  let end = value.length;
  while (end > 0 && isSpace(value.charCodeAt(end - 1))) end--;
  return value.slice(0, end);
}
