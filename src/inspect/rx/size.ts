/**
 * How large a pattern is: as a program, and in bytes of what it matches. Both are bounded when the rules are loaded.
 */
import { PatternError, syntaxError } from './syntax.ts';
import type { EdgeName, PatternNode } from './syntax.ts';

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

/**
 * The length of the longest value without a line feed that a pattern matches which begins with `^` and ends with `$`, or the
 * like; undefined for any other, or when there is no longest one.
 *
 * Safety argument: without a line feed both edges hold at the ends of the value only, so that the match is all of it. Groups
 * that look at other bytes take none, and so are counted as none; a reference to a group may take any number.
 */
export function longestLine(root: PatternNode): number | undefined {
  if (root.kind !== 'sequence' || !isEdge(root.parts[0], BEGINNINGS) || !isEdge(root.parts.at(-1), ENDS))
    return undefined;
  const { max } = lengthsOf(root);
  return max === Infinity ? undefined : max;
}

const BEGINNINGS: ReadonlySet<EdgeName> = new Set<EdgeName>(['start', 'line-start']);
const ENDS: ReadonlySet<EdgeName> = new Set<EdgeName>(['end', 'final-end', 'line-end']);

function isEdge(node: PatternNode | undefined, names: ReadonlySet<EdgeName>): boolean {
  return node?.kind === 'edge' && names.has(node.edge);
}

export function checkLookBehind(part: PatternNode, index: number): void {
  if (lengthsOf(part).max > LOOK_BEHIND_MAX) {
    throw syntaxError(index, `look-behind may look back further than ${LOOK_BEHIND_MAX} bytes`);
  }
}
