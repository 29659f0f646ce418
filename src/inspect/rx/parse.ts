/**
 * Reads a regular expression in the part of PCRE's syntax that can be run in linear time.
 *
 * The pattern is bytes as latin1, as is what it will be run on: a character of two UTF-8 bytes is two bytes here, as in
 * PCRE without its UTF mode. Defaults are those of ModSecurity 2: `.` matches a line feed, `$` only the very end, `^`
 * only the very start. Look-around, backreferences, atomic groups and possessive quantifiers cannot be run by an
 * automaton; they are refused by name, never approximated: a pattern that is read differently from what its author
 * meant is a hole.
 */
import { addAll, complementOf, ESCAPE_SETS, foldedSet, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { readBracket } from './parse-bracket.ts';
import { readByteEscape } from './parse-escape.ts';
import { PatternError } from './syntax.ts';
import type { Pattern, PatternNode } from './syntax.ts';

/** Groups within groups. Patterns of real rule sets nest below 20; the reader recurses, so that there is a bound. */
const DEPTH_MAX = 100;
/** Count in `{n,m}`. PCRE allows 65,535; each count is that many copies in the program. */
const REPEAT_MAX = 1000;

interface Flags {
  readonly i: boolean;
  readonly s: boolean;
  readonly m: boolean;
}

interface Reader {
  readonly text: string;
  index: number;
  captureCount: number;
  depth: number;
  /** The set of each literal that occurred, so that equal ones are one object. */
  readonly literals: Map<string, PatternNode>;
}

const EMPTY: PatternNode = { kind: 'empty' };

/** Throws a PatternError that says what is wrong or cannot be run, and where. */
export function parsePattern(text: string): Pattern {
  const reader: Reader = { text, index: 0, captureCount: 0, depth: 0, literals: new Map() };
  const root = readChoice(reader, { i: false, s: true, m: false });
  if (reader.index < text.length) throw syntax(reader.index, '")" closes no group');
  return { root, captureCount: reader.captureCount };
}

/** Reads up to `)` or the end. Flags set inside with `(?i)` hold to the end of the group, later branches included. */
function readChoice(reader: Reader, flags: Flags): PatternNode {
  const branches: PatternNode[] = [];
  let parts: PatternNode[] = [];
  let current = flags;
  while (reader.index < reader.text.length && reader.text[reader.index] !== ')') {
    if (reader.text[reader.index] === '|') {
      reader.index++;
      branches.push(sequenceOf(parts));
      parts = [];
      continue;
    }
    const changed = readFlagsOnly(reader, current);
    if (changed !== undefined) current = changed;
    else parts.push(readQuantified(reader, current));
  }
  branches.push(sequenceOf(parts));
  return branches.length === 1 ? (branches[0] ?? EMPTY) : { kind: 'choice', parts: branches };
}

function sequenceOf(parts: readonly PatternNode[]): PatternNode {
  const [first] = parts;
  if (first === undefined) return EMPTY;
  return parts.length === 1 ? first : { kind: 'sequence', parts };
}

function readQuantified(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const part = readAtom(reader, flags);
  const count = readCount(reader);
  if (count === undefined) return part;
  let isGreedy = true;
  if (reader.text[reader.index] === '?') {
    isGreedy = false;
    reader.index++;
  } else if (reader.text[reader.index] === '+') {
    throw unsupported(reader.index, 'possessive quantifier');
  }
  if (readCount(reader) !== undefined) throw syntax(start, 'two quantifiers follow each other');
  return { kind: 'repeat', part, ...count, isGreedy };
}

/** The quantifier at the reader, if there is one. A `{` that does not begin a count is a literal, as in PCRE. */
function readCount(reader: Reader): { min: number; max: number } | undefined {
  const start = reader.index;
  const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] } as const;
  const character = reader.text[start];
  if (character === '*' || character === '+' || character === '?') {
    reader.index++;
    const [min, max] = simple[character];
    return { min, max };
  }
  if (character !== '{') return undefined;
  const counted = /^\{(\d{1,9})(?:(,)(\d{0,9}))?\}/.exec(reader.text.slice(start, start + 24));
  if (counted === null) return undefined;
  const min = Number(counted[1]);
  const max = counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3]);
  if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX)) {
    throw new PatternError('pattern-too-large', start, `count in "${counted[0]}" is above ${REPEAT_MAX}`);
  }
  if (max < min) throw syntax(start, `count in "${counted[0]}" ends below its beginning`);
  reader.index += counted[0].length;
  return { min, max };
}

function readAtom(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const character = reader.text[start] ?? '';
  switch (character) {
    case '(':
      return readGroup(reader, flags);
    case '[':
      reader.index++;
      return oneOf(readBracket(reader, start), flags);
    case '\\':
      return readEscape(reader, flags);
    case '.':
      reader.index++;
      return { kind: 'set', set: flags.s ? setOf([0, 255]) : complementOf(setOf([0x0a, 0x0a])) };
    case '^':
      reader.index++;
      return { kind: 'assertion', assertion: flags.m ? 'line-start' : 'start' };
    case '$':
      reader.index++;
      return { kind: 'assertion', assertion: flags.m ? 'line-end' : 'end' };
    default:
      if (readCount(reader) !== undefined) throw syntax(start, `quantifier "${character}" follows nothing`);
      reader.index++;
      return literal(reader, character.charCodeAt(0), flags);
  }
}

