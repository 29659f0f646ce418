/**
 * Which tests have one of their literals in a text: the scan that every value of every request goes through.
 *
 * Each literal is known by four of its bytes in a row, those that harmless texts hold least (shorter literals by all
 * they have). A table of bits, by a hash of four bytes, is asked once a byte; the looks do not wait for each other, as
 * they do in an automaton. Where a bit is set, the literals known by these bytes are compared.
 *
 * Attack: a text made of such fours would be compared at every byte. Comparisons have a budget of a fraction of the
 * text; when it is used up, an Aho-Corasick automaton, which is linear whatever the text holds, goes over the whole.
 *
 * ASCII case is ignored on both sides.
 *
 * Tried: three bytes and no hash, 2^18 bits. It is no quicker where nothing is found, and finds five times as much that
 * has to be compared for nothing.
 */
import { probabilityOf } from '../rx/literal-cost.ts';
import { foldAscii } from './phrase-automaton.ts';
import { foldByte, LiteralAutomaton } from './literal-automaton.ts';
import { literalsOf, packBytes } from './literal-bytes.ts';
import type { LiteralBytes } from './literal-bytes.ts';
import { makeWindowTables, SCANS_MAX, WINDOW_MAX, Windows } from './windows.ts';
import type { Beside, WindowTables } from './windows.ts';
import { makeStrideTables, NO_MEMBER, STRIDE_BYTES_MAX, StrideWindows } from './stride-windows.ts';
import type { StrideTables } from './stride-windows.ts';
import { copyText, PIECE_BYTES, TEXT_BYTES } from './text-bytes.ts';

/** Comparisons that a text may cost, and for each of its bytes, before the automaton takes over. */
const COMPARISONS = 64;
const COMPARISONS_PER_BYTE = 0.25;
/** What a place costs at which there turns out to be no window, or the byte beside it says that there is nothing. */
const RULED_OUT = 0.25;
/** Shorter texts are looked at byte by byte: there is hardly anything to be saved. */
const STRIDE_BYTES_MIN = 48;

/** What a scan goes by; nothing of it changes, so that threads can share it. */
export interface LiteralTables extends LiteralBytes {
  readonly windows: WindowTables;
  readonly strides: StrideTables;
  /** For each literal, from testsStart: words and masks of the bits of its tests, in turn. */
  readonly tests: Int32Array;
  readonly testsStart: Int32Array;
  /** Of each literal: where its window ends. */
  readonly windowEnd: Uint16Array;
}

export class LiteralScanner {
  readonly #tables: LiteralTables;
  readonly #windows: Windows;
  readonly #strides: StrideWindows;
  readonly #tests: Int32Array;
  readonly #testsStart: Int32Array;
  readonly #windowEnd: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #bytesStart: Int32Array;
  /** The scan in which a literal was last found. */
  readonly #seen: Uint16Array;
  /** Counts scans from 1. */
  #scan = 0;
  #isAny = false;
  #automaton: LiteralAutomaton | undefined;

  constructor(tables: LiteralTables) {
    this.#tables = tables;
    this.#windows = new Windows(tables.windows);
    this.#strides = new StrideWindows(tables.strides);
    this.#tests = tables.tests;
    this.#testsStart = tables.testsStart;
    this.#windowEnd = tables.windowEnd;
    this.#bytes = tables.bytes;
    this.#bytesStart = tables.bytesStart;
    this.#seen = new Uint16Array(tables.windowEnd.length);
  }

  /** Sets the bits of all tests that have a literal in `text`, and leaves the others. Whether there was any literal. */
  scanInto(text: string, bits: Uint32Array): boolean {
    this.#nextScan();
    this.#isAny = false;
    const isLong = text.length >= STRIDE_BYTES_MIN && text.length <= STRIDE_BYTES_MAX;
    return isLong && this.#strides.stride > 0
      ? this.#scanByStrides(text, bits)
      : this.#scanByBytes(text, bits);
  }

  #scanByBytes(text: string, bits: Uint32Array): boolean {
    const windows = this.#windows;
    let budget = COMPARISONS + COMPARISONS_PER_BYTE * text.length;
    let before = 0;
    for (let start = 0; start < text.length; start += PIECE_BYTES) {
      const count = copyText(text, start);
      for (let at = 0; ; at++) {
        at = windows.nextKnown(TEXT_BYTES, at, count, before, this.#scan);
        if (at === count) break;
        const code = windows.codeAt(TEXT_BYTES, at, before);
        if (windows.isRuledOut(TEXT_BYTES, at, count, code, this.#scan)) {
          budget -= RULED_OUT;
          if (budget < 0) return this.#scanLinear(text, bits);
          continue;
        }
        budget -= this.#compare(text, code, start + at + 1, bits);
        if (budget < 0) return this.#scanLinear(text, bits);
      }
      before = windows.codeAt(TEXT_BYTES, count - 1, before);
    }
    return this.#isAny;
  }

  #scanByStrides(text: string, bits: Uint32Array): boolean {
    const strides = this.#strides;
    const { places, starts } = strides;
    let budget = COMPARISONS + COMPARISONS_PER_BYTE * text.length;
    const count = copyText(text, 0);
    for (let from = 0; from < count; from = strides.resume) {
      const found = strides.collect(from, count);
      for (let index = 0; index < found; index++) {
        budget -= this.#compareAt(places[index]!, starts[index]!, count, bits); // Below their number.
        if (budget < 0) return this.#scanLinear(text, bits);
      }
    }
    return this.#isAny;
  }

