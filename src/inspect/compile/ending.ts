/**
 * Patterns such as `\.([^.]+)$`, which capture what stands behind the last of some byte: of a path its ending. What they
 * capture is found without running them.
 */
import { bytesOf } from '../rx/byte-set.ts';
import { parsePattern } from '../rx/parse.ts';
import type { Regex } from '../rx/regex.ts';
import type { PatternNode } from '../rx/syntax.ts';

/**
 * The byte before the ending, when the pattern is that byte, one or more of all others captured, and the end: then it
 * matches a text of one line if and only if something stands behind the last such byte, and captures exactly that. Case
 * and line feeds are not looked into: `byte` is no letter, and who asks has a text without a line feed.
 */
export function byteBeforeEnding(regex: Regex): string | undefined {
  const { root } = parsePattern(regex.source, regex.options);
  if (regex.options.anchored === true || root.kind !== 'sequence' || root.parts.length !== 3)
    return undefined;
  const [before, captured, end] = root.parts;
  if (before?.kind !== 'set' || captured?.kind !== 'capture' || !isEnd(end)) return undefined;
  const { part } = captured;
  if (part.kind !== 'repeat' || part.min !== 1 || part.max !== Infinity || part.part.kind !== 'set') {
    return undefined;
  }
  const [byte, ...more] = bytesOf(before.set);
  if (byte === undefined || more.length > 0) return undefined;
  const { set } = part.part;
  return set.every((flag, other) => flag === (other === byte ? 0 : 1))
    ? String.fromCharCode(byte)
    : undefined;
}

function isEnd(node: PatternNode | undefined): boolean {
  return (
    node?.kind === 'edge' && (node.edge === 'end' || node.edge === 'final-end' || node.edge === 'line-end')
  );
}
