/**
 * Which needs a text meets: one scan, whatever their number.
 *
 * As match/literal-scanner.ts, on the same windows, but told by numbers instead of bits, of which there would be thousands
 * for each value; and windows are chosen so that few literals share one: thousands of these end in `.php?`.
 *
 * Attack: a text made of such windows would be compared at every byte. Comparisons have a budget of a fraction of the
 * text; when it is used up, an automaton, which is linear whatever the text holds, goes over the whole.
 *
 * Literals of one byte have no windows, and those of two are looked for apart in long texts (short-literal.ts): windows of
 * two bytes make a byte cost twice as much, windows of one byte four times.
 */
import { foldByte, LiteralAutomaton } from '../match/literal-automaton.ts';
import { literalsOf, packBytes } from '../match/literal-bytes.ts';
import type { LiteralBytes } from '../match/literal-bytes.ts';
import { makeStrideTables, NO_MEMBER, STRIDE_BYTES_MAX, StrideWindows } from '../match/stride-windows.ts';
import type { StrideTables } from '../match/stride-windows.ts';
import { copyText, PIECE_BYTES, TEXT_BYTES } from '../match/text-bytes.ts';
import { makeWindowTables, SCANS_MAX, Windows } from '../match/windows.ts';
import type { WindowTables } from '../match/windows.ts';
import { chooseWindows } from './choose-windows.ts';
import { TAIL_BYTES_LEFT, TAIL_TEXT, windowEndMax } from './constant-tail.ts';
import { holdsByte, holdsPair, isFindable, isLetter } from './short-literal.ts';
import type { Need } from './needs.ts';
import { keyOfSequel, mayFollow, PAIR_SEQUEL_BYTES_MAX, SEQUEL_BYTES_MAX } from './sequel.ts';
import type { Sequel } from './sequel.ts';

/** Numbers of needs. Shared, not to be changed. */
export type NeedIds = readonly number[];
export const NO_NEEDS: NeedIds = [];

/** Comparisons that a text may cost, and for each of its bytes, before the automaton takes over. */
const COMPARISONS = 256;
const COMPARISONS_PER_BYTE = 0.5;
/** In texts of so many bytes pairs are looked for apart: each search costs as much as 30 bytes do. */
const APART_BYTES_MIN = 512;
/** Places of a pair at which its sequel is looked at. */
const PAIRS_MAX = 8;
/** Shorter texts are looked at byte by byte: strides have a table of their own, which is in no cache when few texts need it. */
const STRIDE_BYTES_MIN = 512;
/** A sequel is over after a few bytes, most often; it may take SEQUEL_BYTES_MAX. */
const COMPARISONS_PER_SEQUEL = SEQUEL_BYTES_MAX / 16;

/** What a scan goes by; nothing of it changes, so that threads can share it. */
export interface NeedScanTables extends LiteralBytes {
  readonly windows: WindowTables;
  /** For literals of three bytes or more, which come first; made for bodies. */
  readonly strides: StrideTables;
  /** Of each literal that has a window: where that ends. Pairs are the last of them; behind come those of one byte. */
  readonly windowEnd: Uint16Array;
  /** The needs of each literal, from start on. */
  readonly ids: Int32Array;
  readonly start: Int32Array;
  /** For each literal what must stand behind it: a place in `sequels`, or -1. */
  readonly sequelOf: Int32Array;
  readonly sequels: readonly Sequel[];
}

export class NeedScan {
  readonly #tables: NeedScanTables;
  readonly #windows: Windows;
  readonly #strides: StrideWindows;
  readonly #windowEnd: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #bytesStart: Int32Array;
  readonly #ids: Int32Array;
  readonly #start: Int32Array;
  readonly #sequelOf: Int32Array;
  readonly #sequels: readonly Sequel[];
  /** Where the literals of two bytes begin. */
  readonly #pairs: number;
  readonly #arePairsFindable: boolean;
  /** Undefined when there are none of one or two bytes, or too many. */
  readonly #short: ShortLiterals | undefined;
  /** The scan in which a literal was last found. */
  readonly #seen: Uint16Array;
  /** Counts scans from 1. */
  #scan = 0;
  /** Comparisons that sequels have cost in this scan. */
  #sequelCost = 0;
  #found: number[] | undefined;
  #automaton: LiteralAutomaton | undefined;
  /** The needs that TAIL_TEXT meets. */
  #inTail: NeedIds | undefined;

