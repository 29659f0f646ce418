/**
 * `@eq`, `@ge`, `@gt`, `@le`, `@lt`. Arguments: a whole number. What does not begin with a number counts as 0, in the
 * value and in the argument, as C's `atoi` has it. Example: `&ARGS "@gt 100"`.
 */
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
  const limit = leadingInteger(argument);
  return wholeValueOperator((value) => holds(leadingInteger(value), limit));
}

/** Digits of a number that are read: 2^53 has 16. Longer ones become very large, which is what comparisons need. */
const NUMBER_LENGTH_MAX = 64;

function leadingInteger(text: string): number {
  const digits = /^[ \t]{0,8}([+-]?[0-9]+)/.exec(text.slice(0, NUMBER_LENGTH_MAX));
  return digits === null ? 0 : Number(digits[1]);
}
