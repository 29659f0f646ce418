/**
 * Signs that most texts of people do not have, one bit each: a pattern of which every match holds one of some signs need
 * not be run on a text that has none of them, whatever else of it is there.
 *
 * Safety argument: a bit of `needOf` is given only for a set of bytes all of which have one, and every match holds a byte
 * of that set (rx/needed-bytes.ts).
 */
import type { Operator } from '../operators/operator.ts';

/** In no order; as many as a number has bits but the highest, which would make it negative. */
const SIGNS = '<>(){}[]"\'`$;:=&|!~#%\\*?^@+\n\r,.';

export const NO_SIGN = 0;

/** Of each byte. */
export const SIGN_BITS: Int32Array = (() => {
  const table = new Int32Array(256);
  for (let bit = 0; bit < SIGNS.length; bit++) table[SIGNS.charCodeAt(bit)] = 1 << bit;
  return table;
})();

/** The signs of which every match holds one; NO_SIGN when it may hold none. */
export function signsNeeded({ neededBytes }: Operator): number {
  if (neededBytes === undefined) return NO_SIGN;
  let bits = 0;
  for (let byte = 0; byte < 256; byte++) {
    if (neededBytes[byte] !== 1) continue;
    if (SIGN_BITS[byte] === 0) return NO_SIGN;
    bits |= SIGN_BITS[byte]!; // 256 entries.
  }
  return bits;
}
