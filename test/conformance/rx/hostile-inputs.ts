/**
 * Values made to hurt one pattern: what it begins with again and again, near misses, loops that go on, and noise over
 * the bytes that it tells apart.
 */
import { Buffer } from 'node:buffer';
import { bytesOf } from '../../../src/inspect/rx/byte-set.ts';
import type { PatternNode } from '../../../src/inspect/rx/syntax.ts';
import type { Random } from '../../support/fuzz.ts';

/** Makers of values of exactly `length` bytes: they are as large as there are many of them. */
export function hostileInputs(root: PatternNode, length: number, random: Random): readonly (() => string)[] {
  const pieces = new Set<string>(['a', '(', '[{', '"\'', ' ', '\n', '\0']);
  for (let turn = 0; turn < 3; turn++) {
    const sample = sampleOf(root, random, turn).slice(0, 2048);
    for (const cut of [sample.length - 1, sample.length >>> 1, 1 + random(sample.length + 1)]) {
      pieces.add(sample.slice(0, Math.max(1, cut)));
    }
  }
  const values = [...pieces].filter((piece) => piece !== '').map((piece) => () => filled(piece, length));
  const alphabet = alphabetOf(root, random);
  for (const size of [2, 4, alphabet.length]) {
    const letters = Array.from({ length: size }, () => alphabet[random(alphabet.length)] ?? 'a');
    values.push(() => noise(letters, length, random));
  }
  // A good beginning, and noise behind it.
  const beginning = sampleOf(root, random, 1).slice(0, -1);
  values.push(() => filled(`${beginning}${alphabet.join('').repeat(50)}`, length));
  return values;
}

function filled(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

/** Without a period: what an automaton learns from the beginning is no help later. */
function noise(letters: readonly string[], length: number, random: Random): string {
  const bytes = Buffer.allocUnsafe(length);
  const codes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  for (let at = 0; at < length; at++) bytes[at] = codes[random(codes.length)] ?? 0;
  return bytes.toString('latin1');
}

/** Something that matches the node, or nearly: looks and references are left out. `extra` turns of each loop. */
function sampleOf(node: PatternNode, random: Random, extra: number): string {
  switch (node.kind) {
    case 'set': {
      const bytes = bytesOf(node.set);
      return bytes.length === 0 ? '' : String.fromCharCode(bytes[random(bytes.length)] ?? 0);
    }
    case 'sequence':
      return node.parts.map((part) => sampleOf(part, random, extra)).join('');
    case 'choice': {
      const part = node.parts[random(node.parts.length)];
      return part === undefined ? '' : sampleOf(part, random, extra);
    }
    case 'capture':
    case 'atomic':
      return sampleOf(node.part, random, extra);
    case 'repeat': {
      const count = Math.min(node.max, node.min + (extra === 0 ? 0 : random(3 * extra)), 1200);
      let text = '';
      for (let turn = 0; turn < count && text.length < 2048; turn++)
        text += sampleOf(node.part, random, extra);
      return text;
    }
    case 'condition':
      return sampleOf(node.yes, random, extra);
    case 'empty':
    case 'edge':
    case 'byte-look':
    case 'keep':
    case 'look':
    case 'backreference':
      return '';
  }
}

/** One byte of each set that occurs. */
function alphabetOf(root: PatternNode, random: Random): readonly string[] {
  const letters = new Set<string>();
  const visit = (node: PatternNode): void => {
    if (node.kind === 'set') {
      const bytes = bytesOf(node.set);
      if (bytes.length > 0) letters.add(String.fromCharCode(bytes[random(bytes.length)] ?? 0));
    } else if ('part' in node) visit(node.part);
    else if ('parts' in node) node.parts.forEach(visit);
  };
  visit(root);
  return letters.size === 0 ? ['a'] : [...letters];
}
