/**
 * Reads what stands in parentheses: groups with and without capture, flags, looks, conditions.
 */
import { addAll, complementOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { EMPTY, groupNumber, NEVER, referenceNode } from './reader.ts';
import type { Flags, Reader } from './reader.ts';
import { checkLookBehind } from './size.ts';
import { PatternError, syntaxError, unsupportedError } from './syntax.ts';
import type { LookNode, PatternNode } from './syntax.ts';

/** Groups within groups. Patterns of real rule sets nest below 20; the readers recurse, so that there is a bound. */
const DEPTH_MAX = 100;

const REFUSED_GROUPS: readonly (readonly [RegExp, string])[] = [
  [/^\(\?(?:R|[+-]?\d|&|P>)/, 'recursion'],
  [/^\(\?C/, 'callout'],
  [/^\(\*/, 'verb'],
];

const LOOKS: readonly (readonly [string, boolean, boolean])[] = [
  ['(?=', true, false],
  ['(?!', true, true],
  ['(?<=', false, false],
  ['(?<!', false, true],
];

/** Reads the group at the reader. */
export function readGroup(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const second = reader.text[start + 1];
  if (second !== '?' && second !== '*') return readCapture(reader, flags, 1, start);
  const head = reader.text.slice(start, start + 64);
  for (const [form, name] of REFUSED_GROUPS) if (form.test(head)) throw unsupportedError(start, name);
  const look = readLook(reader, flags);
  if (look !== undefined) return look;
  if (head.startsWith('(?>')) return readAtomic(reader, flags, start);
  if (head.startsWith('(?|')) return readInner(reader, flags, start, 3, true);
  if (head.startsWith('(?(')) return readCondition(reader, flags, start);
  const again = /^\(\?P=(\w{1,32})\)/.exec(head);
  if (again !== null) {
    reader.index += again[0].length;
    return referenceNode(reader, again[1] ?? '', flags, start);
  }
  const flagged = /^\(\?([a-zA-Z^-]*):/.exec(head);
  if (flagged !== null) {
    return readInner(reader, withFlags(flags, flagged[1] ?? '', start), start, flagged[0].length);
  }
  const named = /^\(\?(?:P?<|')([A-Za-z_]\w{0,31})[>']/.exec(head);
  if (named === null) throw syntaxError(start, `group "${head.slice(0, 4)}" is not known`);
  const name = named[1] ?? '';
  reader.names.set(name, [...(reader.names.get(name) ?? []), reader.captureCount + 1]);
  return readCapture(reader, flags, named[0].length, start);
}

/** `(?i)` and the like, which changes the flags of what follows in the same group. */
export function readFlagsOnly(reader: Reader, flags: Flags): Flags | undefined {
  const start = reader.index;
  if (reader.text[start + 1] !== '?') return undefined;
  const only = /^\(\?([a-zA-Z^-]+)\)/.exec(reader.text.slice(start, start + 16));
  if (only === null || only[1] === 'R') return undefined;
  reader.index += only[0].length;
  return withFlags(flags, only[1] ?? '', start);
}

function readCapture(reader: Reader, flags: Flags, skipped: number, start: number): PatternNode {
  const index = ++reader.captureCount;
  return { kind: 'capture', part: readInner(reader, flags, start, skipped), index };
}

/** Reads from behind the head of a group, `skipped` bytes long, to behind its `)`. */
function readInner(
  reader: Reader,
  flags: Flags,
  start: number,
  skipped: number,
  resetsCaptures = false,
): PatternNode {
  if (++reader.depth > DEPTH_MAX) {
    throw new PatternError('pattern-too-large', start, `groups nest deeper than ${DEPTH_MAX}`);
  }
  reader.index += skipped;
  const inner = reader.readChoice(reader, flags, resetsCaptures);
  if (reader.text[reader.index] !== ')') throw syntaxError(start, '"(" is not closed');
  reader.index++;
  reader.depth--;
  return inner;
}

function readAtomic(reader: Reader, flags: Flags, start: number): PatternNode {
  reader.isPure = false;
  return { kind: 'atomic', part: readInner(reader, flags, start, 3) };
}

function readLook(reader: Reader, flags: Flags): PatternNode | undefined {
  const start = reader.index;
  const form = LOOKS.find(([head]) => reader.text.startsWith(head, start));
  if (form === undefined) return undefined;
  const [head, isAhead, isNegated] = form;
  const wasPure = reader.isPure;
  const part = readInner(reader, flags, start, head.length);
  if (part.kind === 'empty') return isNegated ? NEVER : EMPTY;
  const set = oneByteOf(part);
  if (set !== undefined && wasPure === reader.isPure) {
    return { kind: 'byte-look', set: isNegated ? complementOf(set) : set, isAhead, atEdge: isNegated };
  }
  if (!isAhead) checkLookBehind(part, start);
  reader.isPure = false;
  return { kind: 'look', part, isAhead, isNegated };
}

/** The set of a part that is exactly one byte. */
function oneByteOf(part: PatternNode): ByteSet | undefined {
  if (part.kind === 'set') return part.set;
  if (part.kind !== 'choice') return undefined;
  const all = new Uint8Array(256);
  for (const branch of part.parts) {
    const set = oneByteOf(branch);
    if (set === undefined) return undefined;
    addAll(all, set);
  }
  return all;
}

function readCondition(reader: Reader, flags: Flags, start: number): PatternNode {
  const condition = readConditionHead(reader, flags, start);
  reader.isPure = false;
  const inner = readInner(reader, flags, start, 0);
  const branches = inner.kind === 'choice' ? inner.parts : [inner];
  if (branches.length > 2) throw syntaxError(start, 'condition has more than two branches');
  return { kind: 'condition', condition, yes: branches[0] ?? EMPTY, no: branches[1] ?? EMPTY };
}

/** Reads from `(?(` to behind the condition. */
function readConditionHead(reader: Reader, flags: Flags, start: number): readonly number[] | LookNode {
  const form = /^\(\?\((?:(\d{1,5})|([+-]\d{1,5})|<(\w{1,32})>|'(\w{1,32})'|(\w{1,32}))\)/.exec(
    reader.text.slice(start, start + 48),
  );
  if (form === null) {
    reader.index += 2;
    const look = readLook(reader, flags);
    if (look === undefined) throw syntaxError(start, 'condition is not known');
    if (look.kind === 'look') return look;
    return { kind: 'look', part: look, isAhead: true, isNegated: false };
  }
  // Of the ways to write it only one took part.
  const [head = '', number, relative, ...names]: readonly (string | undefined)[] = form;
  const name = names.find((text) => text !== undefined);
  if (name === 'R' || name === 'DEFINE') throw unsupportedError(start, `condition "${name}"`);
  const groups: number[] = [];
  const wanted = name ?? groupNumber(reader, number ?? relative ?? '');
  reader.references.push({ wanted, groups, index: start });
  reader.index += head.length;
  return groups;
}

function withFlags(flags: Flags, letters: string, start: number): Flags {
  const changed = { ...flags };
  let value = true;
  for (const letter of letters) {
    if (letter === '-') value = false;
    else if (letter === '^') Object.assign(changed, { i: false, s: false, m: false, x: false });
    else if (letter === 'i' || letter === 's' || letter === 'm' || letter === 'x' || letter === 'U')
      changed[letter] = value;
    else if (letter !== 'J') throw unsupportedError(start, `flag "${letter}"`);
  }
  return changed;
}
