/**
 * Finds the places in a long text where one of many literals may stand, by a look at every second or fourth place.
 *
 * Wherever a literal of seven bytes begins, one of its windows of four begins at a multiple of four. So each literal is known
 * by one window for each place that it may have beside such a multiple, the one of those that harmless texts hold least:
 *
 *     text, looked at every four bytes    | w h a | r u n t | i m e |
 *     "runtime"                                   r u n t i m e
 *
 * Of a short literal a window may hold two or three bytes and anything beside them: that is written out in the table.
 *
 * Of each byte five bits count, which do not tell the cases of a letter apart: what they take for the same is told apart by
 * comparing the bytes. So the answer is "perhaps" where there may be nothing, never "no" where there is a literal.
 */
import { endianness } from 'node:os';
import { probabilityOf } from '../rx/literal-cost.ts';
import { PIECE_BYTES, TEXT_WORDS } from './text-bytes.ts';

const WINDOW = 4;
const VALUES_BITS = 5;
const VALUES = 1 << VALUES_BITS;
const VALUE_MASK = VALUES - 1;
/** The bits that count, of four bytes. */
const COUNTED = 0x1f1f1f1f;

/** Windows written out. With more of them a table that fits into the nearest cache says "perhaps" too often. */
const WINDOWS_MAX = 16_384;
const BITS_EACH = 128;
const TABLE_BITS_MIN = 12;
const TABLE_BITS_MAX = 18;
/** Of some odd numbers the one with which windows of harmless texts met those of literals least. */
const HASH = 0x85ebca6b | 0;

export const NO_MEMBER = -1;

/** Places where a window may be: they are noted first and looked at then, so that the look for them goes on undisturbed. */
const HITS_MAX = 256;
/** The last word may have two. */
const HITS = new Int32Array(HITS_MAX + 1);

/** Words are made as such a machine reads them; on others nothing is found in strides. */
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** The last window of a text may lie half behind it. */
export const STRIDE_BYTES_MAX: number = PIECE_BYTES - WINDOW;

/** Which bytes of a window are known: those from `start` to before `end`. */
interface Form {
  readonly start: number;
  readonly end: number;
}

/** What literals are found by; nothing of it changes, so that threads can share it. */
export interface StrideTables {
  /** 2 or 4; 0 where the literals are too short and too many to be found so. */
  readonly stride: number;
  /** Bits by the hash of a window. */
  readonly table: Int32Array;
  readonly shift: number;
  /** Open addressing, in twos: a window as keyOf has it, 0 where none is, and where its members begin. */
  readonly slots: Int32Array;
  /** In turn a literal, and where in it the window begins, which may be before it; NO_MEMBER behind the last of a window. */
  readonly members: Int32Array;
}

export class StrideWindows {
  readonly stride: number;
  readonly members: Int32Array;
  /** Where windows were found, a multiple of the stride, and where the members of each begin. */
  readonly places: Int32Array = new Int32Array(HITS.length);
  readonly starts: Int32Array = new Int32Array(HITS.length);
  /** Where the text goes on behind them. */
  resume = 0;
  readonly #table: Int32Array;
  readonly #shift: number;
  readonly #slots: Int32Array;

  constructor({ stride, table, shift, slots, members }: StrideTables) {
    this.stride = stride;
    this.members = members;
    this.#table = table;
    this.#shift = shift;
    this.#slots = slots;
  }

