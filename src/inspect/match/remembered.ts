/**
 * What whole texts satisfy that come again: the request line of a page. (Field sections, of which most come again, are in
 * seen-sections.ts.)
 */
import { Buffer } from 'node:buffer';
import { bytesOf } from './marks.ts';
import type { Found } from './marks.ts';
import { SeenTwice } from './seen-twice.ts';

/** Bytes of the texts that are remembered in each set, and how long each may be. */
const BYTES_MAX = 4 * 1024 * 1024;
const TEXT_BYTES_MAX = 4096;
/** What an entry costs beside its text: the string's head, the map's cell. */
const ENTRY_BYTES = 80;
/** Texts that are told from those that come for the first time. */
const MARKS = 8192;
/** Sets: one for each way in which the same text means something else, of which there are few. */
const SETS_MAX = 8;

/**
 * Texts that mean the same under one condition. Most are new: what was never asked for is not even looked up, for which a map
 * has to read all of it. Where most texts come again, that question costs more than it saves.
 */
export class TextSet {
  #known = new Map<string, Found>();
  #bytes = 0;
  readonly #seen = new SeenTwice(MARKS);
  /** Whether the text that was asked for last had been asked for before, as far as a few bits tell. */
  #wasSeen = false;

  get(text: string): Found | undefined {
    this.#wasSeen = this.#seen.wasSeen(text);
    return this.#wasSeen ? this.#known.get(text) : undefined;
  }

  /**
   * Keeps the text that was asked for last, when that was not for the first time. When it is full, everything is forgotten
   * at once: who makes it so only costs speed.
   */
  set(text: string, found: Found): void {
    if (!this.#wasSeen || text.length > TEXT_BYTES_MAX) return;
    const bytes = text.length + ENTRY_BYTES + bytesOf(found);
    this.#bytes += bytes;
    if (this.#bytes > BYTES_MAX) {
      this.#known = new Map();
      this.#bytes = bytes;
    }
    // A string of its own: what a client sent would be kept as a whole.
    const own = Buffer.from(text, 'latin1').toString('latin1');
    this.#known.set(own, found.within(own));
  }
}

export class Remembered {
  #sets = new Map<string, TextSet>();

  /** The texts under a condition that is not in the text: a bound, the method. */
  under(condition: string): TextSet {
    let set = this.#sets.get(condition);
    if (set === undefined) {
      if (this.#sets.size >= SETS_MAX) this.#sets = new Map();
      set = new TextSet();
      this.#sets.set(condition, set);
    }
    return set;
  }
}
