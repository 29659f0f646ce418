/**
 * A pattern backwards: it matches the bytes of a match from the last to the first. Only the order of what stands in a sequence
 * changes; that assertions see their two bytes the other way round is for the tables of the program (classes.ts).
 *
 * Undefined where it cannot be: `\K` moves the place where a match begins, and `\Z` asks how far away the end is.
 */
import type { PatternNode } from './syntax.ts';

export function reversed(node: PatternNode): PatternNode | undefined {
  switch (node.kind) {
    case 'sequence': {
      const parts = reversedAll(node.parts);
      return parts === undefined ? undefined : { ...node, parts: parts.reverse() };
    }
    case 'choice': {
      const parts = reversedAll(node.parts);
      return parts === undefined ? undefined : { ...node, parts };
    }
    case 'repeat':
    case 'capture': {
      const part = reversed(node.part);
      return part === undefined ? undefined : { ...node, part };
    }
    case 'edge':
      return node.edge === 'final-end' || node.edge === 'search-start' ? undefined : node;
    case 'empty':
    case 'set':
    case 'byte-look':
      return node;
    case 'keep':
    case 'look':
    case 'atomic':
    case 'backreference':
    case 'condition':
      return undefined;
  }
}

function reversedAll(parts: readonly PatternNode[]): PatternNode[] | undefined {
  const made = parts.map(reversed);
  return made.every((part) => part !== undefined) ? made : undefined;
}
