/**
 * `@eq`, `@ge`, `@gt`, `@le`, `@lt`. Arguments: a whole number. What does not begin with a number counts as 0, in the
 * value and in the argument, as C's `atoi` has it. Example: `&ARGS "@gt 100"`.
 */
import { isSpace } from '../transforms/characters.ts';
import { wholeValueOperator } from './operator.ts';
import type { Operator } from './operator.ts';

export function makeEq(argument: string): Operator {
  return compare(argument, (value, limit) => value === limit);
}

export function makeGe(argument: string): Operator {
  return compare(argument, (value, limit) => value >= limit);
}

export function makeGt(argument: string): Operator {
  return compare(argument, (value, limit) => value > limit);
}

export function makeLe(argument: string): Operator {
  return compare(argument, (value, limit) => value <= limit);
}

export function makeLt(argument: string): Operator {
  return compare(argument, (value, limit) => value < limit);
}

function compare(argument: string, holds: (value: number, limit: number) => boolean): Operator {
  const limit = readNumber(argument);
  return wholeValueOperator((value) => holds(readNumber(value), limit));
}

/** What larger numbers count as, as C's `atoll` has it. Above 2^53 numbers that are close are told apart no more. */
const NUMBER_MAX = 2 ** 63;

/**
 * The whole number that a text begins with, behind white space and a sign; 0 when it begins with none. A number that is
 * too long is never 0 or negative by overflow.
 */
export function readNumber(text: string): number {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  const sign = text.charCodeAt(at);
  if (sign === 0x2b || sign === 0x2d) at++;
  let number = 0;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = Math.min(number * 10 + digit, NUMBER_MAX);
  }
  // Not -0, which is another value where values are kept apart.
  return sign === 0x2d && number > 0 ? -number : number;
}
