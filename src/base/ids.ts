/**
 * Names for exchanges: unique across processes, sortable by time, safe to print anywhere.
 *
 *     0123456789 abcdef ghijkl      22 characters of Crockford's base 32
 *     time, ms   process counter
 */
import { randomInt } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const PART_CHARACTERS = 6;
/** Every two characters: the counter is three of them, without a division. */
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, pair) => encode(pair, 2));
/** 32^6: how many ids one process makes before the counter starts again, some 10^9. */
const PART_COUNT = 32 ** PART_CHARACTERS;

export class ExchangeIds {
  /** Told apart from other processes and earlier runs by chance: 1 in 10^9 for any two in the same millisecond. */
  readonly #process: string = encode(randomInt(PART_COUNT), PART_CHARACTERS);
  #counter = 0;
  /** Many exchanges begin in one millisecond: their ids share the beginning. */
  #beginning = '';
  #beginningAtMs = -1;

  /** The id of the exchange that began at `startedAtMs` (milliseconds since 1970). */
  next(startedAtMs: number): string {
    const atMs = Math.floor(startedAtMs);
    if (atMs !== this.#beginningAtMs) {
      this.#beginningAtMs = atMs;
      this.#beginning = encode(atMs, TIME_CHARACTERS) + this.#process;
    }
    this.#counter = (this.#counter + 1) % PART_COUNT;
    const counter = this.#counter;
    return (
      this.#beginning + PAIRS[counter >>> 20]! + PAIRS[(counter >>> 10) & 1023]! + PAIRS[counter & 1023]!
    );
  }
}

/** True for text that could be an id. */
export function isExchangeId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{22}$/.test(text);
}

/** Hoisted: PAIRS above is made of it. */
function encode(value: number, characters: number): string {
  let text = '';
  let rest = Math.floor(value);
  for (let index = 0; index < characters; index++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
