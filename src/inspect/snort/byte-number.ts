/**
 * Numbers out of a buffer, for byte_test, byte_jump, byte_extract and byte_math.
 *
 * Values are exact up to 2^53; of binary numbers with seven or eight bytes the lowest bits are rounded.
 */
import type { ByteMathOption, Dialect, NumberForm } from './rule.ts';

export interface ByteNumber {
  readonly value: number;
  /** How many bytes of the buffer it was. */
  readonly used: number;
}

/** The number of `count` bytes at `at`, or undefined when they are not there or are no digits. */
export function readByteNumber(
  text: string,
  at: number,
  count: number,
  form: NumberForm,
): ByteNumber | undefined {
  if (at < 0 || at >= text.length || count < 1) return undefined;
  if (form.isText && form.isWhole && at + count > text.length) return undefined;
  if (form.isText) return masked(readDigits(text, at, Math.min(text.length, at + count), form.base), form);
  if (at + count > text.length || count > 8) return undefined;
  return masked({ value: readBinary(text, at, count, form.isLittleEndian), used: count }, form);
}

function readBinary(text: string, at: number, count: number, isLittleEndian: boolean): number {
  let value = 0;
  for (let index = 0; index < count; index++) {
    const from = isLittleEndian ? at + count - 1 - index : at + index;
    value = value * 256 + text.charCodeAt(from);
  }
  return value;
}

/** As strtoul: blanks, a sign, digits up to the first byte that is none. `0x` is allowed where the base is 16. */
function readDigits(text: string, start: number, end: number, base: 8 | 10 | 16): ByteNumber | undefined {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  const isNegative = text[at] === '-';
  if (at < end && (isNegative || text[at] === '+')) at++;
  if (base === 16 && at + 2 < end && /^0x[0-9a-f]$/i.test(text.slice(at, at + 3))) at += 2;
  const first = at;
  let value = 0;
  for (; at < end; at++) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit >= base) break;
    value = value * base + digit;
  }
  if (at === first) return undefined;
  // A negative number wraps to 64 bits in both engines: far above every bound that a rule can have.
  return { value: isNegative ? 2 ** 64 - value : value, used: at - start };
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 99;
}

function masked(number: ByteNumber | undefined, form: NumberForm): ByteNumber | undefined {
  if (number === undefined || form.bitmask === 0) return number;
  return { value: Number(maskedBits(BigInt(number.value), form.bitmask)), used: number.used };
}

/** The bits of the mask, moved right by the zero bits at its end. */
function maskedBits(value: bigint, bitmask: number): bigint {
  const mask = BigInt(bitmask);
  return (value & mask) / (mask & -mask);
}

/**
 * The result of byte_math, or undefined when there is none. Suricata keeps 64 bits of it, and applies the mask then; Snort 2
 * keeps 32 bits, and in Snort 3 sums, differences and products that do not fit in 32 are none.
 */
export function calculate(
  value: number,
  { operator, resultBitmask }: Pick<ByteMathOption, 'operator' | 'resultBitmask'>,
  operand: number,
  dialect: Dialect,
): number | undefined {
  const isSuricata = dialect === 'suricata';
  const exact = exactResult(BigInt(value), operator, BigInt(operand), isSuricata);
  if (exact === undefined) return undefined;
  const kept = BigInt.asUintN(isSuricata ? 64 : 32, exact);
  if (dialect === 'snort3' && kept !== exact && operator !== '<<') return undefined;
  return Number(resultBitmask === 0 ? kept : maskedBits(kept, resultBitmask));
}

/** Further than this everything is shifted out; and nobody may make numbers of as many bits as a rule likes. */
const SHIFT_MAX = 64n;

function exactResult(
  value: bigint,
  operator: ByteMathOption['operator'],
  operand: bigint,
  isSuricata: boolean,
): bigint | undefined {
  switch (operator) {
    case '+':
      return value + operand;
    case '-':
      return value - operand;
    case '*':
      return value * operand;
    case '/':
      return operand === 0n ? undefined : value / operand;
    case '<<':
      if (!isSuricata && operand > 31n) return undefined;
      return operand >= SHIFT_MAX ? 0n : value << operand;
    case '>>':
      return operand >= SHIFT_MAX ? 0n : value >> operand;
  }
}

/** Whether the two have a bit in common; with `isExclusive` whether they differ in a bit. */
export function bitsMeet(left: number, right: number, isExclusive: boolean): boolean {
  if (isExclusive) return left !== right;
  if (left <= 0xffff_ffff && right <= 0xffff_ffff) return (left & right) !== 0;
  return (BigInt(left) & BigInt(right)) !== 0n;
}