  /**
   * Finds places from `start` on, a multiple of four, where a literal may have a window, some of them or all before `end`;
   * answers how many.
   */
  collect(start: number, end: number): number {
    const first = start >>> 2;
    const last = (end + 3) >>> 2;
    const hits =
      this.stride === WINDOW
        ? hitsOfWords(first, last, this.#table, this.#shift)
        : hitsOfHalves(first, last, this.#table, this.#shift);
    this.resume = hits < HITS_MAX ? end : (HITS[hits - 1]! + 4) & ~3; // Below their number, here and below.
    const slots = this.#slots;
    const { places, starts } = this;
    let found = 0;
    for (let hit = 0; hit < hits; hit++) {
      const at = HITS[hit]!;
      const key = keyOf(windowAt(at));
      const slot = slotOf(slots, key);
      // Many have but the same hash.
      if (slots[slot] !== key || at >= end) continue;
      places[found] = at;
      starts[found++] = slots[slot + 1]!; // Slots have two entries.
    }
    return found;
  }
}

/** Literals are in lower case. */
export function makeStrideTables(literals: readonly string[]): StrideTables {
  for (const stride of IS_LITTLE_ENDIAN && literals.length > 0 ? [WINDOW, 2] : []) {
    const windows = windowsOf(literals, stride);
    if (windows !== undefined) return tablesFor(windows, stride);
  }
  return tablesFor([], 0);
}

/** A literal, and one window by which it is known. */
interface LiteralWindow {
  readonly literal: number;
  /** Where in the literal the window begins. */
  readonly offset: number;
  /** The counted bits of the window, once for all values of bytes that are not known. */
  readonly written: readonly number[];
}

/** Undefined when they are too many, or a literal is too short to be known by two bytes everywhere. */
function windowsOf(literals: readonly string[], stride: number): readonly LiteralWindow[] | undefined {
  const windows: LiteralWindow[] = [];
  let count = 0;
  for (const [literal, text] of literals.entries()) {
    for (let beside = 0; beside < stride; beside++) {
      const offset = rarestOffset(text, beside, stride);
      if (offset === undefined) return undefined;
      const form = formAt(text, offset);
      count += form === undefined ? 0 : VALUES ** unknownIn(form);
      if (form === undefined || count > WINDOWS_MAX) return undefined;
      windows.push({ literal, offset, written: writtenOut(bitsOf(text, offset), form) });
    }
  }
  return windows;
}

/** Of a literal that begins so many bytes behind a multiple of the stride. */
function rarestOffset(text: string, beside: number, stride: number): number | undefined {
  let best: number | undefined;
  let bestCost = Infinity;
  for (let offset = -beside; offset <= text.length - 2; offset += stride) {
    const form = formAt(text, offset);
    if (form === undefined) continue;
    // What is unknown counts first: it is written out. Probabilities are 1 at the most.
    const cost = unknownIn(form) + probabilityOf(text, offset + form.start, offset + form.end) / 2;
    if (cost >= bestCost) continue;
    best = offset;
    bestCost = cost;
  }
  return best;
}

/** The form of the window at this offset; undefined when less than two bytes of it are known. */
function formAt(text: string, offset: number): Form | undefined {
  const start = Math.max(0, -offset);
  const end = Math.min(WINDOW, text.length - offset);
  return end - start < 2 ? undefined : { start, end };
}

function unknownIn({ start, end }: Form): number {
  return WINDOW - (end - start);
}

function bitsOf(text: string, offset: number): number {
  let bits = 0;
  for (let at = Math.max(0, offset); at < Math.min(text.length, offset + WINDOW); at++)
    bits |= (text.charCodeAt(at) & VALUE_MASK) << (8 * (at - offset));
  return bits;
}

function tablesFor(windows: readonly LiteralWindow[], stride: number): StrideTables {
  const lists = new Map<number, LiteralWindow[]>();
  for (const window of windows) {
    for (const bits of window.written) {
      const list = lists.get(bits);
      if (list === undefined) lists.set(bits, [window]);
      else list.push(window);
    }
  }
  const slots = new Int32Array(2 << Math.ceil(Math.log2(2 * lists.size + 2)));
  // A slot without a key leads to no member.
  const members = [NO_MEMBER];
  /** Where the members of a window begin that is the only one with its bits: these are many where it was written out. */
  const alone = new Map<LiteralWindow, number>();
  for (const [bits, list] of lists) {
    const only = list.length === 1 ? list[0] : undefined;
    const known = only === undefined ? undefined : alone.get(only);
    const start = known ?? members.length;
    if (known === undefined) {
      for (const { literal, offset } of list) members.push(literal, offset);
      members.push(NO_MEMBER);
    }
    if (only !== undefined) alone.set(only, start);
    const slot = slotOf(slots, keyOf(bits));
    slots[slot] = keyOf(bits);
    slots[slot + 1] = start;
  }
  return { stride, ...tableFor([...lists.keys()]), slots, members: Int32Array.from(members) };
}

function tableFor(windows: readonly number[]): Pick<StrideTables, 'table' | 'shift'> {
  const tableBits = Math.min(
    TABLE_BITS_MAX,
    Math.max(TABLE_BITS_MIN, Math.ceil(Math.log2(BITS_EACH * windows.length + 1))),
  );
  const shift = 32 - tableBits;
  const table = new Int32Array(1 << (tableBits - 5));
  for (const window of windows) {
    const place = hashOf(window, shift);
    table[place >>> 5]! |= 1 << place; // The table has a bit for each hash.
  }
  return { table, shift };
}

/** With every value of the bytes that are not known. */
function writtenOut(bits: number, { start, end }: Form): readonly number[] {
  let all = [bits];
  for (let at = 0; at < WINDOW; at++) {
    if (at >= start && at < end) continue;
    all = all.flatMap((window) => Array.from({ length: VALUES }, (_, value) => window | (value << (8 * at))));
  }
  return all;
}

function hashOf(window: number, shift: number): number {
  return Math.imul(window, HASH) >>> shift;
}

/** With a bit that does not count, so that it is not 0. */
function keyOf(window: number): number {
  return (window & COUNTED) | VALUES;
}

/** Where the slot begins that has the key, or could have it. */
function slotOf(slots: Int32Array, key: number): number {
  const mask = slots.length - 1;
  // The upper bits of the product: on the lower ones the upper bytes of the key have no influence.
  let slot = (Math.imul(key, HASH) >>> (Math.clz32(mask) + 1)) << 1;
  for (;;) {
    const found = slots[slot]!; // Within the mask.
    if (found === key || found === 0) return slot;
    slot = (slot + 2) & mask;
  }
}

/** The four bytes from an even place on. */
function windowAt(at: number): number {
  const word = TEXT_WORDS[at >>> 2]!; // STRIDE_BYTES_MAX leaves room for one more word, here and below.
  return (at & 2) === 0 ? word : (word >>> 16) | (TEXT_WORDS[(at >>> 2) + 1]! << 16);
}

/** Notes the places of words that may be a window, HITS_MAX at the most. */
function hitsOfWords(start: number, end: number, table: Int32Array, shift: number): number {
  const words = TEXT_WORDS;
  const hits = HITS;
  let count = 0;
  for (let at = start; at < end; at++) {
    const place = Math.imul(words[at]! & COUNTED, HASH) >>> shift;
    if ((table[place >>> 5]! & (1 << place)) === 0) continue;
    hits[count++] = at << 2;
    if (count >= HITS_MAX) break;
  }
  return count;
}

/** The same for both windows that begin in a word. One question about both. */
function hitsOfHalves(start: number, end: number, table: Int32Array, shift: number): number {
  const words = TEXT_WORDS;
  const hits = HITS;
  let count = 0;
  let word = words[start]!;
  for (let at = start; at < end; at++) {
    const next = words[at + 1]!;
    const one = Math.imul(word & COUNTED, HASH) >>> shift;
    const two = Math.imul(((word >>> 16) | (next << 16)) & COUNTED, HASH) >>> shift;
    word = next;
    const isOne = (table[one >>> 5]! >>> one) & 1;
    const isTwo = (table[two >>> 5]! >>> two) & 1;
    if ((isOne | isTwo) === 0) continue;
    if (isOne !== 0) hits[count++] = at << 2;
    if (isTwo !== 0) hits[count++] = (at << 2) + 2;
    if (count >= HITS_MAX) break;
  }
  return count;
}
