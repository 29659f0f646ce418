/**
 * `@validateByteRange`, `@validateUrlEncoding`, `@validateUtf8Encoding`. They match what is not valid.
 *
 * validateByteRange. Arguments: bytes and ranges in decimal, separated by commas. Example: `@validateByteRange 32-126,9`.
 * validateUrlEncoding. Matches a `%` without two hexadecimal digits behind it.
 * validateUtf8Encoding. Matches bytes that are no UTF-8: overlong forms, surrogates and cut sequences included.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { hexByte } from '../transforms/characters.ts';
import { ArgumentError, wholeValueOperator } from './operator.ts';
import type { Operator } from './operator.ts';

export function makeValidateByteRange(argument: string): Operator {
  const isAllowed = new Uint8Array(256);
  for (const item of argument.split(',')) {
    if (argument.trim() === '') break;
    const range = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(item);
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? range?.[1]);
    if (range === null || first > last || last > 255)
      throw new ArgumentError(`"${item.trim()}" is no range of bytes`);
    isAllowed.fill(1, first, last + 1);
  }
  return wholeValueOperator((value) => {
    for (let at = 0; at < value.length; at++) if (isAllowed[value.charCodeAt(at)] !== 1) return true;
    return false;
  });
}

export function makeValidateUrlEncoding(): Operator {
  return wholeValueOperator((value) => {
    for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at + 1)) {
      if (hexByte(value, at + 1) < 0) return true;
    }
    return false;
  });
}

export function makeValidateUtf8Encoding(): Operator {
  return wholeValueOperator((value) => !isUtf8(Buffer.from(value, 'latin1')));
}
