/**
 * The bound on what is remembered of values seen before. Browsers send the same header fields with every request, so
 * that most values of a site's traffic have been seen.
 */
import { Buffer } from 'node:buffer';
import { SeenTwice } from './seen-twice.ts';

/** Bytes of all remembered texts together. Beyond, everything is forgotten at once: who floods it only costs speed. */
const MEMO_BYTES_MAX = 4 * 1024 * 1024;
/** What an entry costs beside its text: the string's head, the map's cell. */
const ENTRY_BYTES = 80;

/** Values that are told from those that come for the first time: about as many as are remembered. */
const MARKS = 32_768;

/** Words come again, and cost little to keep; what is longer is often a path or a token that comes once. */
const SHORT_BYTES = 24;

export class Memo {
  /** Grows when everything is to be forgotten. */
  epoch = 0;
  #bytes = 0;
  readonly #seen = new SeenTwice(MARKS);

  /** Whether the text is to be kept: a long one only when its owner has shown it before, as far as a few bits tell. */
  isWorth(text: string, owner: number): boolean {
    return text.length <= SHORT_BYTES || this.#seen.wasSeen(text, owner);
  }

  /** The text as a string of its own: what a client sent would keep the whole head alive as long as it is remembered. */
  keep(text: string): string {
    this.#bytes += text.length + ENTRY_BYTES;
    if (this.#bytes > MEMO_BYTES_MAX) {
      this.#bytes = 0;
      this.epoch++;
    }
    return Buffer.from(text, 'latin1').toString('latin1');
  }
}
