/**
 * A text that a regular expression matches, made from its tree: choices are taken at random, repeats as short as they
 * can be or a little longer. Looks and edges are not solved; who asks checks the sample and asks again.
 */
import { bytesOf } from '../../../src/inspect/rx/byte-set.ts';
import { parsePattern } from '../../../src/inspect/rx/parse.ts';
import type { PatternNode } from '../../../src/inspect/rx/syntax.ts';
import type { PcreOption } from '../../../src/inspect/snort/rule.ts';

/** A number from 0 up to `count`, not included. */
export type Pick = (count: number) => number;

export function samplePattern(option: PcreOption, pick: Pick): string {
  const known = TREES.get(option);
  const root = known ?? treeOf(option);
  if (known === undefined) TREES.set(option, root);
  return sample(root, { pick, captured: [] });
}

/** A rule is guessed at many times. */
const TREES = new WeakMap<PcreOption, PatternNode>();
const MEMBERS = new WeakMap<Uint8Array, readonly number[]>();

function treeOf({ pattern, flags }: PcreOption): PatternNode {
  return parsePattern(pattern, {
    ignoreCase: flags.includes('i'),
    dotAll: flags.includes('s'),
    multiLine: flags.includes('m'),
    extended: flags.includes('x'),
  }).root;
}

interface Sampling {
  readonly pick: Pick;
  /** What each group has captured. */
  readonly captured: string[];
}

/** Bytes that are taken first from a large set: they mean nothing to most patterns, URLs and markup. */
const PREFERRED: readonly string[] = 'a A 1 x Z 9 _ - . = /'.split(' ');

/** How many more than needed a repeat takes now and then. */
const MORE_MAX = 12;

function sample(node: PatternNode, sampling: Sampling): string {
  switch (node.kind) {
    case 'empty':
    case 'edge':
    case 'byte-look':
    case 'keep':
      return '';
    case 'set':
      return sampleSet(node.set, sampling.pick);
    case 'sequence':
      return node.parts.map((part) => sample(part, sampling)).join('');
    case 'choice':
      return sample(node.parts[sampling.pick(node.parts.length)] ?? { kind: 'empty' }, sampling);
    case 'repeat': {
      const more = Math.min(node.max - node.min, sampling.pick(4) === 3 ? sampling.pick(MORE_MAX) : 0);
      let text = '';
      for (let count = 0; count < node.min + more; count++) text += sample(node.part, sampling);
      return text;
    }
    case 'capture': {
      const text = sample(node.part, sampling);
      sampling.captured[node.index] = text;
      return text;
    }
    case 'look':
      // What must stand behind this place is written there now and then; mostly what follows says it, too.
      return node.isAhead && !node.isNegated && sampling.pick(2) === 0 ? sample(node.part, sampling) : '';
    case 'atomic':
      return sample(node.part, sampling);
    case 'backreference':
      return sampling.captured[node.groups[0] ?? 0] ?? '';
    case 'condition':
      return sample(node.yes, sampling);
  }
}

function sampleSet(set: Uint8Array, pick: Pick): string {
  const members = MEMBERS.get(set) ?? bytesOf(set);
  MEMBERS.set(set, members);
  const preferred = PREFERRED.filter((character) => set[character.charCodeAt(0)] === 1);
  if (preferred.length > 0 && (members.length > 30 || pick(2) === 0)) {
    return preferred[pick(Math.min(preferred.length, 1 + pick(preferred.length)))] ?? 'a';
  }
  const byte = members[pick(members.length)];
  return byte === undefined ? '' : String.fromCharCode(byte);
}
