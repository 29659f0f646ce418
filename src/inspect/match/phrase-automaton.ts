/**
 * Which of many phrases occur in a value: one pass, whatever their number (Aho and Corasick 1975).
 *
 * ASCII case is ignored on both sides: `@pm` is defined so, and for a prefilter it only widens. The transition table is
 * complete, so that a byte costs one look into it: rows are states, columns are classes of bytes that the phrases tell
 * apart. Time is linear in the value; a state that ends several phrases has all their numbers in one list.
 */

/** What is told for each place where phrases end. Answering `true` ends the scan. */
export type OnPhrase = (phrase: number, end: number) => boolean;

export class PhraseAutomaton {
  readonly #classOf: Uint8Array;
  readonly #width: number;
  readonly #next: Int32Array;
  /** For each state the phrases that end there, or undefined; most states end none. */
  readonly #ends: readonly (readonly number[] | undefined)[];

  /** `phrases` are latin1, not empty; a phrase is told by its index. */
  constructor(phrases: readonly string[]) {
    const folded = phrases.map(foldAscii);
    const { classOf, width } = classify(folded);
    const trie = makeTrie(folded, classOf, width);
    this.#classOf = classOf;
    this.#width = width;
    this.#next = trie.next;
    this.#ends = trie.ends;
  }

  /** Tells of each place in `text` where a phrase ends, from left to right. */
  scan(text: string, onPhrase: OnPhrase): void {
    const classOf = this.#classOf;
    const next = this.#next;
    const width = this.#width;
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      state = next[state * width + classOf[text.charCodeAt(at) & 0xff]!]!; // The table is complete.
      const ends = this.#ends[state];
      if (ends === undefined) continue;
      for (const phrase of ends) if (onPhrase(phrase, at + 1)) return;
    }
  }
}

/**
 * Lower case for the 26 letters of ASCII, every other byte as it is. `toLowerCase` would change bytes from 192 on, and is
 * what is quickest for texts without them.
 */
export function foldAscii(text: string): string {
  if (!/[A-Z]/.test(text)) return text;
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Class 0 is every byte that is in no phrase; both cases of a letter share a class. */
function classify(phrases: readonly string[]): { readonly classOf: Uint8Array; readonly width: number } {
  const classOf = new Uint8Array(256);
  let width = 1;
  for (const phrase of phrases) {
    for (let at = 0; at < phrase.length; at++) {
      const byte = phrase.charCodeAt(at) & 0xff;
      if (classOf[byte] === 0) classOf[byte] = width++;
    }
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) classOf[upper] = classOf[upper + 32]!; // 0x61 to 0x7a.
  return { classOf, width };
}

interface Trie {
  readonly next: Int32Array;
  readonly ends: readonly (readonly number[] | undefined)[];
}

function makeTrie(phrases: readonly string[], classOf: Uint8Array, width: number): Trie {
  const stateMax = phrases.reduce((sum, phrase) => sum + phrase.length, 1);
  const next = new Int32Array(stateMax * width).fill(-1);
  const ends: (number[] | undefined)[] = [undefined];
  for (const [index, phrase] of phrases.entries()) {
    let state = 0;
    for (let at = 0; at < phrase.length; at++) {
      const cell = state * width + classOf[phrase.charCodeAt(at) & 0xff]!; // Classes cover all 256 bytes.
      if (next[cell] === -1) next[cell] = ends.push(undefined) - 1;
      state = next[cell]!; // Just made, if it was not there.
    }
    (ends[state] ??= []).push(index);
  }
  completeTrie(next, ends, width);
  return { next: next.slice(0, ends.length * width), ends };
}

/** Breadth first: the missing transitions of a state are those of its longest proper suffix that is a state. */
function completeTrie(next: Int32Array, ends: (number[] | undefined)[], width: number): void {
  const suffixOf = new Int32Array(ends.length);
  const queue: number[] = [0];
  for (const state of queue) {
    const suffix = suffixOf[state]!; // Set when the state was queued.
    const inherited = state === 0 ? undefined : ends[suffix];
    if (inherited !== undefined) ends[state] = [...(ends[state] ?? []), ...inherited];
    for (let column = 0; column < width; column++) {
      const target = next[state * width + column]!; // Within the table.
      const fallback = state === 0 ? 0 : next[suffix * width + column]!; // The suffix is shorter, so complete.
      if (target === -1) {
        next[state * width + column] = fallback;
        continue;
      }
      suffixOf[target] = fallback;
      queue.push(target);
    }
  }
}
