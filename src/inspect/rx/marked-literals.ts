/**
 * Literals of which every match of a pattern holds one, as those of literals.ts, but each has a byte of some set: who looks
 * for them need only look where such bytes are.
 *
 * Safety argument: as that of literals.ts. Where nothing is known of the whole, what one part of a sequence needs is what the
 * sequence needs, and a choice needs what one of its ways does.
 */
import { hasByte } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { costOf } from './literal-cost.ts';
import { literalSetsOf } from './literals.ts';
import type { PatternNode } from './syntax.ts';

type Literals = readonly string[];

/** In lower case; undefined when there are no such, or too many. */
export function markedLiterals(node: PatternNode, marks: ByteSet): Literals | undefined {
  const known = literalSetsOf(node).find((set) => set.every((literal) => isMarked(literal, marks)));
  return known ?? markedInside(node, marks);
}

/** Literals of a choice, all ways together. */
const LITERALS_MAX = 512;

function markedInside(node: PatternNode, marks: ByteSet): Literals | undefined {
  switch (node.kind) {
    case 'capture':
    case 'atomic':
      return markedLiterals(node.part, marks);
    case 'repeat':
      return node.min > 0 ? markedLiterals(node.part, marks) : undefined;
    case 'sequence':
      return rarest(node.parts.map((part) => markedLiterals(part, marks)));
    case 'choice':
      return together(node.parts.map((part) => markedLiterals(part, marks)));
    case 'set':
    case 'look':
    case 'byte-look':
    case 'condition':
    case 'backreference':
    case 'empty':
    case 'edge':
    case 'keep':
      return undefined;
  }
}

/** Whether it holds a byte of `marks`. */
function isMarked(literal: string, marks: ByteSet): boolean {
  for (let at = 0; at < literal.length; at++) if (hasByte(marks, literal.charCodeAt(at))) return true;
  return false;
}

function rarest(sets: readonly (Literals | undefined)[]): Literals | undefined {
  let best: Literals | undefined;
  let bestCost = Infinity;
  for (const set of sets) {
    const cost = set === undefined ? Infinity : costOf(set);
    if (cost >= bestCost) continue;
    best = set;
    bestCost = cost;
  }
  return best;
}

function together(sets: readonly (Literals | undefined)[]): Literals | undefined {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const literal of set) all.add(literal);
    if (all.size > LITERALS_MAX) return undefined;
  }
  return [...all];
}
