/**
 * What is left of a pattern for values that hold none of some bytes: ways that need one of them are gone.
 *
 * Safety argument: in such a value a set of bytes never meets one of those, so that it matches what the rest of it does; a
 * part that needs one never matches, and what cannot do without this part does not either.
 */
import { isWithin } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import type { PatternNode, RepeatNode } from './syntax.ts';

const EMPTY: PatternNode = { kind: 'empty' };

/** Undefined when the pattern matches no such value. */
export function withoutBytes(node: PatternNode, absent: ByteSet): PatternNode | undefined {
  switch (node.kind) {
    case 'set':
      return withoutInSet(node, absent);
    case 'sequence': {
      const parts = node.parts.map((part) => withoutBytes(part, absent));
      return parts.every((part) => part !== undefined) ? { ...node, parts } : undefined;
    }
    case 'choice': {
      const parts = node.parts.flatMap((part) => withoutBytes(part, absent) ?? []);
      return parts.length === 0 ? undefined : { ...node, parts };
    }
    case 'repeat':
      return withoutInRepeat(node, absent);
    case 'capture':
    case 'atomic': {
      const part = withoutBytes(node.part, absent);
      return part === undefined ? undefined : { ...node, part };
    }
    // Nothing is said of the others: they stay as they are.
    case 'look':
    case 'condition':
    case 'backreference':
    case 'byte-look':
    case 'empty':
    case 'edge':
    case 'keep':
      return node;
  }
}

function withoutInSet(node: PatternNode & { kind: 'set' }, absent: ByteSet): PatternNode | undefined {
  const set = node.set.map((flag, byte) => (absent[byte] === 1 ? 0 : flag));
  if (isWithin(node.set, set)) return node;
  // One case of a letter may be left: what the letter says of the set is then still true, as case is not looked at.
  return set.includes(1) ? { ...node, set } : undefined;
}

function withoutInRepeat(node: RepeatNode, absent: ByteSet): PatternNode | undefined {
  const part = withoutBytes(node.part, absent);
  if (part === undefined) return node.min === 0 ? EMPTY : undefined;
  return { ...node, part };
}
