/**
 * Finds the places in a text where one of many windows ends: one to four bytes, ASCII case ignored, by which literals
 * are known.
 *
 * Bytes are put into 64 classes, so that the last four of them are a number of 24 bits, the code of a place. Windows of
 * three and four bytes set bits in a table by a hash of the code; those of one and two have a table of their own. It may
 * say "perhaps" where there is none, never "no" where there is one; `listOf` is exact for classes, and what shares a
 * class is told apart by comparing the bytes.
 */

import { frequencyOf } from '../rx/literal-cost.ts';

export const WINDOW_MAX = 4;

const CLASS_BITS = 6;
const CLASSES = 1 << CLASS_BITS;
const CODE_MASK = (1 << (WINDOW_MAX * CLASS_BITS)) - 1;
const PAIR_MASK = CLASSES * CLASSES - 1;

const NO_WINDOW = 0xffff;
/** Scans are numbered from 1 up to this; then everything begins again, which is seldom enough to cost nothing. */
export const SCANS_MAX = 0xfffe;

/**
 * Bits for each code that is known: at 128 a byte of a harmless text is looked at for nothing once in 128. For short texts
 * that takes less time than a table of which every look is a miss of the cache: SHORT_BITS_EACH.
 */
const BITS_EACH = 128;
export const SHORT_BITS_EACH = 32;
const TABLE_BITS_MIN = 12;
/** 2^21 bits, 256 KiB: more than 16,000 codes share it more closely. */
const TABLE_BITS_MAX = 21;

/** Bits for each entry of the table of what stands beside windows. */
const BESIDE_BITS_EACH = 64;

/** Codes of which all windows are found in a scan: by their lowest bits, so that most of some dozens are kept. */
const FOUND_CODES = 64;
const NO_CODE = -1;

/** The byte beside a window of four that what it stands for needs: in lower case; undefined where it needs none. */
export interface Beside {
  readonly next: number | undefined;
  readonly before: number | undefined;
}

/** What a set of windows is known by; nothing of it changes, so that threads can share it. */
export interface WindowTables {
  /** Lengths of the shortest and of the longest window. */
  readonly sizeMin: number;
  readonly sizeMax: number;
  /** The class of each byte; 0 is what no window holds. */
  readonly classOf: Uint8Array;
  /** Bits by the hash of a code. */
  readonly table: Int32Array;
  readonly shift: number;
  /** Bits by the hash of a code and of the class of the byte beside it, where the windows of the code need that one. */
  readonly beside: Int32Array;
  readonly besideShift: number;
  /** For codes of two bytes and of one: NO_WINDOW, or 0 where there are windows. */
  readonly pairs: Uint16Array;
  readonly singles: Uint16Array;
  /** Open addressing: codes with the length above them, 0 is free; and where the members of each begin and end. */
  readonly keys: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The windows that share a code lie side by side. */
  readonly members: Int32Array;
}

export class Windows {
  readonly sizeMin: number;
  readonly sizeMax: number;
  readonly #classOf: Uint8Array;
  readonly #table: Int32Array;
  readonly #shift: number;
  readonly #beside: Int32Array;
  readonly #besideShift: number;
  /** Codes whose windows of three and four bytes were all found in the scan `#foundIn`. */
  readonly #foundCodes = new Int32Array(FOUND_CODES).fill(NO_CODE);
  #foundIn = 0;
  /**
   * For codes of two bytes and of one: NO_WINDOW, or the scan in which its windows were settled last. Short windows are
   * frequent, and once they are found nothing more is to be known of them.
   */
  readonly #pairs: Uint16Array;
  readonly #singles: Uint16Array;
  readonly #keys: Int32Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly members: Int32Array;
  /** Where the members end that `find` found. */
  foundEnd = 0;

