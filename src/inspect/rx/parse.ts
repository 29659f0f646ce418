/**
 * Reads a regular expression in PCRE's syntax.
 *
 * The pattern is bytes as latin1, as is what it will be run on: a character of two UTF-8 bytes is two bytes here, as in
 * PCRE without its UTF mode. What is not read (recursion, callouts, verbs, Unicode properties) is refused by name, never
 * approximated: a pattern that is read differently from what its author meant is a hole.
 */
import { complementOf, ESCAPE_SETS, setOf } from './byte-set.ts';
import type { ByteSet } from './byte-set.ts';
import { readBracket } from './parse-bracket.ts';
import { readByteEscape, readReference } from './parse-escape.ts';
import { readFlagsOnly, readGroup } from './parse-group.ts';
import {
  choiceOf,
  keepBracket,
  knownBracket,
  literalNode,
  resolveReferences,
  sequenceOf,
  setNode,
  skipIgnored,
} from './reader.ts';
import type { Flags, Reader } from './reader.ts';
import { checkSize } from './size.ts';
import { PatternError, syntaxError } from './syntax.ts';
import type { EdgeName, Pattern, PatternNode, PatternOptions } from './syntax.ts';

/** Count in `{n,m}`, as in PCRE; checkSize bounds what it multiplies. */
const REPEAT_MAX = 65_535;

/** `.` matches a line feed, `$` only the very end, `^` only the very start: what ModSecurity 2 runs with. */
const DEFAULT_OPTIONS: PatternOptions = { dotAll: true, dollarEndOnly: true };

/** Throws a PatternError that says what is wrong or cannot be run, and where. */
export function parsePattern(text: string, options: PatternOptions = DEFAULT_OPTIONS): Pattern {
  const reader: Reader = {
    text,
    index: 0,
    captureCount: 0,
    depth: 0,
    isQuoting: false,
    isPure: true,
    dollarEndOnly: options.dollarEndOnly === true,
    names: new Map(),
    references: [],
    literals: new Map(),
    brackets: [],
    readChoice,
  };
  const root = readChoice(reader, {
    i: options.ignoreCase === true,
    s: options.dotAll === true,
    m: options.multiLine === true,
    x: options.extended === true,
    U: options.ungreedy === true,
  });
  if (reader.index < text.length) throw syntaxError(reader.index, '")" closes no group');
  resolveReferences(reader);
  checkSize(root);
  return { root, captureCount: reader.captureCount, isPure: reader.isPure };
}

/**
 * Reads up to `)` or the end. Flags set inside with `(?i)` hold to the end of the group, later branches included. With
 * `resetsCaptures` each branch counts its groups from the same number on, as in `(?|...)`.
 */
function readChoice(reader: Reader, flags: Flags, resetsCaptures = false): PatternNode {
  const branches: PatternNode[] = [];
  const captureStart = reader.captureCount;
  let captureMax = captureStart;
  let parts: PatternNode[] = [];
  let current = flags;
  for (;;) {
    skipIgnored(reader, current);
    const character = reader.text[reader.index];
    if (character === undefined || (character === ')' && !reader.isQuoting)) break;
    if (character === '|' && !reader.isQuoting) {
      reader.index++;
      branches.push(sequenceOf(parts));
      parts = [];
      if (resetsCaptures) {
        captureMax = Math.max(captureMax, reader.captureCount);
        reader.captureCount = captureStart;
      }
      continue;
    }
    const changed = character === '(' && !reader.isQuoting ? readFlagsOnly(reader, current) : undefined;
    if (changed !== undefined) current = changed;
    else parts.push(readQuantified(reader, current));
  }
  reader.captureCount = Math.max(captureMax, reader.captureCount);
  branches.push(sequenceOf(parts));
  return choiceOf(branches);
}

function readQuantified(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const part = readAtom(reader, flags);
  skipIgnored(reader, flags);
  const count = reader.isQuoting ? undefined : readCount(reader);
  if (count === undefined) return part;
  const mark = reader.text[reader.index];
  if (mark === '?' || mark === '+') reader.index++;
  skipIgnored(reader, flags);
  if (!reader.isQuoting && readCount(reader) !== undefined)
    throw syntaxError(start, 'two quantifiers follow each other');
  const isLazy = mark === '?' ? !flags.U : mark !== '+' && flags.U;
  const repeat: PatternNode = { kind: 'repeat', part, ...count, greed: isLazy ? 'lazy' : 'greedy' };
  if (mark !== '+' || count.min === count.max) return repeat;
  reader.isPure = false;
  return { kind: 'atomic', part: repeat };
}

/** The quantifier at the reader, if there is one. A `{` that does not begin a count is a literal, as in PCRE. */
function readCount(reader: Reader): { min: number; max: number } | undefined {
  const start = reader.index;
  switch (reader.text[start] ?? '') {
    case '*':
      reader.index++;
      return { min: 0, max: Infinity };
    case '+':
      reader.index++;
      return { min: 1, max: Infinity };
    case '?':
      reader.index++;
      return { min: 0, max: 1 };
    case '{':
      return readBraces(reader, start);
    default:
      return undefined;
  }
}

