/**
 * Which bytes a match can begin with: a search steps over all others.
 */
import { addAll } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import type { PatternNode } from './syntax.ts';

/** Undefined when a match can be empty, or begin with what is not known. */
export function firstBytes(root: PatternNode): ByteSet | undefined {
  const set = new Uint8Array(256);
  return collect(root, set) || set.every((flag) => flag === 1) ? undefined : set;
}

/** Adds the bytes that the node can begin with; whether it can also take none. */
function collect(node: PatternNode, into: ByteSet): boolean {
  switch (node.kind) {
    case 'set':
      addAll(into, node.set);
      return false;
    case 'sequence':
      return node.parts.every((part) => collect(part, into));
    case 'choice': {
      const nullables = node.parts.map((part) => collect(part, into));
      return nullables.includes(true);
    }
    case 'repeat':
      if (node.max === 0) return true;
      return collect(node.part, into) || node.min === 0;
    case 'capture':
    case 'atomic':
      return collect(node.part, into);
    case 'condition': {
      const yes = collect(node.yes, into);
      return collect(node.no, into) || yes;
    }
    case 'backreference':
      into.fill(1);
      return true;
    case 'empty':
    case 'edge':
    case 'byte-look':
    case 'keep':
    case 'look':
      return true;
  }
}
