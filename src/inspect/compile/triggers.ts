/**
 * Which transformations can change a value, apart from its case.
 *
 * Folding case is left out of account because the search for literals does not see case anyway: `lowercase` would
 * otherwise make a second text of nearly every value. A letter therefore counts as both of its cases.
 */
import type { Look } from '../match/kind.ts';
import { TRANSFORMATION_NAMES, TRIGGERS, transformationNamed } from '../transforms/table.ts';
import type { Transformation } from '../transforms/table.ts';

/** Their letters are in lower case afterwards. */
const FOLDING: readonly string[] = ['lowercase', 'cmdLine'];

export function isFolding({ name }: Transformation): boolean {
  return FOLDING.includes(name);
}

/** Transformations of which a look tells whether they change a text that has a byte which triggers them. */
export const LOOKS: readonly Look[] = TRANSFORMATION_NAMES.flatMap((name) => {
  const { triggerBit = 0, isIn } = transformationNamed(name) ?? {};
  return isIn === undefined || triggerBit === 0 ? [] : [{ bit: triggerBit, isIn }];
});

/** For each byte the bits of the transformations that it triggers. */
export const TRIGGER_BITS: Int32Array = caseless();

function caseless(): Int32Array {
  const folding = FOLDING.reduce((bits, name) => bits | (transformationNamed(name)?.triggerBit ?? 0), 0);
  return Int32Array.from(TRIGGERS, (bits, byte) => {
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    return isUpper ? (bits & ~folding) | TRIGGERS[byte + 32]! : bits; // 0x61 to 0x7a.
  });
}
