/**
 * Whether an assertion holds between two bytes. -1 stands for "no byte": before the first, behind the last.
 */
import { isWordByte } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import type { EdgeName } from './syntax.ts';

const LINE_FEED = 0x0a;

/** What can be decided by looking at one byte on each side: all edges but `\G`, and looks at one byte. */
export type Assertion =
  | { readonly kind: 'edge'; readonly edge: EdgeName }
  | {
      readonly kind: 'byte-look';
      readonly set: ByteSet;
      readonly isAhead: boolean;
      readonly atEdge: boolean;
    };

/** `isFinal` says that `after` is the last byte of the value: `$` holds before a final line feed. */
export function assertionHolds(
  assertion: Assertion,
  before: number,
  after: number,
  isFinal: boolean,
): boolean {
  if (assertion.kind === 'edge') return edgeHolds(assertion.edge, before, after, isFinal);
  const byte = assertion.isAhead ? after : before;
  return byte === -1 ? assertion.atEdge : assertion.set[byte] === 1;
}

export function edgeHolds(edge: EdgeName, before: number, after: number, isFinal: boolean): boolean {
  switch (edge) {
    case 'start':
      return before === -1;
    case 'end':
      return after === -1;
    case 'final-end':
      return after === -1 || (after === LINE_FEED && isFinal);
    case 'line-start':
      // PCRE: behind a line feed that ends the value no new line begins.
      return before === -1 || (before === LINE_FEED && after !== -1);
    case 'line-end':
      return after === -1 || after === LINE_FEED;
    case 'word-edge':
      return isWordAt(before) !== isWordAt(after);
    case 'no-word-edge':
      return isWordAt(before) === isWordAt(after);
    case 'search-start':
      // Not decided by bytes: only the backtracking engine runs it.
      return false;
  }
}

function isWordAt(byte: number): boolean {
  return byte !== -1 && isWordByte(byte);
}
