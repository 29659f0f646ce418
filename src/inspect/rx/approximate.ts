/**
 * Turns any pattern into one that an automaton can run, and that matches at least wherever the pattern does.
 *
 * Safety argument: each step below only adds matches. A look is taken as true, a reference to a group as anything that
 * the group itself could match, an atomic group as one that may go back, a condition as a choice. So "no" of the
 * approximation is "no" of the pattern; "yes" has to be confirmed by the backtracking engine.
 */
import { foldedSet, setOf } from './byte-set.ts';
import { EMPTY, choiceOf, sequenceOf } from './reader.ts';
import { PROGRAM_SIZE_MAX, sizeOf } from './size.ts';
import type { Pattern, PatternNode } from './syntax.ts';

const ANY_BYTES: PatternNode = {
  kind: 'repeat',
  part: { kind: 'set', set: setOf([0, 255]) },
  min: 0,
  max: Infinity,
  greed: 'greedy',
};

/** The pattern itself when it is pure. */
export function approximationOf(pattern: Pattern): Pattern {
  if (pattern.isPure) return pattern;
  const groups = new Map<number, PatternNode[]>();
  collectGroups(pattern.root, groups);
  const closed = widen(pattern.root, groups, []);
  // References repeat what their groups are; a pattern that becomes too large by that gets "anything" instead.
  const root = sizeOf(closed) < PROGRAM_SIZE_MAX / 2 ? closed : widen(pattern.root, new Map(), []);
  return { root, captureCount: pattern.captureCount, isPure: true };
}

function collectGroups(node: PatternNode, groups: Map<number, PatternNode[]>): void {
  switch (node.kind) {
    case 'capture':
      groups.set(node.index, [...(groups.get(node.index) ?? []), node.part]);
      collectGroups(node.part, groups);
      return;
    case 'sequence':
    case 'choice':
      for (const part of node.parts) collectGroups(part, groups);
      return;
    case 'repeat':
    case 'atomic':
    case 'look':
      collectGroups(node.part, groups);
      return;
    case 'condition':
      if ('kind' in node.condition) collectGroups(node.condition, groups);
      collectGroups(node.yes, groups);
      collectGroups(node.no, groups);
      return;
    case 'empty':
    case 'set':
    case 'edge':
    case 'byte-look':
    case 'keep':
    case 'backreference':
  }
}

/** `open` are the groups whose reference is being written out: within them a reference is "anything". */
function widen(
  node: PatternNode,
  groups: ReadonlyMap<number, readonly PatternNode[]>,
  open: readonly number[],
): PatternNode {
  switch (node.kind) {
    case 'sequence':
      return sequenceOf(node.parts.map((part) => widen(part, groups, open)));
    case 'choice':
      return choiceOf(node.parts.map((part) => widen(part, groups, open)));
    case 'capture':
      return { ...node, part: widen(node.part, groups, open) };
    case 'repeat':
      return { ...node, part: widen(node.part, groups, open) };
    case 'atomic':
      return widen(node.part, groups, open);
    case 'look':
      return EMPTY;
    case 'edge':
      return node.edge === 'search-start' ? EMPTY : node;
    case 'condition':
      return choiceOf([widen(node.yes, groups, open), widen(node.no, groups, open)]);
    case 'backreference':
      return choiceOf(node.groups.map((group) => again(group, groups, open, node.ignoresCase)));
    case 'empty':
    case 'set':
    case 'byte-look':
    case 'keep':
      return node;
  }
}

function again(
  group: number,
  groups: ReadonlyMap<number, readonly PatternNode[]>,
  open: readonly number[],
  folds: boolean,
): PatternNode {
  const parts = groups.get(group);
  if (parts === undefined || open.includes(group)) return ANY_BYTES;
  return choiceOf(parts.map((part) => bytesOnly(widen(part, groups, [...open, group]), folds)));
}

/** The same without groups and without assertions: those held where the group stood, not where it is repeated. */
function bytesOnly(node: PatternNode, folds: boolean): PatternNode {
  switch (node.kind) {
    case 'capture':
      return bytesOnly(node.part, folds);
    case 'sequence':
      return sequenceOf(node.parts.map((part) => bytesOnly(part, folds)));
    case 'choice':
      return choiceOf(node.parts.map((part) => bytesOnly(part, folds)));
    case 'repeat':
      return { ...node, part: bytesOnly(node.part, folds) };
    case 'set':
      return folds ? { kind: 'set', set: foldedSet(node.set) } : node;
    case 'edge':
    case 'byte-look':
    case 'keep':
      return EMPTY;
    // Gone since the pattern was widened, or without bytes.
    case 'empty':
    case 'look':
    case 'atomic':
    case 'backreference':
    case 'condition':
      return node;
  }
}