  constructor(tables: WindowTables) {
    this.sizeMin = tables.sizeMin;
    this.sizeMax = tables.sizeMax;
    this.#classOf = tables.classOf;
    this.#table = tables.table;
    this.#shift = tables.shift;
    this.#beside = tables.beside;
    this.#besideShift = tables.besideShift;
    // What is settled is settled in this thread.
    this.#pairs = tables.pairs.slice();
    this.#singles = tables.singles.slice();
    this.#keys = tables.keys;
    this.#starts = tables.starts;
    this.#ends = tables.ends;
    this.members = tables.members;
  }

  /**
   * The first place from `start` on where a window may end; `end` when there is none. `before` is the code of the last
   * place before these bytes, and 0 when they are the beginning of the text. Windows settled in `scan` are left out.
   */
  nextKnown(bytes: Uint8Array, start: number, end: number, before: number, scan: number): number {
    const classOf = this.#classOf;
    const code = codeAt(bytes, start - 1, before, classOf);
    if (this.sizeMin > 2) return nextLong(bytes, start, end, code, classOf, this.#table, this.#shift);
    if (this.sizeMin === 2) {
      return nextPair(bytes, start, end, code, classOf, this.#table, this.#shift, this.#pairs, scan);
    }
    return nextOfAny(
      bytes,
      start,
      end,
      code,
      classOf,
      this.#table,
      this.#shift,
      this.#pairs,
      this.#singles,
      scan,
    );
  }

  /** The same for windows of three and four bytes alone. */
  nextLong(bytes: Uint8Array, start: number, end: number, before: number): number {
    const code = codeAt(bytes, start - 1, before, this.#classOf);
    return nextLong(bytes, start, end, code, this.#classOf, this.#table, this.#shift);
  }

  /**
   * Whether no window that is still to be found can end at the place `at`, which nextKnown gave and has this code: as far as
   * the byte beside it says, which is unknown at the ends of a piece.
   */
  isRuledOut(bytes: Uint8Array, at: number, end: number, code: number, scan: number): boolean {
    if (this.#pairs[code & PAIR_MASK]! < scan || this.#singles[code & (CLASSES - 1)]! < scan) return false; // As in find.
    if (this.#foundIn === scan && this.#foundCodes[code & (FOUND_CODES - 1)] === code) return true;
    if (at < WINDOW_MAX || at + 1 >= end) return false;
    const beside = this.#beside;
    const shift = this.#besideShift;
    const classOf = this.#classOf;
    return !(
      hasBit(beside, besideHash(code, NEEDS_NONE, 0, shift)) ||
      hasBit(beside, besideHash(code, NEEDS_NEXT, classOf[bytes[at + 1]!]!, shift)) || // Within the piece, and below.
      hasBit(beside, besideHash(code, NEEDS_BEFORE, classOf[bytes[at - WINDOW_MAX]!]!, shift))
    );
  }

  /** All windows of three and four bytes that end at a place with this code are found in the scan. */
  markFound(code: number, scan: number): void {
    if (this.#foundIn !== scan) {
      this.#foundIn = scan;
      this.#foundCodes.fill(NO_CODE);
    }
    this.#foundCodes[code & (FOUND_CODES - 1)] = code;
  }

  /** All windows of `size` bytes that end at a place with this code are found: short ones need not be told again. */
  settle(code: number, size: number, scan: number): void {
    if (size === 2) this.#pairs[code & PAIR_MASK] = scan;
    else if (size === 1) this.#singles[code & (CLASSES - 1)] = scan;
  }

  /** As before the first scan. */
  unsettle(): void {
    this.#foundIn = 0;
    for (const table of [this.#pairs, this.#singles]) {
      for (const [code, scan] of table.entries()) if (scan !== NO_WINDOW) table[code] = 0;
    }
  }

  /** The code of the place `at`. */
  codeAt(bytes: Uint8Array, at: number, before: number): number {
    return codeAt(bytes, at, before, this.#classOf);
  }

  /**
   * Where the members begin that are windows of `size` bytes ending at a place with this code; -1: there are none, or they
   * are settled in `scan`.
   */
  find(code: number, size: number, scan: number): number {
    if (size === 1 && this.#singles[code & (CLASSES - 1)]! >= scan) return -1; // One for each class, and for two below.
    if (size === 2 && this.#pairs[code & PAIR_MASK]! >= scan) return -1;
    const slot = this.#slotOf(keyOf(code, size));
    if (this.#keys[slot] === 0) return -1;
    this.foundEnd = this.#ends[slot]!; // One for each slot, here and below.
    return this.#starts[slot]!;
  }

  /** Where the key is, or could be put. */
  #slotOf(key: number): number {
    return slotOf(this.#keys, key);
  }
}

/**
 * A window is known by its place in `windows`, which are in lower case and one to four bytes long. `beside` has what each
 * needs, for who asks isRuledOut.
 */
export function makeWindowTables(
  windows: readonly string[],
  beside?: readonly Beside[],
  bitsEach: number = BITS_EACH,
): WindowTables {
  const sizes = windows.map((window) => window.length);
  const classOf = classesOf(windows);
  const lists = listsOf(windows, classOf);
  const { table, shift } = newTable([...lists.keys()], bitsEach);
  const pairs = new Uint16Array(PAIR_MASK + 1).fill(NO_WINDOW);
  const singles = new Uint16Array(CLASSES).fill(NO_WINDOW);
  const slots = 1 << Math.ceil(Math.log2(2 * lists.size + 2));
  const keys = new Int32Array(slots);
  const starts = new Int32Array(slots);
  const ends = new Int32Array(slots);
  const members = new Int32Array(windows.length);
  let count = 0;
  for (const [key, list] of lists) {
    const size = sizeOfKey(key);
    if (size === 2) pairs[key & PAIR_MASK] = 0;
    if (size === 1) singles[key & (CLASSES - 1)] = 0;
    const slot = slotOf(keys, key);
    keys[slot] = key;
    members.set(list, count);
    starts[slot] = count;
    count += list.length;
    ends[slot] = count;
  }
  const sizeMin = sizes.reduce((least, size) => Math.min(least, size), WINDOW_MAX);
  const sizeMax = sizes.reduce((most, size) => Math.max(most, size), 0);
  return {
    sizeMin,
    sizeMax,
    classOf,
    table,
    shift,
    ...newBeside(windows, classOf, beside),
    pairs,
    singles,
    keys,
    starts,
    ends,
    members,
  };
}

const NEEDS_NONE = 0;
const NEEDS_NEXT = 1;
const NEEDS_BEFORE = 2;

/** Bits for what stands beside windows of four bytes; those of three may have anything before them and behind. */
function newBeside(
  windows: readonly string[],
  classOf: Uint8Array,
  beside: readonly Beside[] | undefined,
): Pick<WindowTables, 'beside' | 'besideShift'> {
  // All bits set: anything may stand beside.
  if (beside === undefined) return { beside: Int32Array.of(-1), besideShift: 31 };
  const long = windows.filter((window) => window.length > 2);
  const count = long.reduce((sum, window) => sum + (window.length === 3 ? CLASSES : 1), 0);
  const tableBits = Math.max(TABLE_BITS_MIN, Math.ceil(Math.log2(BESIDE_BITS_EACH * count + 1)));
  const besideShift = 32 - tableBits;
  const table = new Int32Array(1 << (tableBits - 5));
  const setBit = (code: number, need: number, neighbour: number): void => {
    const place = besideHash(code, need, neighbour, besideShift);
    table[place >>> 5]! |= 1 << place; // The table has a bit for each hash.
  };
  for (const [index, window] of windows.entries()) {
    const code = codeOf(window, classOf);
    const { next, before } = beside[index]!; // One for each window.
    if (window.length === 3) {
      for (let first = 0; first < CLASSES; first++) setBit((first << (3 * CLASS_BITS)) | code, NEEDS_NONE, 0);
    } else if (window.length === WINDOW_MAX) {
      if (next !== undefined)
        setBit(code, NEEDS_NEXT, classOf[next & 0xff]!); // All bytes, and below.
      else if (before !== undefined) setBit(code, NEEDS_BEFORE, classOf[before & 0xff]!);
      else setBit(code, NEEDS_NONE, 0);
    }
  }
  return { beside: table, besideShift };
}

function codeOf(window: string, classOf: Uint8Array): number {
  let code = 0;
  for (let at = 0; at < window.length; at++)
    code = (code << CLASS_BITS) | classOf[window.charCodeAt(at) & 0xff]!; // All bytes.
  return code;
}

function besideHash(code: number, need: number, neighbour: number, shift: number): number {
  return Math.imul(code ^ (need << (WINDOW_MAX * CLASS_BITS)) ^ (neighbour << 26), 0x9e3779b1 | 0) >>> shift;
}

function hasBit(table: Int32Array, place: number): boolean {
  return (table[place >>> 5]! & (1 << place)) !== 0; // A bit for each hash.
}

/** By their key: the places of the windows that share it. */
function listsOf(windows: readonly string[], classOf: Uint8Array): ReadonlyMap<number, number[]> {
  const lists = new Map<number, number[]>();
  for (const [index, window] of windows.entries()) {
    const key = keyOf(codeOf(window, classOf), window.length);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [index]);
    else list.push(index);
  }
  return lists;
}

/** Bits for windows of three and four bytes. What stands before one that is shorter than its code may be anything. */
function newTable(windowKeys: readonly number[], bitsEach: number): Pick<WindowTables, 'table' | 'shift'> {
  const codes = windowKeys.reduce((sum, key) => sum + (sizeOfKey(key) === 3 ? CLASSES : 1), 0);
  const tableBits = Math.min(
    TABLE_BITS_MAX,
    Math.max(TABLE_BITS_MIN, Math.ceil(Math.log2(bitsEach * codes + 1))),
  );
  const shift = 32 - tableBits;
  const table = new Int32Array(1 << (tableBits - 5));
  const setBit = (code: number): void => {
    const place = hashOf(code, shift);
    table[place >>> 5]! |= 1 << place; // The table has a bit for each hash.
  };
  for (const key of windowKeys) {
    const code = key & CODE_MASK;
    if (sizeOfKey(key) === 4) setBit(code);
    if (sizeOfKey(key) !== 3) continue;
    for (let before = 0; before < CLASSES; before++) setBit((before << (3 * CLASS_BITS)) | code);
  }
  return { table, shift };
}

function slotOf(keys: Int32Array, key: number): number {
  const mask = keys.length - 1;
  let slot = (Math.imul(key, 0x9e3779b1 | 0) >>> 8) & mask;
  for (;;) {
    const found = keys[slot]!; // Within the mask.
    if (found === key || found === 0) return slot;
    slot = (slot + 1) & mask;
  }
}

function keyOf(code: number, size: number): number {
  return (size << (WINDOW_MAX * CLASS_BITS)) | (code & ((1 << (size * CLASS_BITS)) - 1));
}

function sizeOfKey(key: number): number {
  return key >>> (WINDOW_MAX * CLASS_BITS);
}

function hashOf(code: number, shift: number): number {
  return Math.imul(code, 0x9e3779b1 | 0) >>> shift;
}

// The loops below read bytes below `end`; there are classes and bits for all of them.

function nextLong(
  bytes: Uint8Array,
  start: number,
  end: number,
  before: number,
  classOf: Uint8Array,
  table: Int32Array,
  shift: number,
): number {
  let code = before;
  for (let at = start; at < end; at++) {
    code = ((code << CLASS_BITS) | classOf[bytes[at]!]!) & CODE_MASK;
    const place = Math.imul(code, 0x9e3779b1 | 0) >>> shift;
    if ((table[place >>> 5]! & (1 << place)) !== 0) return at;
  }
  return end;
}

/** Two bytes at a time with one question about both: the looks do not wait for an answer. */
function nextPair(
  bytes: Uint8Array,
  start: number,
  end: number,
  before: number,
  classOf: Uint8Array,
  table: Int32Array,
  shift: number,
  pairs: Uint16Array,
  scan: number,
): number {
  let code = before;
  let at = start;
  for (; at + 1 < end; at += 2) {
    const one = ((code << CLASS_BITS) | classOf[bytes[at]!]!) & CODE_MASK;
    const two = ((one << CLASS_BITS) | classOf[bytes[at + 1]!]!) & CODE_MASK;
    const place = Math.imul(one, 0x9e3779b1 | 0) >>> shift;
    const next = Math.imul(two, 0x9e3779b1 | 0) >>> shift;
    // The highest bit of a difference below zero.
    const isOne = ((table[place >>> 5]! >>> place) & 1) | ((pairs[one & PAIR_MASK]! - scan) >>> 31);
    const isTwo = ((table[next >>> 5]! >>> next) & 1) | ((pairs[two & PAIR_MASK]! - scan) >>> 31);
    if ((isOne | isTwo) !== 0) return isOne !== 0 ? at : at + 1;
    code = two;
  }
  if (at >= end) return end;
  const last = ((code << CLASS_BITS) | classOf[bytes[at]!]!) & CODE_MASK;
  const place = Math.imul(last, 0x9e3779b1 | 0) >>> shift;
  const isLast = ((table[place >>> 5]! >>> place) & 1) | ((pairs[last & PAIR_MASK]! - scan) >>> 31);
  return isLast !== 0 ? at : end;
}

function nextOfAny(
  bytes: Uint8Array,
  start: number,
  end: number,
  before: number,
  classOf: Uint8Array,
  table: Int32Array,
  shift: number,
  pairs: Uint16Array,
  singles: Uint16Array,
  scan: number,
): number {
  let code = before;
  for (let at = start; at < end; at++) {
    const last = classOf[bytes[at]!]!;
    code = ((code << CLASS_BITS) | last) & CODE_MASK;
    const place = Math.imul(code, 0x9e3779b1 | 0) >>> shift;
    if ((table[place >>> 5]! & (1 << place)) !== 0) return at;
    if (pairs[code & PAIR_MASK]! < scan || singles[last]! < scan) return at;
  }
  return end;
}

/** The code of the place `at`, for the bytes before a piece from `before`; -1 is the place before the piece. */
function codeAt(bytes: Uint8Array, at: number, before: number, classOf: Uint8Array): number {
  if (at >= WINDOW_MAX - 1) {
    return (
      (classOf[bytes[at - 3]!]! << (3 * CLASS_BITS)) |
      (classOf[bytes[at - 2]!]! << (2 * CLASS_BITS)) |
      (classOf[bytes[at - 1]!]! << CLASS_BITS) |
      classOf[bytes[at]!]!
    );
  }
  let code = before;
  for (let place = Math.max(0, at - WINDOW_MAX + 1); place <= at; place++) {
    code = ((code << CLASS_BITS) | classOf[bytes[place]!]!) & CODE_MASK;
  }
  return code;
}

/** Bytes that have a class of their own. */
const OWN_CLASSES = 47;

/**
 * The bytes that harmless texts hold most have a class of their own; the others share some: one for all of them would
 * make windows of four such bytes be found in pictures all the time.
 */
function classesOf(windows: readonly string[]): Uint8Array {
  const used = new Set<number>();
  for (const window of windows)
    for (let at = 0; at < window.length; at++) used.add(window.charCodeAt(at) & 0xff);
  const ranked = [...used].sort((left, right) => frequencyOf(right) - frequencyOf(left));
  const classOf = new Uint8Array(256);
  for (const [rank, byte] of ranked.entries()) classOf[byte] = classAt(rank);
  for (let upper = 0x41; upper <= 0x5a; upper++) classOf[upper] = classOf[upper + 32]!; // Both cases of a letter are one.
  return classOf;
}

function classAt(rank: number): number {
  if (rank < OWN_CLASSES) return rank + 1;
  return OWN_CLASSES + 1 + ((rank - OWN_CLASSES) % (CLASSES - OWN_CLASSES - 1));
}
