/**
 * A fixed set of words, each of a kind, that can be asked for a piece of a text without making a string of it.
 */

/** FNV-1a (offset basis and prime): a caller that reads a word anyway can hash it on the way. */
export const HASH_START = 0x811c9dc5;

/** One step of the hash. Bit 5 is set, which takes the case of ASCII letters away. */
export function hashStep(hash: number, character: number): number {
  return Math.imul(hash ^ (character | 0x20), 0x01000193);
}

export class WordTable {
  readonly #text: string;
  readonly #starts: Uint16Array;
  readonly #kinds: Uint8Array;
  /** Number of the word plus 1, or 0; open addressing. Seven of eight are empty, since most words asked are not in it. */
  readonly #slots: Uint16Array;
  readonly #mask: number;

  /** Words in lower case, without ASCII upper case; each belongs to one kind, named by a letter. */
  constructor(wordsByKind: Readonly<Record<string, string>>) {
    const pairs = Object.entries(wordsByKind).flatMap(([kind, words]) =>
      words.split(' ').map((word) => [word, kind.charCodeAt(0)] as const),
    );
    this.#text = pairs.map(([word]) => word).join('');
    this.#kinds = Uint8Array.from(pairs, ([, kind]) => kind);
    this.#starts = new Uint16Array(pairs.length + 1);
    this.#mask = 2 ** Math.ceil(Math.log2(pairs.length * 8)) - 1;
    this.#slots = new Uint16Array(this.#mask + 1);
    let start = 0;
    for (const [index, [word]] of pairs.entries()) {
      start += word.length;
      this.#starts[index + 1] = start;
      let slot = spread(hashWord(word, 0, word.length)) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
    }
  }

  /** The letter (character code) of the kind, 0 when it is no word of the table. */
  kindOf(text: string, start: number, end: number): number {
    return this.kindOfHashed(text, start, end, hashWord(text, start, end));
  }

  /** The same for a word whose hash is known. */
  kindOfHashed(text: string, start: number, end: number, hash: number): number {
    let slot = spread(hash) & this.#mask;
    for (;;) {
      const word = this.#slots[slot]!; // The mask keeps the slot inside; an empty one comes, since most are.
      if (word === 0) return 0;
      if (this.#isWord(text, start, end, word - 1)) return this.#kinds[word - 1]!;
      slot = (slot + 1) & this.#mask;
    }
  }

  #isWord(text: string, start: number, end: number, word: number): boolean {
    const wordStart = this.#starts[word]!; // `word` comes from the slots.
    if (this.#starts[word + 1]! - wordStart !== end - start) return false;
    for (let at = start, other = wordStart; at < end; at++, other++) {
      const character = text.charCodeAt(at);
      const lower = character >= 0x41 && character <= 0x5a ? character | 0x20 : character;
      if (lower !== this.#text.charCodeAt(other)) return false;
    }
    return true;
  }
}

function hashWord(text: string, start: number, end: number): number {
  let hash = HASH_START;
  for (let at = start; at < end; at++) hash = hashStep(hash, text.charCodeAt(at));
  return hash;
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}
