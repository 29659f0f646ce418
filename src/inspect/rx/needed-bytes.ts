/**
 * A set of bytes of which every match of a pattern holds one: the rarest that its form tells.
 *
 * Safety argument: as that of literals.ts. What is not understood is answered by "nothing is known".
 */
import { addAll } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { frequencyOf } from './literal-cost.ts';
import type { PatternNode } from './syntax.ts';

export function neededBytes(node: PatternNode): ByteSet | undefined {
  switch (node.kind) {
    case 'set':
      return node.set;
    case 'capture':
    case 'atomic':
      return neededBytes(node.part);
    case 'look':
      // What it looks at is in the value too.
      return node.isNegated ? undefined : neededBytes(node.part);
    case 'sequence':
      return rarest(node.parts);
    case 'choice':
      return together(node.parts);
    case 'repeat':
      return node.min > 0 ? neededBytes(node.part) : undefined;
    case 'byte-look':
      return node.atEdge ? undefined : node.set;
    case 'empty':
    case 'edge':
    case 'keep':
    case 'backreference':
    case 'condition':
      return undefined;
  }
}

function rarest(parts: readonly PatternNode[]): ByteSet | undefined {
  let best: ByteSet | undefined;
  let bestCost = Infinity;
  for (const part of parts) {
    const set = neededBytes(part);
    const cost = set === undefined ? Infinity : costOf(set);
    if (cost >= bestCost) continue;
    best = set;
    bestCost = cost;
  }
  return best;
}

function together(parts: readonly PatternNode[]): ByteSet | undefined {
  const all = new Uint8Array(256);
  for (const part of parts) {
    const set = neededBytes(part);
    if (set === undefined) return undefined;
    addAll(all, set);
  }
  return all;
}

/** Every text of some length has most letters and digits: they tell less than their share of the bytes. */
const WORD_FACTOR = 10;

/** A guess of how often one of the bytes comes in harmless texts. */
function costOf(set: ByteSet): number {
  let cost = 0;
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] === 1) cost += frequencyOf(byte) * (isWordByte(byte) ? WORD_FACTOR : 1);
  }
  return cost;
}

function isWordByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}
