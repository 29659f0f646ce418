/**
 * Every operator that rules can name: the one place where they are registered.
 */
import { makeContainsWord } from './contains-word.ts';
import { makeIpMatch } from './ip-match.ts';
import { makeEq, makeGe, makeGt, makeLe, makeLt } from './numbers.ts';
import { wholeValueOperator } from './operator.ts';
import type { OperatorKind } from './operator.ts';
import { makePm } from './pm.ts';
import { makeRx } from './rx.ts';
import { makeBeginsWith, makeContains, makeEndsWith, makeStreq, makeWithin } from './text-search.ts';
import { makeValidateByteRange, makeValidateUrlEncoding, makeValidateUtf8Encoding } from './validate.ts';

const OPERATORS: readonly OperatorKind[] = [
  { name: 'beginsWith', make: makeBeginsWith },
  { name: 'contains', make: makeContains },
  { name: 'containsWord', make: makeContainsWord },
  { name: 'endsWith', make: makeEndsWith },
  { name: 'eq', make: makeEq },
  { name: 'ge', make: makeGe },
  { name: 'gt', make: makeGt },
  { name: 'ipMatch', make: makeIpMatch },
  { name: 'le', make: makeLe },
  { name: 'lt', make: makeLt },
  { name: 'noMatch', make: () => wholeValueOperator(() => false) },
  { name: 'pm', make: makePm },
  { name: 'rx', make: makeRx },
  { name: 'streq', make: makeStreq },
  { name: 'strmatch', make: makeContains },
  { name: 'unconditionalMatch', make: () => wholeValueOperator(() => true) },
  { name: 'validateByteRange', make: makeValidateByteRange },
  { name: 'validateUrlEncoding', make: makeValidateUrlEncoding },
  { name: 'validateUtf8Encoding', make: makeValidateUtf8Encoding },
  { name: 'within', make: makeWithin },
];

const BY_NAME: ReadonlyMap<string, OperatorKind> = new Map(
  OPERATORS.map((operator) => [operator.name.toLowerCase(), operator]),
);

export function operatorNamed(name: string): OperatorKind | undefined {
  return BY_NAME.get(name.toLowerCase());
}

export const OPERATOR_NAMES: readonly string[] = OPERATORS.map((operator) => operator.name);
