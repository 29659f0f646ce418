/**
 * The loop of the lazy automata: from state to state by a table, as long as the table knows where to go.
 *
 * Each step waits for the one before it, which takes longer than all that it does. So a long text is run at four places at
 * once, from states that are guessed: what an automaton is in depends mostly on the last few words.
 *
 *     at          at + LANE      + LANE      + LANE
 *     | one --->  | two --->     | three ->  | four --->
 *              **             **          **               ** guesses: from a space some bytes before, with a state behind a space
 *
 * A guess counts only if the lane before it ended in that very state: then what the lanes have run together is what one of
 * them would have run.
 */
import { copyText, PIECE_BYTES, TEXT_BYTES } from '../match/text-bytes.ts';

/** Where a run is in the value, and in which state. */
export interface Cursor {
  at: number;
  state: number;
}

/** From this many bytes on a copy of the value is read: each byte costs half, the copy as much as 30 bytes do. */
const COPIED_BYTES_MIN = 48;

/**
 * Bytes that are read without a copy where a run does not begin at the beginning of the value: as long as the copy of a value
 * of 128 KiB takes.
 */
export const NEAR_BYTES = 2048;

/** What the copy of a value costs, in bytes of a run. */
export function copyCost(text: string): number {
  return text.length >>> 5;
}

/**
 * Whether the value is read from its copy. Who asks about a value from many places in turn, and reads a few bytes each time,
 * reads that many without: see NEAR_BYTES.
 */
export function copyForRun(text: string): boolean {
  if (text.length < COPIED_BYTES_MIN || text.length > PIECE_BYTES) return false;
  copyText(text, 0);
  return true;
}

/**
 * Goes on until a negative entry of the table, or `end`. `isCopied` says that copyForRun did, and nothing was copied
 * since.
 */
export function runTable(
  cursor: Cursor,
  table: Int32Array,
  classOf: Uint8Array,
  text: string,
  end: number,
  isCopied: boolean,
): void {
  if (isCopied) runBytes(cursor, table, classOf, end);
  else runText(cursor, table, classOf, text, end);
}

/** Bytes of a lane, and bytes before each from which on a space is looked for to guess from. */
const LANE = 1024;
const GUESS = 48;
/** From a place without news for so long, lanes are run: made to stop, they cost at most a part of what was run before. */
const CALM = 512;

const SPACE = 0x20;

// A state has a row, and every byte a column.

function runBytes(cursor: Cursor, table: Int32Array, classOf: Uint8Array, end: number): void {
  if (end - cursor.at >= CALM + GUESS + 4 * LANE) {
    const calm = behindSpace(cursor.at + CALM);
    runLane(cursor, table, classOf, calm);
    if (cursor.at < calm) return;
    runLanes(cursor, table, classOf, end);
  }
  runLane(cursor, table, classOf, end);
}

/** The first place at `start` or behind it that a space stands before, if it is near. */
function behindSpace(start: number): number {
  let at = start;
  while (at < start + GUESS && TEXT_BYTES[at - 1] !== SPACE) at++;
  return at;
}

function runLane(cursor: Cursor, table: Int32Array, classOf: Uint8Array, end: number): void {
  const bytes = TEXT_BYTES;
  let { at, state } = cursor;
  for (; at < end; at++) {
    const next = table[state + classOf[bytes[at]!]!]!;
    if (next < 0) break;
    state = next;
  }
  cursor.at = at;
  cursor.state = state;
}

/** As far as guesses are right and no lane finds a negative entry: not farther than one lane alone would come. */
function runLanes(cursor: Cursor, table: Int32Array, classOf: Uint8Array, end: number): void {
  const bytes = TEXT_BYTES;
  const base = cursor.state;
  for (let isRight = true; isRight && end - cursor.at >= 4 * LANE;) {
    let { at, state: one } = cursor;
    const last = at + LANE;
    const guessedTwo = guess(base, table, classOf, last);
    const guessedThree = guess(base, table, classOf, last + LANE);
    const guessedFour = guess(base, table, classOf, last + 2 * LANE);
    let two = guessedTwo;
    let three = guessedThree;
    let four = guessedFour;
    for (; at < last; at++) {
      const nextOne = table[one + classOf[bytes[at]!]!]!;
      const nextTwo = table[two + classOf[bytes[at + LANE]!]!]!;
      const nextThree = table[three + classOf[bytes[at + 2 * LANE]!]!]!;
      const nextFour = table[four + classOf[bytes[at + 3 * LANE]!]!]!;
      if ((nextOne | nextTwo | nextThree | nextFour) < 0) break;
      one = nextOne;
      two = nextTwo;
      three = nextThree;
      four = nextFour;
    }
    isRight = at === last && one === guessedTwo && two === guessedThree && three === guessedFour;
    cursor.at = isRight ? at + 3 * LANE : at;
    cursor.state = isRight ? four : one;
  }
}

/** The state before the byte at `end`, if the one behind a space before it is `base`; where the table says no more, that. */
function guess(base: number, table: Int32Array, classOf: Uint8Array, end: number): number {
  const bytes = TEXT_BYTES;
  let state = base;
  for (let at = behindSpace(end - GUESS); at < end; at++) {
    const next = table[state + classOf[bytes[at]!]!]!;
    if (next < 0) return base;
    state = next;
  }
  return state;
}

function runText(cursor: Cursor, table: Int32Array, classOf: Uint8Array, text: string, end: number): void {
  let { at, state } = cursor;
  for (; at < end; at++) {
    const next = table[state + classOf[text.charCodeAt(at) & 0xff]!]!;
    if (next < 0) break;
    state = next;
  }
  cursor.at = at;
  cursor.state = state;
}