  constructor(tables: NeedScanTables) {
    this.#tables = tables;
    this.#windows = new Windows(tables.windows);
    this.#strides = new StrideWindows(tables.strides);
    this.#windowEnd = tables.windowEnd;
    this.#bytes = tables.bytes;
    this.#bytesStart = tables.bytesStart;
    this.#ids = tables.ids;
    this.#start = tables.start;
    this.#sequelOf = tables.sequelOf;
    this.#sequels = tables.sequels;
    this.#seen = new Uint16Array(tables.bytesStart.length - 1);
    this.#pairs = pairsStart(tables);
    this.#short = shortLiteralsOf(tables, this.#pairs);
    this.#arePairsFindable = this.#everyPair((first, second) => isFindable(first, second));
  }

  /** The needs that `text` meets, behind those in `before`. A need may stand there twice. */
  scan(text: string, before: NeedIds): NeedIds {
    return this.#scanFrom(text, copyText(text, 0), before);
  }

  /** The same for a request line of which copyText has just copied all bytes; `isUsual`: it ends with TAIL_TEXT. */
  scanLine(line: string, isUsual: boolean): NeedIds {
    if (!isUsual) return this.#scanFrom(line, line.length, NO_NEEDS);
    const found = this.#scanFrom(line, line.length - TAIL_BYTES_LEFT, NO_NEEDS);
    const inTail = (this.#inTail ??= this.scan(TAIL_TEXT, NO_NEEDS));
    return inTail.length === 0 ? found : [...found, ...inTail];
  }

  /**
   * Whether the bytes meet no need, as far as one look for windows tells: without short literals, and without a place where
   * the scan would stop, nothing is there to be compared. So a text that holds nothing is not even made.
   */
  isRuledOut(bytes: Uint8Array): boolean {
    if (this.#pairs < this.#seen.length) return false;
    const strides = this.#strides;
    if (strides.stride > 0 && bytes.length <= STRIDE_BYTES_MAX) {
      TEXT_BYTES.set(bytes);
      for (let from = 0; from < bytes.length; from = strides.resume)
        if (strides.collect(from, bytes.length) > 0) return false;
      return true;
    }
    return this.#windows.nextLong(bytes, 0, bytes.length, 0) === bytes.length;
  }

  /** `copied` is how many bytes of it are there, or of a line how many are looked at. */
  #scanFrom(text: string, copied: number, before: NeedIds): NeedIds {
    this.#nextScan();
    this.#found = undefined;
    this.#sequelCost = 0;
    const isLong = text.length >= APART_BYTES_MIN;
    const isApart = isLong && this.#arePairsFindable;
    const bits = isLong || this.#short === undefined ? undefined : shortIn(this.#short, copied);
    const isDone =
      isApart || bits !== undefined || this.#pairs === this.#windowEnd.length
        ? this.#scanLong(text, copied)
        : this.#scanByBytes(text, copied, false);
    if (!isDone) return this.#scanLinear(text, before);
    if (isApart) this.#findPairs(text);
    if (bits === undefined) this.#findBytes(text);
    else if (bits !== 0) this.#addShort(bits);
    return this.#behind(before);
  }

  /** Literals of three bytes and more; false when the budget of comparisons was used up. */
  #scanLong(text: string, copied: number): boolean {
    const isStrided =
      this.#strides.stride > 0 && text.length >= STRIDE_BYTES_MIN && text.length <= STRIDE_BYTES_MAX;
    return isStrided ? this.#scanByStrides(text, copied) : this.#scanByBytes(text, copied, true);
  }

