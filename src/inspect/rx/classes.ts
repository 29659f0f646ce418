/**
 * The columns of all tables: bytes that nothing in a pattern tells apart fall into one class, so that tables are a few
 * dozen columns wide. Assertions are decided by tables, too: by the kind of the byte before and the column behind.
 */
import { assertionHolds } from './assertion.ts';
import type { Assertion } from './assertion.ts';
import { ESCAPE_SETS, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';

export interface Classes {
  readonly classCount: number;
  /** The class of each byte. */
  readonly classOf: Uint8Array;
  /** For each set, one flag for each column; the two columns behind the classes are those named below. */
  readonly sets: readonly Uint8Array[];
  /** classCount + 2. Column classCount is the end of the value, the next one a line feed that is its last byte. */
  readonly columnCount: number;
  /** The kind that stands before the first byte of a value. */
  readonly kindAtStart: number;
  /** For each column what kind of "byte before" its bytes are: assertions tell kinds apart, and nothing else. */
  readonly kindOf: Uint16Array;
  readonly kindCount: number;
  /** For each assertion one flag for kind × columnCount + column. */
  readonly truths: readonly Uint8Array[];
  /** Whether the last byte needs the column of its own when it is a line feed. */
  readonly needsFinal: boolean;
}

const LINE_FEED = 0x0a;

/** With `isBackward` the value is read from its end: the byte that was read before stands behind. */
export function classify(
  sets: readonly ByteSet[],
  assertions: readonly Assertion[],
  isBackward = false,
): Classes {
  const { classOf, byteOf } = partition([...sets, ...setsTold(assertions)]);
  const classCount = byteOf.length;
  const columnCount = classCount + 2;
  // The byte behind, for each column; -1 is none.
  const afters = [...byteOf, -1, LINE_FEED];
  const rowsOf = (before: number): readonly Uint8Array[] =>
    assertions.map((assertion) =>
      Uint8Array.from(afters, (after, column) =>
        (
          isBackward
            ? assertionHolds(assertion, after, before, false)
            : assertionHolds(assertion, before, after, column > classCount)
        )
          ? 1
          : 0,
      ),
    );
  const kinds = new Map<string, number>();
  const rows: (readonly Uint8Array[])[] = [];
  const kindFor = (before: number): number => {
    if (assertions.length === 0) return 0;
    const row = rowsOf(before);
    const key = row.map((flags) => flags.join('')).join();
    const known = kinds.get(key);
    if (known !== undefined) return known;
    kinds.set(key, rows.length);
    return rows.push(row) - 1;
  };
  const kindAtStart = kindFor(-1);
  const kindOf = Uint16Array.from(afters, (byte) => kindFor(byte));
  return {
    classCount,
    classOf,
    columnCount,
    sets: sets.map((set) => Uint8Array.from(afters, (byte) => (byte === -1 ? 0 : set[byte]!))), // 256 flags.
    kindAtStart,
    kindOf,
    kindCount: Math.max(rows.length, 1),
    truths: assertions.map((_, index) => {
      const table = new Uint8Array(rows.length * columnCount);
      for (const [kind, row] of rows.entries()) table.set(row[index]!, kind * columnCount); // A row has all.
      return table;
    }),
    needsFinal: assertions.some(
      ({ kind, ...rest }) => kind === 'edge' && 'edge' in rest && rest.edge === 'final-end',
    ),
  };
}

/** The sets of bytes that assertions look at, on either side. */
function setsTold(assertions: readonly Assertion[]): readonly ByteSet[] {
  const sets: ByteSet[] = [];
  let hasEdge = false;
  for (const assertion of assertions) {
    if (assertion.kind === 'byte-look') sets.push(assertion.set);
    else hasEdge = true;
  }
  return hasEdge ? [...sets, ESCAPE_SETS['w'] ?? setOf(), setOf([LINE_FEED, LINE_FEED])] : sets;
}

/** Splits the bytes by one set after the other: a class that has bytes inside and outside of the set becomes two. */
function partition(sets: readonly ByteSet[]): { readonly classOf: Uint8Array; readonly byteOf: number[] } {
  const classOf = new Uint8Array(256);
  let count = 1;
  const inside = new Int16Array(256);
  const sizes = new Int16Array(256);
  for (const set of sets) {
    inside.fill(0, 0, count);
    sizes.fill(0, 0, count);
    for (let byte = 0; byte < 256; byte++) {
      const index = classOf[byte]!; // The loops below stay within the 256 bytes and classes.
      sizes[index]!++;
      inside[index]! += set[byte]!;
    }
    const splitTo = new Int16Array(count).fill(-1);
    const before = count;
    for (let index = 0; index < before; index++) {
      if (inside[index]! > 0 && inside[index]! < sizes[index]!) splitTo[index] = count++;
    }
    if (count === before) continue;
    for (let byte = 0; byte < 256; byte++) {
      const target = splitTo[classOf[byte]!]!;
      if (target !== -1 && set[byte] === 1) classOf[byte] = target;
    }
  }
  const byteOf: number[] = new Array<number>(count).fill(-1);
  for (let byte = 255; byte >= 0; byte--) byteOf[classOf[byte]!] = byte;
  return { classOf, byteOf };
}
