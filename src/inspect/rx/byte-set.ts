/**
 * Sets of bytes: the alphabet of patterns. A set is 256 flags, indexed by the byte.
 */

export type ByteSet = Uint8Array;

export function setOf(...ranges: readonly (readonly [number, number])[]): ByteSet {
  const set = new Uint8Array(256);
  for (const [first, last] of ranges) set.fill(1, first, last + 1);
  return set;
}

export function complementOf(set: ByteSet): ByteSet {
  return set.map((flag) => 1 - flag);
}

/** Adds every byte of `from` to `into`. */
export function addAll(into: ByteSet, from: ByteSet): void {
  for (let byte = 0; byte < 256; byte++) if (from[byte] === 1) into[byte] = 1;
}

/** Whether every byte of `set` is in `of`. */
export function isWithin(set: ByteSet, of: ByteSet): boolean {
  return set.every((flag, byte) => flag === 0 || of[byte] === 1);
}

/** The set closed under ASCII case: bytes above 127 have no case, as in PCRE's C locale. */
export function foldedSet(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    if (set[upper] === 1 || set[upper + 32] === 1) folded[upper] = folded[upper + 32] = 1;
  }
  return folded;
}

export function bytesOf(set: ByteSet): readonly number[] {
  const bytes: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) bytes.push(byte);
  return bytes;
}

/** Which bytes are in the set, as text: equal sets have equal keys. */
export function keyOf(set: ByteSet): string {
  return String.fromCharCode.apply(undefined, set as unknown as number[]); // apply takes any array-like of numbers.
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return set[byte & 0xff] === 1;
}

/** `\d`, `\w`, `\s`, `\h`, `\v` as PCRE defines them without Unicode; each capital letter is the complement. */
export const ESCAPE_SETS: Readonly<Record<string, ByteSet>> = {
  d: setOf([0x30, 0x39]),
  w: setOf([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]),
  s: setOf([0x09, 0x0d], [0x20, 0x20]),
  h: setOf([0x09, 0x09], [0x20, 0x20], [0xa0, 0xa0]),
  v: setOf([0x0a, 0x0d], [0x85, 0x85]),
};

/** `[:name:]` inside a bracket, in the C locale. */
export const POSIX_SETS: Readonly<Record<string, ByteSet>> = {
  alpha: setOf([0x41, 0x5a], [0x61, 0x7a]),
  digit: setOf([0x30, 0x39]),
  alnum: setOf([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  upper: setOf([0x41, 0x5a]),
  lower: setOf([0x61, 0x7a]),
  space: setOf([0x09, 0x0d], [0x20, 0x20]),
  blank: setOf([0x09, 0x09], [0x20, 0x20]),
  punct: setOf([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  print: setOf([0x20, 0x7e]),
  graph: setOf([0x21, 0x7e]),
  cntrl: setOf([0x00, 0x1f], [0x7f, 0x7f]),
  xdigit: setOf([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
  word: setOf([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]),
};

/** Whether the byte is one of `\w`; used by `\b` and by whole-word searches. */
export function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f ||
    (byte >= 0x61 && byte <= 0x7a)
  );
}
