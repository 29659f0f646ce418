/**
 * Signs that most texts of people do not have, one bit each: a test of which every match holds one of some signs need not
 * be run on a text that has none of them, whatever else of it is there.
 *
 * Safety argument: bits are given only for a set of bytes all of which have one, and every match holds a byte of that set:
 * because its pattern does (rx/needed-bytes.ts), or because it holds one of some literals, each of which has a sign.
 */
import type { Mark } from '../match/marked-search.ts';
import type { Operator } from '../operators/operator.ts';
import type { ByteSet } from '../rx/byte-set.ts';
import { frequencyOf } from '../rx/literal-cost.ts';

/** In no order; as many as a number has bits. */
const SIGNS = '<>(){}[]"\'`$;:=&|!~#%\\*?/@+\n\r,._';

export const NO_SIGN = 0;

/** Longer lists of phrases are not looked for by their signs. */
const LITERALS_MAX = 512;

/** Of each byte. */
export const SIGN_BITS: Int32Array = (() => {
  const table = new Int32Array(256);
  for (let bit = 0; bit < SIGNS.length; bit++) table[SIGNS.charCodeAt(bit)] = 1 << bit;
  return table;
})();

const IS_SIGN: ByteSet = Uint8Array.from(SIGN_BITS, (bit) => (bit === 0 ? 0 : 1));

/** Those that harmless texts hold least come first. */
export const SIGNS_BY_RARITY: readonly Mark[] = Array.from(SIGNS, (text) => ({
  text,
  bit: signsOf(text),
})).sort((left, right) => frequencyOf(left.text.charCodeAt(0)) - frequencyOf(right.text.charCodeAt(0)));

/** Literals with a sign each, of which every match holds one in a value without bytes of `absent`; undefined for none. */
export function literalsWithSigns(operator: Operator, absent: ByteSet): readonly string[] | undefined {
  if (operator.markedLiterals !== undefined) return operator.markedLiterals(IS_SIGN, absent);
  const { literals } = operator;
  if (literals === undefined || literals.length > LITERALS_MAX) return undefined;
  return literals.every((literal) => rarestSign(literal) !== NO_SIGN) ? literals : undefined;
}

/** The signs of which every match holds one; NO_SIGN when it may hold none. */
export function signsNeeded(operator: Operator): number {
  const needed = operator.neededBytes?.(IS_SIGN);
  return needed === undefined ? signsOfLiterals(operator.literals) : bitsOf(needed);
}

/** The bits of a set of bytes; NO_SIGN when one of them has none. */
export function bitsOf(set: ByteSet): number {
  let bits = NO_SIGN;
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] !== 1) continue;
    if (SIGN_BITS[byte] === 0) return NO_SIGN;
    bits |= SIGN_BITS[byte]!; // 256 entries.
  }
  return bits;
}

/** The rarest sign of each literal. */
function signsOfLiterals(literals: readonly string[] | undefined): number {
  let bits = NO_SIGN;
  for (const literal of literals ?? []) {
    const bit = rarestSign(literal);
    if (bit === NO_SIGN) return NO_SIGN;
    bits |= bit;
  }
  return bits;
}

/** The signs that a text holds. */
export function signsOf(text: string): number {
  let bits = NO_SIGN;
  for (let at = 0; at < text.length; at++) bits |= SIGN_BITS[text.charCodeAt(at) & 0xff]!; // 256 entries.
  return bits;
}

/** Those of plain sentences, and those of prose. */
export const PROSE_SIGNS: readonly number[] = ['.,\'":!?\n\r', '.,\'":!?\n\r;()'].map(signsOf);

/**
 * Of the literals of which every match holds one, those that a text without other signs than `signs` may hold: of several such
 * sets one without literals of two bytes, which make a scan slow, and without white space, which cmdLine brings in. What
 * stands at the ends of a literal may be left out: who holds " exist" holds "exist".
 */
export function literalsOfProse({ regex, literals = [] }: Operator, signs: number): readonly string[] {
  const isHeld = (literal: string): boolean => (signsOf(literal) & ~signs) === NO_SIGN;
  const held = literals.filter(isHeld);
  if (held.every(isWord)) return held;
  const words = (regex?.literalSets ?? []).map((set) => set.filter(isHeld).map((literal) => literal.trim()));
  return words.find((set) => set.every(isWord)) ?? held;
}

function isWord(literal: string): boolean {
  return literal.length > 2 && !/\s/.test(literal);
}

function rarestSign(literal: string): number {
  let best = NO_SIGN;
  let bestFrequency = Infinity;
  for (let at = 0; at < literal.length; at++) {
    const byte = literal.charCodeAt(at);
    const frequency = frequencyOf(byte);
    if (SIGN_BITS[byte & 0xff] === 0 || frequency >= bestFrequency) continue;
    best = SIGN_BITS[byte & 0xff]!; // 256 entries.
    bestFrequency = frequency;
  }
  return best;
}
