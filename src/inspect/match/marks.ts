/**
 * Which tests have held for some value of an exchange, and for which: nothing at all for most exchanges.
 */
import { Buffer } from 'node:buffer';
import type { TestIds } from './kind.ts';

/** Tests that held, each with the text of a value for which it did: a test is there once for each. */
export interface Found {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
}

export const NOTHING_FOUND: Found = Object.freeze({ ids: [], texts: [] });

/** Up to so many texts are compared one by one. */
const FEW = 8;

export class Marks {
  readonly #testCount: number;
  #bits: Uint32Array | undefined;
  /** Ids in the order they were first marked. */
  readonly ids: number[] = [];
  #own: { readonly ids: number[]; readonly texts: string[] } | undefined;
  /** What was found as a whole before. */
  #remembered: Found[] | undefined;

  constructor(testCount: number) {
    this.#testCount = testCount;
  }

  /** Marks for the same tests, none of them set. */
  fresh(): Marks {
    return new Marks(this.#testCount);
  }

  /** Tests that hold for a value with this text. */
  add(ids: TestIds, text: string): void {
    if (ids.length === 0) return;
    const own = (this.#own ??= { ids: [], texts: [] });
    for (const id of ids) {
      this.#mark(id);
      own.ids.push(id);
      own.texts.push(text);
    }
  }

  addAll(found: Found): void {
    if (found.ids.length === 0) return;
    for (const id of found.ids) this.#mark(id);
    (this.#remembered ??= []).push(found);
  }

  has(id: number): boolean {
    return this.#bits !== undefined && (this.#bits[id >>> 5]! & (1 << (id & 31))) !== 0; // Words for all tests.
  }

  /** What was marked value by value; not to be changed any more. */
  get found(): Found {
    return this.#own ?? NOTHING_FOUND;
  }

  /** The texts of all values for which the test held. */
  textsOf(id: number): Texts {
    const texts: string[] = [];
    addTexts(this.found, id, texts);
    for (const found of this.#remembered ?? []) addTexts(found, id, texts);
    return texts.length > FEW ? new Set(texts) : { has: (text) => texts.includes(text) };
  }

  #mark(id: number): void {
    const bits = (this.#bits ??= new Uint32Array((this.#testCount + 31) >>> 5));
    const mask = 1 << (id & 31);
    if ((bits[id >>> 5]! & mask) !== 0) return; // As above.
    bits[id >>> 5]! |= mask;
    this.ids.push(id);
  }
}

export type Texts = Pick<ReadonlySet<string>, 'has'>;

function addTexts({ ids, texts }: Found, sought: number, into: string[]): void {
  for (let place = 0; place < ids.length; place++) if (ids[place] === sought) into.push(texts[place]!); // As many.
}

/**
 * The same with texts that keep nothing alive but `text`, where most of them stand: what a client sent would be kept as
 * a whole.
 */
export function foundIn(text: string, { ids, texts }: Found): Found {
  if (ids.length === 0) return NOTHING_FOUND;
  return { ids, texts: texts.map((each) => ownPart(text, each)) };
}

/** Most texts that were found stand in the whole one, but not all, and each may be there for several tests. */
export function bytesOf({ texts }: Found): number {
  let bytes = 0;
  for (const text of texts) bytes += text.length + FOUND_BYTES;
  return bytes;
}

/** What a text that was found costs beside its bytes. */
const FOUND_BYTES = 40;

function ownPart(text: string, part: string): string {
  const start = text.indexOf(part);
  return start < 0 ? Buffer.from(part, 'latin1').toString('latin1') : text.slice(start, start + part.length);
}
