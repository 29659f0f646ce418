/**
 * Patterns that are worth running on many a text because what they need is common, a space or a letter: all of them run on
 * a text in one pass, when the first of them is asked for. What they say belongs to the text.
 *
 * The answer for each pattern is the exact one (rx/regex-set.ts), so that nothing is left out; of a text that is made to
 * hurt nothing is said of them, and who wants to know asks the pattern itself.
 */
import { RegexMemory } from '../rx/memory.ts';
import type { Regex } from '../rx/regex.ts';
import { compileRegexSet } from '../rx/regex-set.ts';
import type { RegexSet, SetTables } from '../rx/regex-set.ts';

/** A bit for each pattern, by its place. Shared, not to be changed. */
export interface TogetherFound {
  readonly found: Uint32Array;
  /** Those that have to be asked alone. */
  readonly unsaid: Uint32Array;
}

export class Together {
  readonly #set: RegexSet;
  /** Of the text that is asked about. */
  readonly #found: Uint32Array;
  readonly #unsaid: Uint32Array;
  readonly #none: TogetherFound;

  /** A pattern is known by its place. `tables` are those of the same patterns. */
  constructor(patterns: readonly Regex[], tables: SetTables, memory: RegexMemory = new RegexMemory()) {
    this.#set = compileRegexSet(patterns, memory, tables);
    const words = (patterns.length + 31) >>> 5;
    this.#found = new Uint32Array(words);
    this.#unsaid = new Uint32Array(words);
    this.#none = { found: new Uint32Array(words), unsaid: new Uint32Array(words) };
  }

  /** Threads looked at so far: for tests, which count work and not time. */
  get work(): number {
    return this.#set.work;
  }

  of(text: string): TogetherFound {
    if (!this.#set.matches(text, this.#found, this.#unsaid)) return this.#none;
    const answer = { found: this.#found.slice(), unsaid: this.#unsaid.slice() };
    this.#found.fill(0);
    this.#unsaid.fill(0);
    return answer;
  }
}

/** Whether the bit of the pattern at this place is set. */
export function hasPlace(bits: Uint32Array, place: number): boolean {
  return (bits[place >>> 5]! & (1 << (place & 31))) !== 0; // Bits for all places.
}
