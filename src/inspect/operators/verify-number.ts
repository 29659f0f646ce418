/**
 * `@verifyCC`, `@verifyCPF`, `@verifySSN`, `@verifySVNR`, and Coraza's `@validateNid`: numbers of cards and of people, so
 * that a leak of them can be told from other digits. Arguments: a regular expression that finds candidates; only those
 * whose digits add up match. With `capture`, TX.0 is the number as it stands in the value.
 *
 * verifyCC. Payment cards (ISO/IEC 7812-1, annex B). Example: `@verifyCC \d{13,16}`.
 * verifyCPF. Brazilian taxpayers. verifySSN. Social security numbers of the United States. verifySVNR. Austrian ones.
 * validateNid. Arguments: `cl` (Chile) or `us`, and the expression. Example: `@validateNid us \d{3}-?\d{2}-?\d{4}`.
 *
 * Every place where a candidate can begin is tried, as ModSecurity does; that is bounded, see BYTES_MAX_MORE.
 */
import { compileRegex, SECLANG_OPTIONS } from '../rx/regex.ts';
import { ArgumentError } from './operator.ts';
import type { Extent, Operator, OperatorContext } from './operator.ts';

export function makeVerifyCc(argument: string, context: OperatorContext): Operator {
  return verifyOperator(argument, isCardNumber, context);
}

export function makeVerifyCpf(argument: string, context: OperatorContext): Operator {
  return verifyOperator(argument, isCpf, context);
}

export function makeVerifySsn(argument: string, context: OperatorContext): Operator {
  return verifyOperator(argument, isSsn, context);
}

export function makeVerifySvnr(argument: string, context: OperatorContext): Operator {
  return verifyOperator(argument, isSvnr, context);
}

export function makeValidateNid(argument: string, context: OperatorContext): Operator {
  const parts = /^\s*(\S+)\s+([^]+)$/.exec(argument);
  const isNumber = parts?.[1] === 'cl' ? isRut : parts?.[1] === 'us' ? isSsn : undefined;
  if (isNumber === undefined) throw new ArgumentError('"cl" or "us" and a pattern are expected');
  return verifyOperator(parts?.[2] ?? '', isNumber, context);
}

/**
 * Bytes that the expression may look at: the value twice, and this many more. Candidates that overlap are looked at again from
 * each place, a card number of 16 digits in a row of digits 16 times, so that rows of 4,000 digits are within it. A value
 * beyond it counts as a match.
 */
const BYTES_MAX_MORE = 65_536;
/** What it costs for each byte to find a candidate (Regex.work), at most, if the expression does not look far behind it. */
const WORK_PER_BYTE = 8;

function verifyOperator(
  pattern: string,
  isNumber: (text: string) => boolean,
  { patterns }: OperatorContext,
): Operator {
  const regex = compileRegex(pattern, SECLANG_OPTIONS, patterns);
  let isExhausted = false;
  const search = (value: string): Extent | undefined => {
    isExhausted = false;
    let bytesLeft = 2 * value.length + BYTES_MAX_MORE;
    for (let from = 0; from < value.length;) {
      const match = regex.find(value, from);
      if (match === undefined) return undefined;
      const { start, end } = match;
      bytesLeft -= Math.max(end - from + 1, regex.work / WORK_PER_BYTE);
      isExhausted = match.isExhausted || bytesLeft < 0;
      if (isExhausted || isNumber(value.slice(start, end))) return { start, end };
      from = start + 1;
    }
    return undefined;
  };
  return {
    get literals() {
      return regex.literals;
    },
    test: (value) => search(value) !== undefined,
    find: (value) => search(value) ?? { start: 0, end: 0 },
    captures(value) {
      const extent = search(value);
      return extent === undefined || isExhausted ? [] : [value.slice(extent.start, extent.end)];
    },
    wasExhausted: () => isExhausted,
  };
}

/** The digits of a text; at most `max` of them. */
function digitsOf(text: string, max = Infinity): readonly number[] {
  const digits: number[] = [];
  for (let at = 0; at < text.length && digits.length < max; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9) digits.push(digit);
  }
  return digits;
}

/** The sum of digits with their weights, from the first digit on. */
function weighted(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);
}

/** The Luhn formula: every second digit from the right but one counts twice, nines cast out. */
function isCardNumber(text: string): boolean {
  const digits = digitsOf(text);
  const sum = digits.reduce((total, digit, index) => {
    const isDoubled = (digits.length - index) % 2 === 0;
    return total + (isDoubled ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit);
  }, 0);
  return digits.length > 0 && sum % 10 === 0;
}

/** Whether all digits are the same, or each is one more than that before it. */
function isRow(digits: readonly number[]): boolean {
  const steps = new Set(digits.slice(1).map((digit, index) => digit - (digits[index] ?? 0)));
  return steps.size === 1 && (steps.has(0) || steps.has(1));
}

const CPF_LENGTH = 11;
const CPF_BAD = '01234567890';

function isCpf(text: string): boolean {
  const digits = digitsOf(text, CPF_LENGTH);
  if (digits.length < CPF_LENGTH || isRow(digits) || digits.join('') === CPF_BAD) return false;
  const check = (weights: readonly number[]): number => {
    const rest = weighted(digits, weights) % 11;
    return rest < 2 ? 0 : 11 - rest;
  };
  return (
    digits[9] === check([10, 9, 8, 7, 6, 5, 4, 3, 2]) &&
    digits[10] === check([11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
  );
}

/** Areas from here on were never given out while areas had a meaning, that is before 2011. */
const SSN_AREA_END = 740;

function isSsn(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 9 || isRow(digits)) return false;
  const area = Number(digits.slice(0, 3).join(''));
  const group = Number(digits.slice(3, 5).join(''));
  const serial = Number(digits.slice(5).join(''));
  return area !== 0 && area !== 666 && area < SSN_AREA_END && group !== 0 && serial !== 0;
}

const SVNR_LENGTH = 10;
const SVNR_BAD: ReadonlySet<string> = new Set(['0123456789', '1234567890']);

/** The fourth digit checks the others: three of a serial number before it, six of a date of birth behind it. */
function isSvnr(text: string): boolean {
  const digits = digitsOf(text, SVNR_LENGTH);
  if (digits.length < SVNR_LENGTH || isRow(digits) || SVNR_BAD.has(digits.join(''))) return false;
  return digits[3] === (weighted(digits, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11) % 10;
}

/** The last character checks the digits before it: weights 2 to 7 from the right, 11 minus the rest; 10 is a K. */
function isRut(text: string): boolean {
  const characters = text.toLowerCase().replace(/[^0-9k]/g, '');
  const digits = digitsOf(characters.slice(0, -1)).toReversed();
  const weights = digits.map((_, index) => 2 + (index % 6));
  const check = 11 - (weighted(digits, weights) % 11);
  return digits.length > 0 && characters.at(-1) === (check === 10 ? 'k' : String(check % 11));
}
