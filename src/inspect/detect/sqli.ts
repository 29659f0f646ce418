/**
 * Tells whether a value would change the query that it is put into: the detector of `@detectSQLi`.
 *
 * The value is read as it would stand in a query: bare, behind an open single quote, behind a double one, each as
 * MySQL and as others read it. Its tokens are folded to a short row of letters, the fingerprint, and an automaton made
 * of a grammar (tools/sql-grammar.ts) says whether that is the beginning of an attack. docs/decisions/detectors.md has
 * the whole story, and what is not found.
 *
 * Linear in the value; at most TOKENS_MAX tokens are looked at in each reading. Values without a sign of SQL are
 * answered by one scan, without allocating.
 */
import { BYTES_PAY_FROM, inputBytes } from '../transforms/scratch.ts';
import { SqlFold } from './sql-fold.ts';
import { DOUBLE_BREAK, SINGLE_BREAK } from './sql-letters.ts';
import { LETTERS, STATES } from './sql-table.ts';
import { ANSI, MYSQL, SqlTokens } from './sql-tokens.ts';
import type { Dialect } from './sql-tokens.ts';

/** Tokens read before folding ends: an injection shows at its beginning, and prose may be long. */
const TOKENS_MAX = 500;

const SINGLE = 0x27;
const DOUBLE = 0x22;

// States of the automaton; the other numbers say nothing.
const NO_ATTACK = 0;
const ATTACK = 1;
const FIRST_STATE = 2;
const COLUMNS = LETTERS.length + 1;
const END_COLUMN = LETTERS.length;
const COLUMN_OF_LETTER = makeColumns();

// One of each for the worker: the detector runs to its end without yielding, and must not allocate.
const TOKENS = new SqlTokens();
const FOLD = new SqlFold();

// What the scan found.
const HAS_SINGLE = 1;
const HAS_DOUBLE = 2;
/** Something that may stand between a value and a condition, a clause or a call. */
const HAS_BREAK = 4;
/** Something that the dialects read differently. */
const HAS_DIALECT = 8;
const HAS_DASH = 16;
const FLAGS = makeFlags();

/** Every attack holds one of them (`scan`). */
export const NEEDED_LITERALS: readonly string[] = [
  ...[...FLAGS.keys()]
    .filter((byte) => (FLAGS[byte]! & HAS_BREAK) !== 0)
    .map((byte) => String.fromCharCode(byte)),
  '--',
];

/** The fingerprint of the attack that a value holds; undefined when it holds none. */
export function detectSqli(value: string): string | undefined {
  const found = scan(value);
  if (found === 0) return undefined;
  return (
    readIn(value, found, ANSI) ?? ((found & HAS_DIALECT) === 0 ? undefined : readIn(value, found, MYSQL))
  );
}

/** What every reading of a value folds to, attack or not: for tests, and for those who ask why. */
export function sqlReadings(value: string): readonly string[] {
  const readings: string[] = [];
  for (const dialect of [ANSI, MYSQL] as const) {
    for (const quote of [0, SINGLE, DOUBLE]) {
      if (fold(value, dialect, quote)) readings.push(fingerprint(FOLD.length));
    }
  }
  return readings;
}

/**
 * What of SQL a value could hold; 0 for words, numbers, addresses of mail and pages without a query, for which no
 * reading gives an attack: without white space, signs, brackets and quotes they fold to a few names.
 */
function scan(value: string): number {
  const found = flagsOf(value);
  // One dash is part of words, two begin a comment.
  if ((found & HAS_DASH) !== 0 && value.includes('--')) return found | HAS_BREAK | HAS_DIALECT;
  return (found & HAS_BREAK) === 0 ? 0 : found;
}

function flagsOf(value: string): number {
  if (value.length >= SEARCHED_BYTES_MIN && hasEarlyBreak(value)) return searchedFlags(value);
  if (value.length >= BYTES_PAY_FROM) return flagsOfBytes(inputBytes(value), value.length);
  let found = 0;
  for (let at = 0; at < value.length; at++) found |= FLAGS[value.charCodeAt(at) & 0xff]!; // 256 entries.
  return found;
}

