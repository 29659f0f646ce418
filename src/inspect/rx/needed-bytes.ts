/**
 * A set of bytes of which every match of a pattern holds one: the rarest that its form tells, or the rarest whose bytes
 * are all allowed.
 *
 * Safety argument: as that of literals.ts. What is not understood is answered by "nothing is known".
 */
import { addAll, isWithin, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { frequencyOf } from './literal-cost.ts';
import type { PatternNode } from './syntax.ts';

/** Every byte. */
const ANY: ByteSet = setOf([0, 255]);

/** Undefined when no set is known whose bytes are all in `allowed`. */
export function neededBytes(node: PatternNode, allowed: ByteSet = ANY): ByteSet | undefined {
  const set = neededOf(node, allowed);
  return set === undefined || !isWithin(set, allowed) ? undefined : set;
}

function neededOf(node: PatternNode, allowed: ByteSet): ByteSet | undefined {
  switch (node.kind) {
    case 'set':
      return node.set;
    case 'capture':
    case 'atomic':
      return neededOf(node.part, allowed);
    case 'look':
      // What it looks at is in the value too.
      return node.isNegated ? undefined : neededOf(node.part, allowed);
    case 'sequence':
      return rarest(node.parts, allowed);
    case 'choice':
      return together(node.parts, allowed);
    case 'repeat':
      return node.min > 0 ? neededOf(node.part, allowed) : undefined;
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

function rarest(parts: readonly PatternNode[], allowed: ByteSet): ByteSet | undefined {
  let best: ByteSet | undefined;
  let bestCost = Infinity;
  for (const part of parts) {
    const set = neededBytes(part, allowed);
    const cost = set === undefined ? Infinity : costOf(set);
    if (cost >= bestCost) continue;
    best = set;
    bestCost = cost;
  }
  return best;
}

function together(parts: readonly PatternNode[], allowed: ByteSet): ByteSet | undefined {
  const all = new Uint8Array(256);
  for (const part of parts) {
    const set = neededOf(part, allowed);
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
