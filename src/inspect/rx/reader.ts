/**
 * What the readers of patterns share: the place in the text, the flags, and what was seen so far.
 */
import { complementOf, foldedSet, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { syntaxError } from './syntax.ts';
import type { PatternNode, SetNode } from './syntax.ts';

/** The flags that a pattern can change while it is read. */
export interface Flags {
  readonly i: boolean;
  readonly s: boolean;
  readonly m: boolean;
  readonly x: boolean;
  readonly U: boolean;
}

export interface Reader {
  readonly text: string;
  index: number;
  captureCount: number;
  depth: number;
  /** Between `\Q` and `\E`. */
  isQuoting: boolean;
  /** See Pattern. */
  isPure: boolean;
  readonly dollarEndOnly: boolean;
  readonly names: Map<string, number[]>;
  /** References to resolve once all groups are known: a pattern may name a group before it opens. */
  readonly references: {
    readonly wanted: string | number;
    readonly groups: number[];
    readonly index: number;
  }[];
  /** The node of each single byte that occurred, so that equal ones are one object. */
  readonly literals: Map<number, SetNode>;
  /** Brackets that occurred, as they stand there: large patterns repeat few of them hundreds of times. */
  readonly brackets: KnownBracket[];
  /** Reads the inside of a group. A field, because groups and choices are read by each other. */
  readonly readChoice: (reader: Reader, flags: Flags, resetsCaptures: boolean) => PatternNode;
}

export interface KnownBracket {
  readonly text: string;
  /** Whether case was ignored. */
  readonly isFolded: boolean;
  readonly node: SetNode;
}

/** Brackets that are kept of one pattern. */
const BRACKETS_MAX = 16;

/** The node of a bracket that begins here and occurred before. A bracket ends where its own text says, whatever follows. */
export function knownBracket(reader: Reader, flags: Flags): KnownBracket | undefined {
  return reader.brackets.find(
    ({ text, isFolded }) => isFolded === flags.i && reader.text.startsWith(text, reader.index),
  );
}

export function keepBracket(reader: Reader, bracket: KnownBracket): SetNode {
  if (reader.brackets.length < BRACKETS_MAX) reader.brackets.push(bracket);
  return bracket.node;
}

export const EMPTY: PatternNode = { kind: 'empty' };
/** Matches nothing at all, as `(?!)` does. */
export const NEVER: PatternNode = { kind: 'set', set: setOf() };

export function literalNode(reader: Reader, byte: number, flags: Flags): SetNode {
  const key = flags.i ? byte | 0x100 : byte;
  const known = reader.literals.get(key);
  if (known !== undefined) return known;
  const set = new Uint8Array(256);
  const isCapital = byte >= 0x41 && byte <= 0x5a;
  set[byte] = 1;
  if (flags.i && isCapital) set[byte + 32] = 1;
  else if (flags.i && byte >= 0x61 && byte <= 0x7a) set[byte - 32] = 1;
  const node: SetNode = { kind: 'set', set, letter: String.fromCharCode(isCapital ? byte + 32 : byte) };
  reader.literals.set(key, node);
  return node;
}

/** Negated sets are complemented after folding: `(?i)[^a]` refuses both cases. */
export function setNode(set: ByteSet, flags: Flags, isNegated = false): SetNode {
  const folded = flags.i ? foldedSet(set) : set;
  return { kind: 'set', set: isNegated ? complementOf(folded) : folded };
}

export function sequenceOf(parts: readonly PatternNode[]): PatternNode {
  const [first] = parts;
  if (first === undefined) return EMPTY;
  return parts.length === 1 ? first : { kind: 'sequence', parts };
}

export function choiceOf(parts: readonly PatternNode[]): PatternNode {
  return parts.length === 1 ? (parts[0] ?? EMPTY) : { kind: 'choice', parts };
}

/** The group that `3`, `-1` or `+1` means here. */
export function groupNumber(reader: Reader, text: string): number {
  const number = Number(text);
  if (text.startsWith('-')) return reader.captureCount + 1 + number;
  return text.startsWith('+') ? reader.captureCount + number : number;
}

/** The node of a reference to a group; it is checked and resolved when the whole pattern has been read. */
export function referenceNode(
  reader: Reader,
  wanted: string | number,
  flags: Flags,
  index: number,
): PatternNode {
  const groups: number[] = [];
  reader.references.push({ wanted, groups, index });
  reader.isPure = false;
  return { kind: 'backreference', groups, ignoresCase: flags.i };
}

export function resolveReferences(reader: Reader): void {
  for (const { wanted, groups, index } of reader.references) {
    const known = typeof wanted === 'string' ? reader.names.get(wanted) : [wanted];
    if (known === undefined || known.some((group) => group < 1 || group > reader.captureCount)) {
      throw syntaxError(index, `group "${wanted}" does not exist`);
    }
    groups.push(...known);
  }
}

/** Steps over what means nothing: `(?#...)`, the marks `\Q` and `\E`, and white space and comments under `(?x)`. */
export function skipIgnored(reader: Reader, flags: Flags): void {
  const text = reader.text;
  for (;;) {
    const first = text.charCodeAt(reader.index); // NaN at the end, which is none of these.
    if (first === 0x5c) {
      const letter = text[reader.index + 1];
      if (letter !== 'E' && (letter !== 'Q' || reader.isQuoting)) return;
      reader.isQuoting = letter === 'Q';
      reader.index += 2;
    } else if (reader.isQuoting) return;
    else if (first === 0x28 && text.startsWith('(?#', reader.index)) {
      const end = text.indexOf(')', reader.index);
      if (end === -1) throw syntaxError(reader.index, '"(?#" is not closed');
      reader.index = end + 1;
    } else if (flags.x && (first === 0x20 || (first >= 0x09 && first <= 0x0d))) reader.index++;
    else if (flags.x && first === 0x23) {
      const end = text.indexOf('\n', reader.index);
      reader.index = end === -1 ? text.length : end + 1;
    } else return;
  }
}
