/**
 * Which tests have held for some value of an exchange, and for which: nothing at all for most exchanges.
 */
import { Buffer } from 'node:buffer';
import type { TestIds } from './kind.ts';

/** So many tests are looked for one by one; beyond, bits say which are there. */
const FEW_TESTS = 24;
/** Up to so many texts are compared one by one. */
const FEW_TEXTS = 8;

/** Tests that held, each with the text of a value for which it did: a test is there once for each. */
export class Found {
  readonly #testCount: number;
  readonly ids: number[] = [];
  readonly texts: string[] = [];
  /** A bit for each id, modulo 32: most questions for a test that did not hold are answered by it. */
  #low = 0;
  /** When they are not few, each test once. */
  #once: number[] | undefined;
  #bits: Uint32Array | undefined;
  /** How many there are: what was found before is asked for that alone, without its lists. */
  #count = 0;
  /** The bits of the first `#asked` ids. */
  #kinds = 0;
  #asked = 0;

  constructor(testCount: number) {
    this.#testCount = testCount;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(id: number, text: string): void {
    this.#count++;
    this.ids.push(id);
    this.texts.push(text);
    this.#low |= 1 << (id & 31);
    if (this.#once !== undefined) this.#mark(id, this.#once);
    else if (this.ids.length > FEW_TESTS) this.#markAll();
  }

  has(id: number): boolean {
    if ((this.#low & (1 << (id & 31))) === 0) return false;
    return this.#bits === undefined ? this.ids.includes(id) : isMarked(this.#bits, id);
  }

  /** Every test that held, in the order of the first time, few of them more than once. */
  get tests(): readonly number[] {
    return this.#once ?? this.ids;
  }

  /** All bits that its tests have in `bitsOf`, which is always the same table. */
  bits(bitsOf: Uint16Array): number {
    for (; this.#asked < this.#count; this.#asked++) this.#kinds |= bitsOf[this.ids[this.#asked]!]!; // As many, and bits for each.
    return this.#kinds;
  }

  /**
   * The same with texts that keep nothing alive but `text`, where most of them stand: what a client sent would be kept as
   * a whole.
   */
  within(text: string): Found {
    if (this.ids.length === 0) return NOTHING_FOUND;
    const found = new Found(this.#testCount);
    for (let place = 0; place < this.ids.length; place++)
      found.add(this.ids[place]!, ownPart(text, this.texts[place]!)); // As many.
    return found;
  }

  #markAll(): void {
    this.#bits = new Uint32Array((this.#testCount + 31) >>> 5);
    this.#once = [];
    for (const id of this.ids) this.#mark(id, this.#once);
  }

  #mark(id: number, once: number[]): void {
    const bits = this.#bits!; // Made with `#once`.
    if (isMarked(bits, id)) return;
    bits[id >>> 5]! |= 1 << (id & 31); // Words for all tests.
    once.push(id);
  }
}

/** Nothing is added to it. */
export const NOTHING_FOUND: Found = new Found(0);

const NO_PARTS: readonly Found[] = [];

/**
 * Those of one exchange. What was found as a whole before is not taken apart: of most exchanges nobody asks more than whether
 * any of it is about a phase.
 */
export class Marks {
  readonly #testCount: number;
  #own: Found | undefined;
  #parts: Found[] | undefined;
  /** The bits of the first `#asked` parts. */
  #kinds = 0;
  #asked = 0;

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
    const own = this.#own ?? this.#makeOwn();
    for (const id of ids) own.add(id, text);
  }

  addAll(found: Found): void {
    if (!found.isEmpty) (this.#parts ??= []).push(found);
  }

  has(id: number): boolean {
    for (const part of this.parts) if (part.has(id)) return true;
    return false;
  }

  /** What was marked value by value; not to be changed any more. */
  get found(): Found {
    return this.#own ?? NOTHING_FOUND;
  }

  /** All that held; a test may be in several. */
  get parts(): readonly Found[] {
    return this.#parts ?? NO_PARTS;
  }

  /** As Found has it. Asked in each phase, so that it does not look at each part again. */
  bits(bitsOf: Uint16Array): number {
    const { parts } = this;
    for (; this.#asked < parts.length; this.#asked++) this.#kinds |= parts[this.#asked]!.bits(bitsOf); // Below their number.
    // The only one that grows.
    return this.#own === undefined ? this.#kinds : this.#kinds | this.#own.bits(bitsOf);
  }

  /** The texts of all values for which the test held. */
  textsOf(id: number): Texts {
    const texts: string[] = [];
    for (const part of this.parts) addTexts(part, id, texts);
    return texts.length > FEW_TEXTS ? new Set(texts) : { has: (text) => texts.includes(text) };
  }

  #makeOwn(): Found {
    const own = new Found(this.#testCount);
    (this.#parts ??= []).push(own);
    return (this.#own = own);
  }
}

function isMarked(bits: Uint32Array, id: number): boolean {
  return (bits[id >>> 5]! & (1 << (id & 31))) !== 0; // Words for all tests.
}

export type Texts = Pick<ReadonlySet<string>, 'has'>;

function addTexts({ ids, texts }: Found, sought: number, into: string[]): void {
  for (let place = 0; place < ids.length; place++) if (ids[place] === sought) into.push(texts[place]!); // As many.
}

/** Most texts that were found stand in the whole one, but not all, and each may be there for several tests. */
export function bytesOf({ texts }: Found): number {
  let bytes = texts.length === 0 ? 0 : LISTS_BYTES;
  for (const text of texts) bytes += text.length + FOUND_BYTES;
  return bytes;
}

/** What a text that was found costs beside its bytes, and what the lists of all do. */
const FOUND_BYTES = 40;
const LISTS_BYTES = 160;

function ownPart(text: string, part: string): string {
  const start = text.indexOf(part);
  return start < 0 ? Buffer.from(part, 'latin1').toString('latin1') : text.slice(start, start + part.length);
}