  #scanByBytes(text: string, copied: number, isLongAlone: boolean): boolean {
    const windows = this.#windows;
    let budget = budgetOf(text);
    let last = 0;
    for (let start = 0; start < text.length; start += PIECE_BYTES) {
      const count = start === 0 ? copied : copyText(text, start);
      for (let at = 0; ; at++) {
        at = isLongAlone
          ? windows.nextLong(TEXT_BYTES, at, count, last)
          : windows.nextKnown(TEXT_BYTES, at, count, last, this.#scan);
        if (at === count) break;
        budget -= this.#compare(text, windows.codeAt(TEXT_BYTES, at, last), start + at + 1);
        if (budget < this.#sequelCost) return false;
      }
      last = windows.codeAt(TEXT_BYTES, count - 1, last);
    }
    return true;
  }

  #scanByStrides(text: string, count: number): boolean {
    const strides = this.#strides;
    const { places, starts } = strides;
    let budget = budgetOf(text);
    for (let from = 0; from < count; from = strides.resume) {
      const found = strides.collect(from, count);
      for (let index = 0; index < found; index++) {
        budget -= this.#compareAt(text, places[index]!, starts[index]!); // Below their number.
        if (budget < this.#sequelCost) return false;
      }
    }
    return true;
  }

  /** Compares what is known by a window at this place; answers what it cost. */
  #compareAt(text: string, at: number, start: number): number {
    const { members } = this.#strides;
    let cost = 1;
    for (let entry = start; members[entry] !== NO_MEMBER; entry += 2) {
      const literal = members[entry]!; // There is an end behind it, here and below.
      if (this.#seen[literal] === this.#scan) continue;
      cost++;
      if (this.#standsAt(literal, text, at - members[entry + 1]!)) this.#add(literal);
    }
    return cost;
  }

  /** `bits` are those of the short literals that the text holds. */
  #addShort(bits: number): void {
    for (let left = bits; left !== 0; left &= left - 1)
      this.#add(this.#pairs + 31 - Math.clz32(left & -left));
  }

  #findPairs(text: string): void {
    for (let literal = this.#pairs; literal < this.#windowEnd.length; literal++) {
      if (this.#seen[literal] === this.#scan) continue;
      const start = this.#bytesStart[literal]!; // Of every literal.
      const first = this.#bytes[start]!; // It has two bytes.
      const second = this.#bytes[start + 1]!;
      if (holdsPair(text, first, second) && this.#mayPairGoOn(literal, text, first, second))
        this.#add(literal);
    }
  }

  /** Of a pair that the text holds: whether its sequel may be behind one. After some of them it may. */
  #mayPairGoOn(literal: number, text: string, first: number, second: number): boolean {
    const place = this.#sequelOf[literal]!; // Of every literal.
    if (place === -1 || isLetter(first) || isLetter(second)) return true;
    const sequel = this.#sequels[place]!; // A place in them.
    const pair = String.fromCharCode(first, second);
    let left = PAIRS_MAX;
    for (let at = text.indexOf(pair); at >= 0; at = text.indexOf(pair, at + 1)) {
      if (left-- === 0 || mayFollow(sequel, text, at + 2, PAIR_SEQUEL_BYTES_MAX)) return true;
    }
    return false;
  }

  #everyPair(holds: (first: number, second: number) => boolean): boolean {
    for (let literal = this.#pairs; literal < this.#windowEnd.length; literal++) {
      const start = this.#bytesStart[literal]!; // Of every literal.
      if (!holds(this.#bytes[start]!, this.#bytes[start + 1]!)) return false;
    }
    return true;
  }

  #findBytes(text: string): void {
    for (let literal = this.#windowEnd.length; literal < this.#seen.length; literal++) {
      const byte = this.#bytes[this.#bytesStart[literal]!]!; // Of every literal.
      if (holdsByte(text, byte)) this.#add(literal);
    }
  }

  #behind(before: NeedIds): NeedIds {
    const found = this.#found;
    return found === undefined ? before : before.length === 0 ? found : [...before, ...found];
  }

