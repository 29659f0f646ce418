/**
 * `@contains`, `@strmatch`, `@beginsWith`, `@endsWith`, `@streq`, `@within`. Arguments: one text, taken as it is; case
 * matters.
 *
 * `@within` is the other way round: the value must occur in the argument. Example: `REQUEST_METHOD "@within GET,HEAD"`.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import { wholeValueOperator } from './operator.ts';
import type { Operator } from './operator.ts';

export function makeContains(argument: string): Operator {
  return {
    literals: literalsOf(argument),
    test: (value) => value.includes(argument),
    find: (value) => extentAt(value.indexOf(argument), argument),
  };
}

export function makeBeginsWith(argument: string): Operator {
  return {
    literals: literalsOf(argument),
    test: (value) => value.startsWith(argument),
    find: () => extentAt(0, argument),
  };
}

export function makeEndsWith(argument: string): Operator {
  return {
    literals: literalsOf(argument),
    test: (value) => value.endsWith(argument),
    find: (value) => extentAt(value.length - argument.length, argument),
  };
}

export function makeStreq(argument: string): Operator {
  return {
    ...wholeValueOperator((value) => value === argument),
    literals: literalsOf(argument),
    longest: () => argument.length,
  };
}

/** The match is where the value stands in the argument, which only the argument has; so it is the whole value. */
export function makeWithin(argument: string): Operator {
  return wholeValueOperator((value) => argument.includes(value));
}

/** The empty text is in every value, so that there is nothing to look for. */
function literalsOf(argument: string): readonly string[] | undefined {
  return argument === '' ? undefined : [foldAscii(argument)];
}

function extentAt(start: number, argument: string): { readonly start: number; readonly end: number } {
  return { start, end: start + argument.length };
}
