/**
 * Patterns that are worth running on many a text because what they need is common, a space or a letter: all of them run on
 * a text in one pass, when the first of them is asked for. What they say belongs to the text.
 *
 * The answer for each pattern is the exact one (rx/regex-set.ts), so that nothing is left out.
 */
import type { RegexMemory } from '../rx/memory.ts';
import type { Regex } from '../rx/regex.ts';
import { compileRegexSet } from '../rx/regex-set.ts';
import type { RegexSet } from '../rx/regex-set.ts';

export class Together {
  readonly #patterns: readonly Regex[];
  readonly #memory: RegexMemory | undefined;
  /** Made for the first text: a thread that attaches rules need not read patterns. */
  #set: RegexSet | undefined;
  /** Of the text that is asked about. */
  readonly #found: Uint32Array;
  readonly #none: Uint32Array;

  /** A pattern is known by its place. */
  constructor(patterns: readonly Regex[], memory: RegexMemory | undefined) {
    this.#patterns = patterns;
    this.#memory = memory;
    this.#found = new Uint32Array((patterns.length + 31) >>> 5);
    this.#none = new Uint32Array(this.#found.length);
  }

  /** The bits of the patterns that match. Shared, not to be changed. */
  of(text: string): Uint32Array {
    this.#set ??= compileRegexSet(this.#patterns, this.#memory);
    if (!this.#set.matches(text, this.#found)) return this.#none;
    const found = this.#found.slice();
    this.#found.fill(0);
    return found;
  }
}

/** Whether the pattern at this place matches. */
export function hasPlace(bits: Uint32Array, place: number): boolean {
  return (bits[place >>> 5]! & (1 << (place & 31))) !== 0; // Bits for all places.
}