/** From this length on one search by the system for each of a few bytes is quicker than a look at each byte. */
const SEARCHED_BYTES_MIN = 1024;
/** Bytes that are looked at for a break: prose has a space in them. */
const EARLY_BYTES = 64;

/** Those that say something beside HAS_BREAK. */
const SEARCHED = Array.from(FLAGS, (flags, byte) => ({ flags, text: String.fromCharCode(byte) })).filter(
  ({ flags }) => (flags & ~HAS_BREAK) !== 0,
);

function hasEarlyBreak(value: string): boolean {
  for (let at = 0; at < EARLY_BYTES; at++) {
    if ((FLAGS[value.charCodeAt(at) & 0xff]! & HAS_BREAK) !== 0) return true; // 256 entries.
  }
  return false;
}

/** The same for a value with a break. */
function searchedFlags(value: string): number {
  let found = HAS_BREAK;
  for (const { flags, text } of SEARCHED) if (value.includes(text)) found |= flags;
  return found;
}

function flagsOfBytes(bytes: Uint8Array, end: number): number {
  let found = 0;
  for (let at = 0; at < end; at++) found |= FLAGS[bytes[at]!]!; // Below the end, and as above.
  return found;
}

function readIn(value: string, found: number, dialect: Dialect): string | undefined {
  return (
    readAs(value, dialect, 0) ??
    ((found & HAS_SINGLE) === 0 ? undefined : readAs(value, dialect, SINGLE)) ??
    ((found & HAS_DOUBLE) === 0 ? undefined : readAs(value, dialect, DOUBLE))
  );
}

function readAs(value: string, dialect: Dialect, quote: number): string | undefined {
  if (!fold(value, dialect, quote)) return undefined;
  const length = matchLength();
  return length === 0 ? undefined : fingerprint(length);
}

/** Folds a reading of the value; false when the quote that it would stand in is not closed. */
function fold(value: string, dialect: Dialect, quote: number): boolean {
  FOLD.clear();
  if (!TOKENS.start(value, dialect, quote)) return false;
  if (quote !== 0) FOLD.push(quote === SINGLE ? SINGLE_BREAK : DOUBLE_BREAK);
  for (let count = 0; count < TOKENS_MAX && !FOLD.isFull; count++) {
    const letter = TOKENS.next();
    if (letter === 0) break;
    FOLD.push(letter);
  }
  FOLD.finish();
  TOKENS.forget();
  return true;
}

/** How many of the folded letters make the attack; 0 when there is none. */
function matchLength(): number {
  let state = FIRST_STATE;
  const { letters, length } = FOLD;
  for (let at = 0; at < length; at++) {
    state = STATES[state * COLUMNS + COLUMN_OF_LETTER[letters[at]!]!]!;
    if (state === ATTACK) return at + 1;
    if (state === NO_ATTACK) return 0;
  }
  return STATES[state * COLUMNS + END_COLUMN] === ATTACK ? length : 0;
}

function fingerprint(length: number): string {
  return String.fromCharCode(...FOLD.letters.subarray(0, length));
}

function makeColumns(): Uint8Array {
  const columns = new Uint8Array(256).fill(LETTERS.indexOf('x'));
  for (const [index, letter] of Array.from(LETTERS).entries()) columns[letter.charCodeAt(0)] = index;
  return columns;
}

function makeFlags(): Uint8Array {
  const flags = new Uint8Array(256);
  flags.fill(HAS_BREAK, 0, 0x21);
  flags[0xa0] = HAS_BREAK;
  for (const character of '!()*+,;<=>[]^`{|}~&$') flags[character.charCodeAt(0)] = HAS_BREAK;
  flags[0x23] = HAS_BREAK | HAS_DIALECT; // #
  flags[0x5c] = HAS_BREAK | HAS_DIALECT; // a backslash
  flags[0x2d] = HAS_DASH; // nothing alone
  flags[SINGLE] = HAS_SINGLE | HAS_BREAK;
  flags[DOUBLE] = HAS_DOUBLE | HAS_BREAK;
  return flags;
}
