/**
 * Which needs a text meets: one scan, whatever their number.
 *
 * As match/literal-scanner.ts, on the same windows, but told by numbers instead of bits, of which there would be thousands
 * for each value; and windows are chosen so that few literals share one: thousands of these end in `.php?`.
 *
 * Attack: a text made of such windows would be compared at every byte. Comparisons have a budget of a fraction of the
 * text; when it is used up, an automaton, which is linear whatever the text holds, goes over the whole.
 */
import { foldByte, LiteralAutomaton } from '../match/literal-automaton.ts';
import { literalsOf, packBytes } from '../match/literal-bytes.ts';
import type { LiteralBytes } from '../match/literal-bytes.ts';
import { copyText, PIECE_BYTES, TEXT_BYTES } from '../match/text-bytes.ts';
import { makeWindowTables, SCANS_MAX, Windows } from '../match/windows.ts';
import type { WindowTables } from '../match/windows.ts';
import { chooseWindows } from './choose-windows.ts';
import type { Need } from './needs.ts';

/** Numbers of needs. Shared, not to be changed. */
export type NeedIds = readonly number[];
export const NO_NEEDS: NeedIds = [];

/** Comparisons that a text may cost, and for each of its bytes, before the automaton takes over. */
const COMPARISONS = 256;
const COMPARISONS_PER_BYTE = 0.5;

/** What a scan goes by; nothing of it changes, so that threads can share it. */
export interface NeedScanTables extends LiteralBytes {
  readonly windows: WindowTables;
  /** Of each literal: where its window ends. */
  readonly windowEnd: Uint16Array;
  /** The needs of each literal, from start on. */
  readonly ids: Int32Array;
  readonly start: Int32Array;
}

export class NeedScan {
  readonly #tables: NeedScanTables;
  readonly #windows: Windows;
  readonly #windowEnd: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #bytesStart: Int32Array;
  readonly #ids: Int32Array;
  readonly #start: Int32Array;
  /** The scan in which a literal was last found. */
  readonly #seen: Uint16Array;
  /** Counts scans from 1. */
  #scan = 0;
  #found: number[] | undefined;
  #automaton: LiteralAutomaton | undefined;

  constructor(tables: NeedScanTables) {
    this.#tables = tables;
    this.#windows = new Windows(tables.windows);
    this.#windowEnd = tables.windowEnd;
    this.#bytes = tables.bytes;
    this.#bytesStart = tables.bytesStart;
    this.#ids = tables.ids;
    this.#start = tables.start;
    this.#seen = new Uint16Array(tables.windowEnd.length);
  }

  /** The needs that `text` meets, behind those in `before`. A need may stand there twice. */
  scan(text: string, before: NeedIds): NeedIds {
    const windows = this.#windows;
    this.#nextScan();
    this.#found = undefined;
    let budget = COMPARISONS + COMPARISONS_PER_BYTE * text.length;
    let last = 0;
    for (let start = 0; start < text.length; start += PIECE_BYTES) {
      const count = copyText(text, start);
      for (let at = 0; ; at++) {
        at = windows.nextKnown(TEXT_BYTES, at, count, last, this.#scan);
        if (at === count) break;
        budget -= this.#compare(text, windows.codeAt(TEXT_BYTES, at, last), start + at + 1);
        if (budget < 0) return this.#scanLinear(text, before);
      }
      last = windows.codeAt(TEXT_BYTES, count - 1, last);
    }
    return this.#behind(before);
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
    return true;
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

/** `ids` are the needs of `all` that are looked for. */
export function makeNeedScanTables(all: readonly Need[], ids: readonly number[]): NeedScanTables {
  const idsOf = new Map<string, number[]>();
  for (const id of ids) {
    for (const literal of all[id]?.literals ?? []) {
      const known = idsOf.get(literal);
      if (known === undefined) idsOf.set(literal, [id]);
      else known.push(id);
    }
  }
  const literals = [...idsOf.keys()];
  const chosen = chooseWindows(literals);
  const [needIds, start] = packed([...idsOf.values()]);
  return {
    windows: makeWindowTables(chosen.map(({ window }) => window)),
    windowEnd: Uint16Array.from(chosen, ({ end }) => end),
    ...packBytes(literals),
    ids: needIds,
    start,
  };
}

/** Lists behind each other, and where each begins; one more entry is the end. */
export function packed(lists: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const starts = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) starts[index + 1] = starts[index]! + list.length; // Made in order.
  return [Int32Array.from(lists.flat()), starts];
}
