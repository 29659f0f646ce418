/**
 * Tests that need a literal of a single byte: too common for the scan of literals, which they would make slower for all.
 * They are sorted into groups by the bytes of which a match must contain one, and one pass over a text says which groups
 * occur in it (match/byte-profile.ts).
 */
import type { Operator } from '../operators/operator.ts';
import { foldAscii } from '../match/phrase-automaton.ts';
import { frequencyOf } from '../rx/literal-cost.ts';

/** What a test needs, if not a group of bytes: nothing, or one of its literals. */
export const NEED_NOTHING = 0;
export const NEED_LITERAL = -1;

/** Groups, one bit each. More sets of bytes than this share the last group, which is then all of their bytes. */
const GROUPS_MAX = 30;

export interface ByteGroups {
  /** A bit of `of`, NEED_LITERAL for operators with longer literals, or NEED_NOTHING. */
  readonly needOf: (operator: Operator) => number;
  /** For each byte the groups that it is in; both cases of a letter are one. */
  readonly table: Int32Array;
}

export function groupBytes(operators: readonly Operator[]): ByteGroups {
  const bits = new Map<string, number>();
  const table = new Int32Array(256);
  for (const { literals } of operators) {
    if (literals === undefined || !hasSingle(literals)) continue;
    const bytes = bytesOf(literals);
    const bit = bits.get(bytes) ?? 1 << Math.min(bits.size, GROUPS_MAX);
    bits.set(bytes, bit);
    for (let at = 0; at < bytes.length; at++) table[bytes.charCodeAt(at) & 0xff]! |= bit; // 256 entries.
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) table[upper]! |= table[upper + 32]!; // 0x61 to 0x7a.
  return {
    table,
    needOf({ literals }) {
      if (literals === undefined) return NEED_NOTHING;
      return hasSingle(literals) ? (bits.get(bytesOf(literals)) ?? NEED_NOTHING) : NEED_LITERAL;
    },
  };
}

function hasSingle(literals: readonly string[]): boolean {
  return literals.some((literal) => literal.length === 1);
}

/** One byte of each literal, the rarest in what people write. Sorted, each once. */
function bytesOf(literals: readonly string[]): string {
  return [...new Set(literals.map((literal) => rarestByte(foldAscii(literal))))].sort().join('');
}

function rarestByte(literal: string): string {
  return Array.from(literal).reduce((best, byte) =>
    frequencyOf(byte.charCodeAt(0)) < frequencyOf(best.charCodeAt(0)) ? byte : best,
  );
}
