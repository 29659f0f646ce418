/**
 * Names that are put together of the names of what a value stands in, such as those of members of JSON, as a tree: each is made
 * once, and what is asked of a value with this name is kept with it. A name that was seen before is found by its last part, where
 * that stands in the document, and by what it stands in; no string is made of it.
 */
import { Buffer } from 'node:buffer';
import type { Member } from './members.ts';
import { SHORT_BYTES_MAX, ShortTexts } from './short-texts.ts';

/** Names that are kept. Those that clients make up push out the others, all at once. */
const NAMES_MAX = 8192;
/** Parts of a name that is kept. Documents that are deeper are seldom alike. */
const PARTS_MAX = 32;
/** Bytes of names together that were written out; as above. */
const TEXT_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes of a document whose names are looked for. */
const DOCUMENT_BYTES_MAX = 262_144;
/** The document that is read: one at a time, from its beginning to its end within one call. */
const DOCUMENT_BYTES = Buffer.allocUnsafeSlow(DOCUMENT_BYTES_MAX);

/** What an empty key is called, as in ModSecurity. */
export const EMPTY_KEY = 'empty-key';

/** The number of a name that is not kept: those of what is in it are not either. */
const NOT_KEPT = -1;

export class ValueName {
  /** Undefined for the outermost one. */
  readonly parent: ValueName | undefined;
  readonly part: string;
  /** Bytes of the whole name. */
  readonly length: number;
  readonly partCount: number;
  /** Tells it from the other names that are kept, or NOT_KEPT. */
  readonly number: number;
  /** What is asked of a value with this name, once somebody has found that out. */
  member: Member | undefined;
  /** The names of elements that are kept. */
  elements: ValueName[] | undefined;
  readonly #names: ValueNames;
  #text: string | undefined;

  constructor(names: ValueNames, parent: ValueName | undefined, part: string, number: number) {
    this.#names = names;
    this.parent = parent;
    this.part = part;
    this.length = parent === undefined ? part.length : parent.length + 1 + part.length;
    this.partCount = parent === undefined ? 1 : parent.partCount + 1;
    this.number = number;
    // V8 does not write it out before somebody reads it.
    if (number === NOT_KEPT) this.#text = parent === undefined ? part : `${parent.text}.${part}`;
  }

  get text(): string {
    return (this.#text ??= this.#write());
  }

  /** Of names that are kept only those of values are written, for what is written is kept, too. */
  #write(): string {
    this.#names.noteText(this.length);
    const parts = [this.part];
    for (let name = this.parent; name !== undefined; name = name.parent) parts.push(name.part);
    return parts.reverse().join('.');
  }
}

export class ValueNames {
  readonly #rootPart: string;
  readonly #max: number;
  readonly #known: ShortTexts<ValueName>;
  #root: ValueName;
  #count = 0;
  #textBytes = 0;
  #isRead = false;

  /** `rootPart` is the outermost name. `bound` is a power of two, and for tests. */
  constructor(rootPart: string, bound: number = NAMES_MAX) {
    this.#rootPart = rootPart;
    this.#root = new ValueName(this, undefined, rootPart, 0);
    this.#known = new ShortTexts(bound, this.#root);
    this.#max = bound;
  }

  /** Begins with a document; answers its outermost name. */
  begin(document: string): ValueName {
    if (this.#count >= this.#max || this.#textBytes >= TEXT_BYTES_MAX) this.#forget();
    this.#isRead = document.length <= DOCUMENT_BYTES.length;
    if (this.#isRead) DOCUMENT_BYTES.write(document, 'latin1');
    return this.#root;
  }

  /** The name of a member whose key stands in the document between these places. */
  member(parent: ValueName, document: string, start: number, end: number): ValueName {
    if (!this.#isRead || !this.#keepsIn(parent) || end - start > SHORT_BYTES_MAX)
      return this.apart(parent, start === end ? EMPTY_KEY : document.slice(start, end));
    const known = this.#known.find(DOCUMENT_BYTES, start, end, parent.number);
    if (known !== undefined) return known;
    // A string of its own: what a client sent would be kept as a whole.
    const part = start === end ? EMPTY_KEY : DOCUMENT_BYTES.toString('latin1', start, end);
    const made = new ValueName(this, parent, part, ++this.#count);
    this.#known.keep(DOCUMENT_BYTES, start, end, parent.number, made);
    return made;
  }

  /** The name of an element of a list; those before it were asked for. */
  element(parent: ValueName, index: number): ValueName {
    const known = parent.elements?.[index];
    if (known !== undefined) return known;
    const part = `array_${index}`;
    const isNext = index === (parent.elements?.length ?? 0);
    if (!isNext || !this.#keepsIn(parent)) return this.apart(parent, part);
    const made = new ValueName(this, parent, part, ++this.#count);
    (parent.elements ??= []).push(made);
    return made;
  }

  /** A name that is not kept. */
  apart(parent: ValueName | undefined, part: string): ValueName {
    return new ValueName(this, parent, part, NOT_KEPT);
  }

  /** A name of so many bytes was written out. */
  noteText(length: number): void {
    this.#textBytes += length;
  }

  #keepsIn({ number, partCount }: ValueName): boolean {
    return number !== NOT_KEPT && partCount < PARTS_MAX && this.#count < this.#max;
  }

  #forget(): void {
    this.#root = new ValueName(this, undefined, this.#rootPart, 0);
    this.#known.clear();
    this.#count = 0;
    this.#textBytes = 0;
  }
}
