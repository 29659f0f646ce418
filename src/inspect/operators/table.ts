/**
 * Every operator that rules can name: the one place where they are registered.
 */
import { makeContainsWord } from './contains-word.ts';
import { makeDetectSqli } from './detect-sqli.ts';
import { makeDetectXss } from './detect-xss.ts';
import { makeIpMatch, makeIpMatchFromFile } from './ip-match.ts';
import { makeEq, makeGe, makeGt, makeLe, makeLt } from './numbers.ts';
import { wholeValueOperator } from './operator.ts';
import type { OperatorKind } from './operator.ts';
import { makePm, makePmFromFile } from './pm.ts';
import { makeRx, makeRxGlobal } from './rx.ts';
import { makeBeginsWith, makeContains, makeEndsWith, makeStreq, makeWithin } from './text-search.ts';
import { makeValidateByteRange, makeValidateUrlEncoding, makeValidateUtf8Encoding } from './validate.ts';
import {
  makeValidateNid,
  makeVerifyCc,
  makeVerifyCpf,
  makeVerifySsn,
  makeVerifySvnr,
} from './verify-number.ts';

const OPERATORS: readonly OperatorKind[] = [
  { name: 'beginsWith', takesMacros: true, make: makeBeginsWith },
  { name: 'contains', takesMacros: true, make: makeContains },
  { name: 'containsWord', takesMacros: true, make: makeContainsWord },
  { name: 'detectSQLi', takesMacros: false, make: makeDetectSqli },
  { name: 'detectXSS', takesMacros: false, make: makeDetectXss },
  { name: 'endsWith', takesMacros: true, make: makeEndsWith },
  { name: 'eq', takesMacros: true, make: makeEq },
  { name: 'ge', takesMacros: true, make: makeGe },
  { name: 'gt', takesMacros: true, make: makeGt },
  { name: 'ipMatch', takesMacros: false, make: makeIpMatch },
  { name: 'ipMatchF', takesMacros: false, make: makeIpMatchFromFile },
  { name: 'ipMatchFromFile', takesMacros: false, make: makeIpMatchFromFile },
  { name: 'le', takesMacros: true, make: makeLe },
  { name: 'lt', takesMacros: true, make: makeLt },
  { name: 'noMatch', takesMacros: false, make: () => wholeValueOperator(() => false) },
  { name: 'pm', takesMacros: false, make: makePm },
  { name: 'pmf', takesMacros: false, make: makePmFromFile },
  { name: 'pmFromFile', takesMacros: false, make: makePmFromFile },
  { name: 'rx', takesMacros: true, mayGiveUp: true, make: makeRx },
  { name: 'rxGlobal', takesMacros: true, mayGiveUp: true, make: makeRxGlobal },
  { name: 'streq', takesMacros: true, make: makeStreq },
  { name: 'strmatch', takesMacros: true, make: makeContains },
  { name: 'unconditionalMatch', takesMacros: false, make: () => wholeValueOperator(() => true) },
  { name: 'validateByteRange', takesMacros: false, make: makeValidateByteRange },
  { name: 'validateNid', takesMacros: false, mayGiveUp: true, make: makeValidateNid },
  { name: 'validateUrlEncoding', takesMacros: false, make: makeValidateUrlEncoding },
  { name: 'validateUtf8Encoding', takesMacros: false, make: makeValidateUtf8Encoding },
  { name: 'verifyCC', takesMacros: false, mayGiveUp: true, make: makeVerifyCc },
  { name: 'verifyCPF', takesMacros: false, mayGiveUp: true, make: makeVerifyCpf },
  { name: 'verifySSN', takesMacros: false, mayGiveUp: true, make: makeVerifySsn },
  { name: 'verifySVNR', takesMacros: false, mayGiveUp: true, make: makeVerifySvnr },
  { name: 'within', takesMacros: true, make: makeWithin },
];

const BY_NAME: ReadonlyMap<string, OperatorKind> = new Map(
  OPERATORS.map((operator) => [operator.name.toLowerCase(), operator]),
);

export function operatorNamed(name: string): OperatorKind | undefined {
  return BY_NAME.get(name.toLowerCase());
}

export const OPERATOR_NAMES: readonly string[] = OPERATORS.map((operator) => operator.name);