function readEscape(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const letter = reader.text[start + 1] ?? '';
  const assertion = ({ b: 'word-edge', B: 'no-word-edge', A: 'start', z: 'end' } as const)[letter];
  if (assertion !== undefined) {
    reader.index += 2;
    return { kind: 'assertion', assertion };
  }
  const set = ESCAPE_SETS[letter] ?? complementNamed(letter);
  if (set !== undefined) {
    reader.index += 2;
    return { kind: 'set', set };
  }
  return literal(reader, readByteEscape(reader), flags);
}

function complementNamed(letter: string): ByteSet | undefined {
  const set = letter === letter.toUpperCase() ? ESCAPE_SETS[letter.toLowerCase()] : undefined;
  return set === undefined ? undefined : complementOf(set);
}

const GROUP_KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\(\?=|^\(\?!/, 'look-ahead'],
  [/^\(\?<[=!]/, 'look-behind'],
  [/^\(\?>/, 'atomic group'],
  [/^\(\?\(/, 'conditional group'],
  [/^\(\?#/, 'comment group'],
  [/^\(\?(?:R|[+-]?\d|&|P>)/, 'recursion'],
  [/^\(\?P=/, 'backreference'],
  [/^\(\?\|/, 'branch reset group'],
  [/^\(\*/, 'verb'],
];

function readGroup(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const head = reader.text.slice(start, start + 64);
  const unsupportedKind = GROUP_KINDS.find(([form]) => form.test(head));
  if (unsupportedKind !== undefined) throw unsupported(start, unsupportedKind[1]);
  const named = /^\(\?(?:P?<|')[A-Za-z_]\w{0,31}[>']/.exec(head);
  const flagged = /^\(\?([a-zA-Z-]*):/.exec(head);
  if (flagged !== null) {
    reader.index += flagged[0].length;
    return readInner(reader, withFlags(flags, flagged[1] ?? '', start), start);
  }
  if (named === null && head.startsWith('(?'))
    throw syntax(start, `group "${head.slice(0, 4)}" is not known`);
  reader.index += named === null ? 1 : named[0].length;
  const index = ++reader.captureCount;
  return { kind: 'capture', part: readInner(reader, flags, start), index };
}

function readInner(reader: Reader, flags: Flags, start: number): PatternNode {
  if (++reader.depth > DEPTH_MAX) {
    throw new PatternError('pattern-too-large', start, `groups nest deeper than ${DEPTH_MAX}`);
  }
  const inner = readChoice(reader, flags);
  if (reader.text[reader.index] !== ')') throw syntax(start, '"(" is not closed');
  reader.index++;
  reader.depth--;
  return inner;
}

/** `(?i)` and the like, which changes the flags of what follows in the same group. */
function readFlagsOnly(reader: Reader, flags: Flags): Flags | undefined {
  const start = reader.index;
  const only = /^\(\?([a-zA-Z-]+)\)/.exec(reader.text.slice(start, start + 16));
  if (only === null || only[1] === 'R') return undefined;
  reader.index += only[0].length;
  return withFlags(flags, only[1] ?? '', start);
}

function withFlags(flags: Flags, letters: string, start: number): Flags {
  const changed = { ...flags };
  let value = true;
  for (const letter of letters) {
    if (letter === '-') value = false;
    else if (letter === 'i' || letter === 's' || letter === 'm') changed[letter] = value;
    else throw unsupported(start, `flag "${letter}"`);
  }
  return changed;
}

function literal(reader: Reader, byte: number, flags: Flags): PatternNode {
  const key = `${byte}${flags.i ? 'i' : ''}`;
  const known = reader.literals.get(key) ?? oneOf(setOf([byte, byte]), flags);
  reader.literals.set(key, known);
  return known;
}

/** Negated brackets are complemented after folding: `(?i)[^a]` refuses both cases. readBracket hands both parts over. */
function oneOf(
  part: ByteSet | { readonly set: ByteSet; readonly isNegated: boolean },
  flags: Flags,
): PatternNode {
  const plain = part instanceof Uint8Array ? { set: part, isNegated: false } : part;
  const set = new Uint8Array(256);
  addAll(set, flags.i ? foldedSet(plain.set) : plain.set);
  return { kind: 'set', set: plain.isNegated ? complementOf(set) : set };
}

function syntax(index: number, because: string): PatternError {
  return new PatternError('pattern-syntax', index, because);
}

function unsupported(index: number, what: string): PatternError {
  return new PatternError('pattern-unsupported', index, `${what} is not supported`);
}