function readBraces(reader: Reader, start: number): { min: number; max: number } | undefined {
  const counted = /^\{(\d{1,9})(?:(,)(\d{0,9}))?\}/.exec(reader.text.slice(start, start + 24));
  if (counted === null) return undefined;
  const min = Number(counted[1]);
  const max = counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3]);
  if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX)) {
    throw new PatternError('pattern-too-large', start, `count in "${counted[0]}" is above ${REPEAT_MAX}`);
  }
  if (max < min) throw syntaxError(start, `count in "${counted[0]}" ends below its beginning`);
  reader.index += counted[0].length;
  return { min, max };
}

const ALL_BYTES = setOf([0, 255]);
/** What `.` and `\N` match. */
const NO_LINE_FEED = complementOf(setOf([0x0a, 0x0a]));

function readAtom(reader: Reader, flags: Flags): PatternNode {
  const start = reader.index;
  const character = reader.text[start] ?? '';
  if (reader.isQuoting) {
    reader.index++;
    return literalNode(reader, character.charCodeAt(0), flags);
  }
  switch (character) {
    case '(':
      return readGroup(reader, flags);
    case '[':
      return readSet(reader, flags);
    case '\\':
      return readEscape(reader, flags);
    case '.':
      reader.index++;
      return { kind: 'set', set: flags.s ? ALL_BYTES : NO_LINE_FEED };
    case '^':
      reader.index++;
      return { kind: 'edge', edge: flags.m ? 'line-start' : 'start' };
    case '$':
      reader.index++;
      return { kind: 'edge', edge: flags.m ? 'line-end' : reader.dollarEndOnly ? 'end' : 'final-end' };
    default:
      if (readCount(reader) !== undefined)
        throw syntaxError(start, `quantifier "${character}" follows nothing`);
      reader.index++;
      return literalNode(reader, character.charCodeAt(0), flags);
  }
}

function readSet(reader: Reader, flags: Flags): PatternNode {
  const known = knownBracket(reader, flags);
  if (known !== undefined) {
    reader.index += known.text.length;
    return known.node;
  }
  const start = reader.index++;
  const { set, isNegated } = readBracket(reader, start);
  const text = reader.text.slice(start, reader.index);
  return keepBracket(reader, { text, isFolded: flags.i, node: setNode(set, flags, isNegated) });
}

const EDGE_ESCAPES: Readonly<Record<string, EdgeName>> = {
  b: 'word-edge',
  B: 'no-word-edge',
  A: 'start',
  z: 'end',
  Z: 'final-end',
  G: 'search-start',
};

function readEscape(reader: Reader, flags: Flags): PatternNode {
  const letter = reader.text[reader.index + 1] ?? '';
  const reference = readReference(reader);
  if (reference !== undefined) return reference(flags);
  const edge = EDGE_ESCAPES[letter];
  const node = edge === undefined ? namedEscape(letter) : edgeNode(reader, edge);
  if (node === undefined) return literalNode(reader, readByteEscape(reader, false), flags);
  reader.index += 2;
  return node;
}

function edgeNode(reader: Reader, edge: EdgeName): PatternNode {
  if (edge === 'search-start') reader.isPure = false;
  return { kind: 'edge', edge };
}

function namedEscape(letter: string): PatternNode | undefined {
  if (letter === 'K') return { kind: 'keep' };
  if (letter === 'R') return lineBreak();
  if (letter === 'C') return { kind: 'set', set: ALL_BYTES };
  if (letter === 'N') return { kind: 'set', set: NO_LINE_FEED };
  const set = ESCAPE_SETS[letter] ?? complementNamed(letter);
  return set === undefined ? undefined : { kind: 'set', set };
}

/** `\R` does not give back the line feed of a CR LF: `(?>\r\n|[\n\x0b\f\r\x85])`, here without going back. */
function lineBreak(): PatternNode {
  const cr = setOf([0x0d, 0x0d]);
  const lf = setOf([0x0a, 0x0a]);
  const notBeforeLf = { kind: 'byte-look', set: complementOf(lf), isAhead: true, atEdge: true } as const;
  return choiceOf([
    sequenceOf([
      { kind: 'set', set: cr },
      { kind: 'set', set: lf },
    ]),
    { kind: 'set', set: setOf([0x0a, 0x0c], [0x85, 0x85]) },
    sequenceOf([{ kind: 'set', set: cr }, notBeforeLf]),
  ]);
}

function complementNamed(letter: string): ByteSet | undefined {
  const set = letter === letter.toUpperCase() ? ESCAPE_SETS[letter.toLowerCase()] : undefined;
  return set === undefined ? undefined : complementOf(set);
}