  #nextScan(): void {
    if (++this.#scan <= SCANS_MAX) return;
    this.#scan = 1;
    this.#seen.fill(0);
    this.#windows.unsettle();
  }

  /** Compares what is known by the bytes before `end`; answers what it cost. */
  #compare(text: string, code: number, end: number): number {
    const windows = this.#windows;
    const { members, sizeMax } = windows;
    const scan = this.#scan;
    let cost = 1;
    for (let size = windows.sizeMin; size <= sizeMax; size++) {
      const start = windows.find(code, size, scan);
      if (start === -1) continue;
      const last = windows.foundEnd;
      let isSettled = size < 3;
      for (let entry = start; entry < last; entry++) {
        const literal = members[entry]!; // Below its end.
        if (this.#seen[literal] === scan) continue;
        if (this.#isAt(literal, text, end)) this.#add(literal);
        else isSettled = false;
      }
      cost += last - start;
      if (isSettled) windows.settle(code, size, scan);
    }
    return cost;
  }

  #isAt(literal: number, text: string, windowEnd: number): boolean {
    return this.#standsAt(literal, text, windowEnd - this.#windowEnd[literal]!); // Of every literal with a window.
  }

  /** With what must stand behind it. */
  #standsAt(literal: number, text: string, start: number): boolean {
    const first = this.#bytesStart[literal]!; // Of every literal, here and below.
    const size = this.#bytesStart[literal + 1]! - first;
    if (start < 0 || start + size > text.length) return false;
    for (let index = 0; index < size; index++) {
      if (foldByte(text.charCodeAt(start + index)) !== this.#bytes[first + index]) return false;
    }
    return this.#mayGoOn(literal, text, start + size);
  }

  /** Whether what stands behind the literal may be its sequel. */
  #mayGoOn(literal: number, text: string, end: number): boolean {
    const place = this.#sequelOf[literal]!; // Of every literal.
    if (place === -1) return true;
    this.#sequelCost += COMPARISONS_PER_SEQUEL;
    return mayFollow(this.#sequels[place]!, text, end); // A place in them.
  }

  #add(literal: number): void {
    this.#seen[literal] = this.#scan;
    const found = (this.#found ??= []);
    const end = this.#start[literal + 1]!; // Of every literal.
    for (let entry = this.#start[literal]!; entry < end; entry++) found.push(this.#ids[entry]!); // Below the end.
  }

  #scanLinear(text: string, before: NeedIds): NeedIds {
    this.#automaton ??= new LiteralAutomaton(literalsOf(this.#tables));
    this.#automaton.scan(text, (literal) => {
      if (this.#seen[literal] !== this.#scan) this.#add(literal);
      return false;
    });
    return this.#behind(before);
  }
}

function budgetOf(text: string): number {
  return COMPARISONS + COMPARISONS_PER_BYTE * text.length;
}

/** Literals of one and two bytes: for each byte, in either case, a bit for each that it begins, ends, or is. */
interface ShortLiterals {
  /** 1 for each byte that begins one, or is one. */
  readonly any: Uint8Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly alone: Int32Array;
}

const SHORT_MAX = 31;

/** Undefined where there are none, or too many. */
function shortLiteralsOf({ bytes, bytesStart }: NeedScanTables, pairs: number): ShortLiterals | undefined {
  const count = bytesStart.length - 1 - pairs;
  if (count === 0 || count > SHORT_MAX) return undefined;
  const first = new Int32Array(256);
  const second = new Int32Array(256);
  const alone = new Int32Array(256);
  for (let place = 0; place < count; place++) {
    const start = bytesStart[pairs + place]!; // Of every literal, here and below; and all bytes have bits.
    const size = bytesStart[pairs + place + 1]! - start;
    if (size === 1) alone[bytes[start]!]! |= 1 << place;
    else {
      first[bytes[start]!]! |= 1 << place;
      second[bytes[start + 1]!]! |= 1 << place;
    }
  }
  for (const bits of [first, second, alone])
    for (let upper = 0x41; upper <= 0x5a; upper++) bits[upper] = bits[upper + 32]!;
  return {
    any: Uint8Array.from(first, (bits, byte) => (bits === 0 && alone[byte] === 0 ? 0 : 1)),
    first,
    second,
    alone,
  };
}

