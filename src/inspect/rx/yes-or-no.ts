/**
 * A smaller pattern for an engine that only says whether there is a match: of an optional beginning or end nothing is
 * left, and of a repeated one only what is needed. `.*foo.*` is `foo`.
 *
 * Such a pattern matches in a value if and only if the given one does: whoever has a match of one can cut it down or
 * has it already. Only the place of the match may differ.
 */
import { approximationOf } from './approximate.ts';
import { EMPTY, choiceOf, sequenceOf } from './reader.ts';
import type { Pattern, PatternNode } from './syntax.ts';

type Side = 'start' | 'end';

/** What an automaton can run for any pattern: it matches where the pattern does, and for a pure one nowhere else. */
export function widerPattern(pattern: Pattern, isAnchored: boolean): Pattern {
  const pure = approximationOf(pattern);
  return { ...pure, root: yesOrNo(pure.root, isAnchored) };
}

/** With `isAnchored` the beginning has to stay as it is. */
export function yesOrNo(root: PatternNode, isAnchored: boolean): PatternNode {
  const trimmed = trim(root, 'end');
  return isAnchored ? trimmed : trim(trimmed, 'start');
}

/** Whether nothing is left out at the beginning: then the smaller pattern has matches that begin where those of the given one do. */
export function keepsBeginning(node: PatternNode): boolean {
  switch (node.kind) {
    case 'capture':
      return keepsBeginning(node.part);
    case 'choice':
      return node.parts.every(keepsBeginning);
    case 'sequence': {
      const first = node.parts.find(({ kind }) => kind !== 'empty');
      return first !== undefined && keepsBeginning(first);
    }
    case 'repeat':
      return node.min === node.max && (node.min > 1 || keepsBeginning(node.part));
    case 'set':
    case 'edge':
    case 'byte-look':
    case 'keep':
      return true;
    case 'empty':
    case 'look':
    case 'atomic':
    case 'backreference':
    case 'condition':
      return false;
  }
}

function trim(node: PatternNode, side: Side): PatternNode {
  switch (node.kind) {
    case 'capture':
      return trim(node.part, side);
    case 'choice': {
      const parts = node.parts.map((part) => trim(part, side));
      // One way needs nothing: whoever matches in another way has a match in that one, too.
      return parts.some((part) => part.kind === 'empty') ? EMPTY : choiceOf(parts);
    }
    case 'sequence':
      return trimSequence(node.parts, side);
    case 'repeat':
      if (node.min === 0) return EMPTY;
      // Of several turns only the outermost may be cut down: the others have neighbours.
      if (node.min > 1) return { ...node, max: node.min };
      return trim(node.part, side);
    case 'empty':
    case 'set':
    case 'edge':
    case 'byte-look':
    case 'keep':
    case 'look':
    case 'atomic':
    case 'backreference':
    case 'condition':
      return node;
  }
}

/** What was trimmed away leaves its neighbour at the end. An assertion there stays, and guards what is beside it. */
function trimSequence(parts: readonly PatternNode[], side: Side): PatternNode {
  const rest = parts.slice();
  while (rest.length > 0) {
    const index = side === 'end' ? rest.length - 1 : 0;
    const trimmed = trim(rest[index] ?? EMPTY, side);
    rest[index] = trimmed;
    if (trimmed.kind !== 'empty') break;
    rest.splice(index, 1);
  }
  return sequenceOf(rest);
}