  /** Compares what is known by a window at this place of TEXT_BYTES; answers what it cost. */
  #compareAt(at: number, start: number, count: number, bits: Uint32Array): number {
    const strides = this.#strides;
    const { members } = strides;
    let cost = RULED_OUT;
    for (let entry = start; members[entry] !== NO_MEMBER; entry += 2) {
      const literal = members[entry]!; // There is an end behind it, here and below.
      if (this.#seen[literal] === this.#scan) continue;
      cost++;
      if (this.#standsAt(literal, at - members[entry + 1]!, count)) this.#found(literal, bits);
    }
    return cost;
  }

  /** Whether the literal begins at `start` of the `count` bytes of TEXT_BYTES. */
  #standsAt(literal: number, start: number, count: number): boolean {
    const first = this.#bytesStart[literal]!; // Of every literal, here and below.
    const size = this.#bytesStart[literal + 1]! - first;
    if (start < 0 || start + size > count) return false;
    for (let index = 0; index < size; index++) {
      if (foldByte(TEXT_BYTES[start + index]!) !== this.#bytes[first + index]) return false;
    }
    return true;
  }

  #nextScan(): void {
    if (++this.#scan <= SCANS_MAX) return;
    this.#scan = 1;
    this.#seen.fill(0);
    this.#windows.unsettle();
  }

  /** Compares what is known by the bytes before `end`; answers what it cost. */
  #compare(text: string, code: number, end: number, bits: Uint32Array): number {
    const windows = this.#windows;
    const { members, sizeMax } = windows;
    const scan = this.#scan;
    let cost = 1;
    let isFound = true;
    for (let size = windows.sizeMin; size <= sizeMax; size++) {
      const start = windows.find(code, size, scan);
      if (start === -1) continue;
      const last = windows.foundEnd;
      let isSettled = size < 3;
      for (let entry = start; entry < last; entry++) {
        const literal = members[entry]!; // Below its end.
        if (this.#seen[literal] === scan) continue;
        if (this.#isAt(literal, text, end)) this.#found(literal, bits);
        else {
          isSettled = false;
          isFound &&= size < 3;
        }
      }
      cost += last - start;
      if (isSettled) windows.settle(code, size, scan);
    }
    if (isFound) windows.markFound(code, scan);
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

  #found(literal: number, bits: Uint32Array): void {
    this.#seen[literal] = this.#scan;
    this.#isAny = true;
    const last = this.#testsStart[literal + 1]!; // Of every literal, here and below.
    for (let entry = this.#testsStart[literal]!; entry < last; entry += 2) {
      bits[this.#tests[entry]!]! |= this.#tests[entry + 1]!;
    }
  }

  #scanLinear(text: string, bits: Uint32Array): boolean {
    this.#automaton ??= new LiteralAutomaton(literalsOf(this.#tables));
    this.#automaton.scan(text, (literal) => {
      if (this.#seen[literal] !== this.#scan) this.#found(literal, bits);
      return false;
    });
    return this.#isAny;
  }
}

/** Literals are latin1 and not empty; `tests` has for each of them the numbers of the tests that it stands for. */
export function makeLiteralTables(
  literals: readonly string[],
  tests: readonly (readonly number[])[],
): LiteralTables {
  const folded = literals.map(foldAscii);
  const windows = folded.map((text) => {
    const start = rarestWindow(text);
    return { text: text.slice(start, start + WINDOW_MAX), end: Math.min(text.length, start + WINDOW_MAX) };
  });
  const [packedTests, testsStart] = packTests(folded.length, tests);
  return {
    windows: makeWindowTables(
      windows.map(({ text }) => text),
      windows.map(({ text, end }, index) => besideOf(folded[index]!, end - text.length, end)), // One for each.
    ),
    strides: makeStrideTables(folded),
    windowEnd: Uint16Array.from(windows, ({ end }) => end),
    ...packBytes(folded),
    tests: packedTests,
    testsStart,
  };
}

/** The byte behind the window, or before it when the literal ends there. */
function besideOf(literal: string, start: number, end: number): Beside {
  const next = end < literal.length ? literal.charCodeAt(end) : undefined;
  return { next, before: next === undefined && start > 0 ? literal.charCodeAt(start - 1) : undefined };
}

/** Where in a literal the window begins that occurs least in harmless texts. */
function rarestWindow(literal: string): number {
  let best = 0;
  let bestCost = Infinity;
  for (let at = 0; at + WINDOW_MAX <= literal.length; at++) {
    const cost = probabilityOf(literal, at, at + WINDOW_MAX);
    if (cost >= bestCost) continue;
    best = at;
    bestCost = cost;
  }
  return best;
}

function packTests(count: number, tests: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const packed: number[] = [];
  const starts = new Int32Array(count + 1);
  for (let literal = 0; literal < count; literal++) {
    const masks = new Map<number, number>();
    for (const test of tests[literal] ?? []) {
      masks.set(test >>> 5, (masks.get(test >>> 5) ?? 0) | (1 << (test & 31)));
    }
    for (const [word, mask] of masks) packed.push(word, mask);
    starts[literal + 1] = packed.length;
  }
  return [Int32Array.from(packed), starts];
}
