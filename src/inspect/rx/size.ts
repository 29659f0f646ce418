/**
 * How large a pattern is: as a program, and in bytes of what it matches. Both are bounded when the rules are loaded.
 */
import { PatternError, syntaxError } from './syntax.ts';
import type { PatternNode } from './syntax.ts';

/**
 * Instructions of one program. The largest expression of common rule sets needs about 6,000; running a program costs
 * at most its size for each byte, so that this bound is also the bound of that.
 */
export const PROGRAM_SIZE_MAX = 20_000;

/** How far back a look-behind may look: 255 bytes, as in PCRE2 for looks of variable length. */
const LOOK_BEHIND_MAX = 255;

/** Throws when the pattern is too large once its counts are written out. */
export function checkSize(root: PatternNode): void {
  if (sizeOf(root) + 3 > PROGRAM_SIZE_MAX) {
    throw new PatternError('pattern-too-large', 0, `pattern needs more than ${PROGRAM_SIZE_MAX} steps`);
  }
}

/** Instructions that a node becomes, at most. */
export function sizeOf(node: PatternNode): number {
  switch (node.kind) {
    case 'empty':
      return 0;
    case 'set':
    case 'edge':
    case 'byte-look':
    case 'keep':
    case 'backreference':
      return 1;
    case 'sequence':
      return sum(node.parts);
    case 'choice':
      return sum(node.parts) + 2 * (node.parts.length - 1);
    case 'capture':
    case 'look':
    case 'atomic':
      return sizeOf(node.part) + 2;
    case 'condition':
      return sizeOf(node.yes) + sizeOf(node.no) + ('kind' in node.condition ? sizeOf(node.condition) : 0) + 2;
    case 'repeat': {
      const part = sizeOf(node.part);
      // A part without instructions stays without, however often it is written.
      if (part === 0) return 0;
      return node.max === Infinity
        ? (node.min + 1) * part + 3
        : node.min * part + (node.max - node.min) * (part + 1);
    }
  }
}

function sum(parts: readonly PatternNode[]): number {
  let size = 0;
  for (const part of parts) size += sizeOf(part);
  return size;
}

export interface Lengths {
  readonly min: number;
  readonly max: number;
}

const ZERO: Lengths = { min: 0, max: 0 };

/** How many bytes the node can take. */
export function lengthsOf(node: PatternNode): Lengths {
  switch (node.kind) {
    case 'empty':
    case 'edge':
    case 'byte-look':
    case 'keep':
    case 'look':
      return ZERO;
    case 'set':
      return { min: 1, max: 1 };
    case 'backreference':
      return { min: 0, max: Infinity };
    case 'capture':
    case 'atomic':
      return lengthsOf(node.part);
    case 'sequence':
      return node.parts.map(lengthsOf).reduce(add, ZERO);
    case 'choice':
      return node.parts.map(lengthsOf).reduce(widen);
    case 'condition':
      return widen(lengthsOf(node.yes), lengthsOf(node.no));
    case 'repeat': {
      const { min, max } = lengthsOf(node.part);
      return { min: min * node.min, max: max === 0 ? 0 : max * node.max };
    }
  }
}

function add(left: Lengths, right: Lengths): Lengths {
  return { min: left.min + right.min, max: left.max + right.max };
}

function widen(left: Lengths, right: Lengths): Lengths {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) };
}

export function checkLookBehind(part: PatternNode, index: number): void {
  if (lengthsOf(part).max > LOOK_BEHIND_MAX) {
    throw syntaxError(index, `look-behind may look back further than ${LOOK_BEHIND_MAX} bytes`);
  }
}
