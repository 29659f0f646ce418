/**
 * `name=value&name=value`: query strings, and bodies of type application/x-www-form-urlencoded.
 *
 * Order and duplicates are kept, empty names and values too; only an empty piece between two `&` is nothing. Malformed
 * escapes stay as they are. What comes after the bound is one value without a name: unsplit, but decoded and inspected.
 */
import { urlDecode } from '../transforms/url-decode.ts';
import { Value } from './value.ts';

export interface Pairs {
  readonly values: readonly Value[];
  /** True when there were more than `max`, and the last value is the rest. */
  readonly isExceeded: boolean;
}

export function readPairs(text: string, max: number): Pairs {
  const values: Value[] = [];
  let start = 0;
  while (start < text.length) {
    if (values.length === max) {
      values.push(new Value('', urlDecode(text.slice(start))));
      return { values, isExceeded: true };
    }
    const separator = text.indexOf('&', start);
    const end = separator < 0 ? text.length : separator;
    if (end > start) values.push(readPair(text.slice(start, end)));
    start = end + 1;
  }
  return { values, isExceeded: false };
}

function readPair(piece: string): Value {
  const equals = piece.indexOf('=');
  if (equals < 0) return new Value(urlDecode(piece), '');
  return new Value(urlDecode(piece.slice(0, equals)), urlDecode(piece.slice(equals + 1)));
}