/**
 * Which of them are in the text of which so many bytes were copied: one pass for all, and another where one of their first
 * bytes is.
 */
function shortIn(short: ShortLiterals, count: number): number {
  const { any } = short;
  let isAny = 0;
  for (let at = 0; at < count; at++) isAny |= any[TEXT_BYTES[at]!]!; // Below the count, and for each byte.
  return isAny === 0 ? 0 : shortBits(short, count);
}

function shortBits({ first, second, alone }: ShortLiterals, count: number): number {
  let found = 0;
  let begun = 0;
  for (let at = 0; at < count; at++) {
    const byte = TEXT_BYTES[at]!; // Below the count, and bits for each byte.
    found |= alone[byte]! | (begun & second[byte]!);
    begun = first[byte]!;
  }
  return found;
}

function pairsStart({ windowEnd, bytesStart }: NeedScanTables): number {
  let literal = windowEnd.length;
  while (literal > 0 && bytesStart[literal]! - bytesStart[literal - 1]! === 2) literal--; // Of every literal, and the end.
  return literal;
}

/** A literal, with what must stand behind it, and the needs that it meets. */
interface Wanted {
  readonly literal: string;
  readonly sequel: Sequel | undefined;
  readonly ids: number[];
}

/** `ids` are the needs of `all` that are looked for, `bitsEach` as makeWindowTables has it; strides are for long texts. */
export function makeNeedScanTables(
  all: readonly Need[],
  ids: readonly number[],
  { bitsEach, hasStrides = false }: { readonly bitsEach?: number; readonly hasStrides?: boolean } = {},
): NeedScanTables {
  const wanted = new Map<string, Wanted>();
  for (const id of ids) {
    const { literals, sequel } = all[id]!; // They are numbers of needs.
    for (const literal of literals) {
      const key = sequel === undefined ? literal : `${literal}\0${keyOfSequel(sequel)}`;
      const known = wanted.get(key);
      if (known === undefined) wanted.set(key, { literal, sequel, ids: [id] });
      else known.ids.push(id);
    }
  }
  const each = [...wanted.values()];
  const long = each.filter(({ literal: { length } }) => length > 2);
  const pair = each.filter(({ literal: { length } }) => length === 2);
  const single = each.filter(({ literal: { length } }) => length < 2);
  const sorted = [...long, ...pair, ...single];
  const chosen = chooseWindows(
    [...long, ...pair].map(({ literal }) => literal),
    windowEndMax,
  );
  const [needIds, start] = packed(sorted.map((one) => one.ids));
  const sequels = sorted.flatMap(({ sequel }) => sequel ?? []);
  return {
    windows: makeWindowTables(
      chosen.map(({ window }) => window),
      undefined,
      bitsEach,
    ),
    strides: makeStrideTables(hasStrides ? long.map(({ literal }) => literal) : []),
    windowEnd: Uint16Array.from(chosen, ({ end }) => end),
    ...packBytes(sorted.map(({ literal }) => literal)),
    ids: needIds,
    start,
    sequelOf: Int32Array.from(sorted, ({ sequel }) => (sequel === undefined ? -1 : sequels.indexOf(sequel))),
    sequels,
  };
}

/** Lists behind each other, and where each begins; one more entry is the end. */
export function packed(lists: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const starts = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) starts[index + 1] = starts[index]! + list.length; // Made in order.
  return [Int32Array.from(lists.flat()), starts];
}
