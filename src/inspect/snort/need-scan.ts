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
import { copyText, PIECE_BYTES, TEXT_BYTES } from '../match/text-bytes.ts';
import { makeWindowTables, SCANS_MAX, Windows } from '../match/windows.ts';
import type { WindowTables } from '../match/windows.ts';
import { chooseWindows } from './choose-windows.ts';
import { TAIL_BYTES_LEFT, TAIL_TEXT, windowEndMax } from './constant-tail.ts';
import { holdsByte, holdsPair, isFindable } from './short-literal.ts';
import type { Need } from './needs.ts';
import { keyOfSequel, mayFollow, SEQUEL_BYTES_MAX } from './sequel.ts';
import type { Sequel } from './sequel.ts';

/** Numbers of needs. Shared, not to be changed. */
export type NeedIds = readonly number[];
export const NO_NEEDS: NeedIds = [];

/** Comparisons that a text may cost, and for each of its bytes, before the automaton takes over. */
const COMPARISONS = 256;
const COMPARISONS_PER_BYTE = 0.5;
/** In texts of so many bytes pairs are looked for apart: each search costs as much as 30 bytes do. */
const APART_BYTES_MIN = 512;
/** A sequel is over after a few bytes, most often; it may take SEQUEL_BYTES_MAX. */
const COMPARISONS_PER_SEQUEL = SEQUEL_BYTES_MAX / 16;

/** What a scan goes by; nothing of it changes, so that threads can share it. */
export interface NeedScanTables extends LiteralBytes {
  readonly windows: WindowTables;
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
  /** For each byte A_BYTE if it is a literal, and A_PAIR if it begins one of two bytes; undefined when there are none. */
  readonly #shortKinds: Uint8Array | undefined;
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
    this.#windowEnd = tables.windowEnd;
    this.#bytes = tables.bytes;
    this.#bytesStart = tables.bytesStart;
    this.#ids = tables.ids;
    this.#start = tables.start;
    this.#sequelOf = tables.sequelOf;
    this.#sequels = tables.sequels;
    this.#seen = new Uint16Array(tables.bytesStart.length - 1);
    this.#pairs = pairsStart(tables);
    this.#shortKinds = shortKindsOf(tables, this.#pairs);
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
    if (this.#shortKinds !== undefined) return false;
    return this.#windows.nextLong(bytes, 0, bytes.length, 0) === bytes.length;
  }

  /** `copied` is how many bytes of it are there, or of a line how many are looked at. */
  #scanFrom(text: string, copied: number, before: NeedIds): NeedIds {
    const windows = this.#windows;
    this.#nextScan();
    this.#found = undefined;
    this.#sequelCost = 0;
    let budget = COMPARISONS + COMPARISONS_PER_BYTE * text.length;
    let last = 0;
    const isApart = text.length >= APART_BYTES_MIN && this.#arePairsFindable;
    const short = text.length < APART_BYTES_MIN ? this.#shortIn(copied) : ANY_SHORT;
    const isLongAlone = isApart || (short & A_PAIR) === 0;
    for (let start = 0; start < text.length; start += PIECE_BYTES) {
      const count = start === 0 ? copied : copyText(text, start);
      for (let at = 0; ; at++) {
        at = isLongAlone
          ? windows.nextLong(TEXT_BYTES, at, count, last)
          : windows.nextKnown(TEXT_BYTES, at, count, last, this.#scan);
        if (at === count) break;
        budget -= this.#compare(text, windows.codeAt(TEXT_BYTES, at, last), start + at + 1);
        if (budget < this.#sequelCost) return this.#scanLinear(text, before);
      }
      last = windows.codeAt(TEXT_BYTES, count - 1, last);
    }
    if (isApart) this.#findPairs(text);
    if ((short & A_BYTE) !== 0) this.#findBytes(text);
    return this.#behind(before);
  }

  /** Which short literals may be in the text of which so many bytes were copied: bits by their bytes, one pass for all. */
  #shortIn(count: number): number {
    const kinds = this.#shortKinds;
    if (kinds === undefined) return 0;
    let found = 0;
    for (let at = 0; at < count; at++) found |= kinds[TEXT_BYTES[at]!]!; // Below the count, and a kind for each byte.
    return found;
  }

  #findPairs(text: string): void {
    for (let literal = this.#pairs; literal < this.#windowEnd.length; literal++) {
      if (this.#seen[literal] === this.#scan) continue;
      const start = this.#bytesStart[literal]!; // Of every literal.
      if (holdsPair(text, this.#bytes[start]!, this.#bytes[start + 1]!)) this.#add(literal);
    }
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
    const first = this.#bytesStart[literal]!; // Of every literal, here and below.
    const size = this.#bytesStart[literal + 1]! - first;
    const start = windowEnd - this.#windowEnd[literal]!;
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

/** Kinds of short literals, as bits. */
const A_BYTE = 1;
const A_PAIR = 2;
const ANY_SHORT = A_BYTE | A_PAIR;

/** Both cases of a letter are one. */
function shortKindsOf(
  { bytes, bytesStart, windowEnd }: NeedScanTables,
  pairs: number,
): Uint8Array | undefined {
  const count = bytesStart.length - 1;
  if (pairs === count) return undefined;
  const kinds = new Uint8Array(256);
  for (let literal = pairs; literal < count; literal++)
    kinds[bytes[bytesStart[literal]!]!]! |= literal < windowEnd.length ? A_PAIR : A_BYTE; // Of every literal.
  return kinds.map((_, byte) => kinds[foldByte(byte)]!); // A kind for each byte.
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

/** `ids` are the needs of `all` that are looked for, `bitsEach` as makeWindowTables has it. */
export function makeNeedScanTables(
  all: readonly Need[],
  ids: readonly number[],
  bitsEach?: number,
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
  const {
    long = [],
    pair = [],
    single = [],
  } = Object.groupBy(wanted.values(), ({ literal: { length } }) =>
    length > 2 ? 'long' : length > 1 ? 'pair' : 'single',
  );
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
