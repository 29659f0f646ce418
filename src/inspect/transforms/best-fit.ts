/**
 * Unicode characters as the ASCII character that systems with a "best fit" conversion would take them for.
 *
 * Attackers write `%u2019` for a quote because such systems turn it into one behind the inspection. Most follows from
 * Unicode's own compatibility decomposition (é is e with an accent, ² is 2); the rest is the table: punctuation that
 * looks like ASCII and has no decomposition.
 */
import { foldFullWidth } from './characters.ts';

const LOOKS_LIKE: ReadonlyMap<number, string> = new Map([
  ...entries(
    ' ',
    0xa0,
    0x2000,
    0x2001,
    0x2002,
    0x2003,
    0x2004,
    0x2005,
    0x2006,
    0x2007,
    0x2008,
    0x2009,
    0x200a,
    0x202f,
    0x3000,
  ),
  ...entries("'", 0x02b9, 0x02bb, 0x02bc, 0x02bd, 0x02c8, 0x0301, 0x2018, 0x2019, 0x201a, 0x201b, 0x2032),
  ...entries('"', 0x02ba, 0x030e, 0x201c, 0x201d, 0x201e, 0x201f, 0x2033, 0x301d, 0x301e, 0x301f),
  ...entries('`', 0x02cb, 0x0300, 0x2035),
  ...entries('-', 0xad, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2500),
  ...entries('<', 0xab, 0x2039, 0x2329, 0x3008),
  ...entries('>', 0xbb, 0x203a, 0x232a, 0x3009),
  ...entries('/', 0x2044, 0x2215, 0x2571),
  ...entries('\\', 0x2216, 0x2572),
  ...entries('|', 0xa6, 0x01c0, 0x2223, 0x2502, 0x2758),
  ...entries('*', 0x2217, 0x204e),
  ...entries('_', 0x02cd, 0x0331, 0x0332, 0x2017),
  ...entries('.', 0xb7, 0x2022, 0x2024, 0x2219),
  ...entries(',', 0xb8, 0x0327),
  ...entries('!', 0xa1, 0x01c3),
  ...entries('^', 0x02c4, 0x02c6, 0x0302, 0x2303),
  ...entries('~', 0x02dc, 0x0303, 0x223c),
  ...entries(':', 0x2236),
  ...entries('$', 0xa4),
  ...entries('c', 0xa2),
  ...entries('Y', 0xa5),
  ...entries('C', 0xa9),
  ...entries('R', 0xae),
  ...entries('A', 0xc6),
  ...entries('a', 0xe6),
  ...entries('D', 0xd0, 0x0110),
  ...entries('d', 0x0111),
  ...entries('O', 0xd8),
  ...entries('o', 0xf8),
  ...entries('L', 0x0141),
  ...entries('l', 0x0142),
  ...entries('i', 0x0131),
]);

/** A mark that only changes how the letter before it looks. */
const ONE_ASCII_WITH_MARKS = /^[!-~]\p{M}*$/u;

/** The byte for a code point below 0x10000: its ASCII likeness, else its low byte. */
export function bestFitByte(code: number): number {
  if (code < 0x80) return code;
  const folded = foldFullWidth(code);
  if (folded < 0x80) return folded;
  const likeness = LOOKS_LIKE.get(code);
  if (likeness !== undefined) return likeness.charCodeAt(0);
  // Decomposed forms are at most 18 characters long, whatever the character.
  const decomposed = String.fromCharCode(code).normalize('NFKD');
  return ONE_ASCII_WITH_MARKS.test(decomposed) ? decomposed.charCodeAt(0) : code & 0xff;
}

function entries(likeness: string, ...codes: readonly number[]): (readonly [number, string])[] {
  return codes.map((code) => [code, likeness]);
}
