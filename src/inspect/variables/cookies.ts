/**
 * Cookie header fields as name and value, in order, duplicates kept, nothing decoded (RFC 6265 §4.2.1).
 *
 * A piece without `=` is a name with an empty value. What comes after the bound is one value without a name.
 */
import { trimLeft } from '../transforms/whitespace.ts';
import type { Pairs } from './urlencoded.ts';
import { Value } from './value.ts';

export function readCookies(fields: readonly string[], max: number): Pairs {
  const values: Value[] = [];
  for (const [index, field] of fields.entries()) {
    let start = 0;
    while (start < field.length) {
      if (values.length === max) {
        values.push(new Value('', [field.slice(start), ...fields.slice(index + 1)].join('; ')));
        return { values, isExceeded: true };
      }
      const separator = field.indexOf(';', start);
      const end = separator < 0 ? field.length : separator;
      const piece = trimLeft(field.slice(start, end));
      if (piece !== '') values.push(readCookie(piece));
      start = end + 1;
    }
  }
  return { values, isExceeded: false };
}

function readCookie(piece: string): Value {
  const equals = piece.indexOf('=');
  return equals < 0 ? new Value(piece, '') : new Value(piece.slice(0, equals), piece.slice(equals + 1));
}
