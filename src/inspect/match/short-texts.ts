/**
 * What is known of short texts, found by their bytes before a string is made of them: values and names of arguments, of which a
 * form has hundreds.
 *
 * V8 finds a string in a Map by making it the one string with these bytes first, which for a text that was just sliced costs
 * more than all the rest. Here a number made of all bytes says which eight places a text may be in; there its bytes are
 * compared, so that no text is ever taken for another. What is new takes the place of one that was not asked for since its
 * place was last looked at for that: who floods the memory costs only speed.
 */

/** Longer texts are not kept: with its head each fills a line of the cache. */
export const SHORT_BYTES_MAX = 60;
const LINE_WORDS = 16;
/** Places in which one text may be. */
const WAYS = 8;
/** The lowest bit of a tag: set for texts that were asked for again. */
const USED = 1;

/** Numbers of owners, so that each fits into a head. */
const OWNERS_MAX = 2 ** 24;

const NOTHING = new Int32Array(0);

export class ShortTexts<Known> {
  /** What is known of most texts: of those nothing else is looked at. */
  readonly #usual: Known;
  /** The highest bits of the tag of a text say its set: only they depend on all of its bytes. */
  readonly #setShift: number;
  /** A number of each text, and USED; 0 where there is none. */
  #tags = NOTHING;
  /** For each text its head and its bytes, four to a word, the last word filled up with zeros. */
  #lines = NOTHING;
  #known: Known[] = [];
  /** For each eight places the one that makes room next. */
  readonly #hands: Uint8Array;
  readonly #placeCount: number;
  #owners = 0;
  /** The line of the text that is asked for. */
  readonly #asked = new Int32Array(LINE_WORDS);

  /** `placeCount` is a power of two, of at least 16. */
  constructor(placeCount: number, usual: Known) {
    this.#usual = usual;
    this.#setShift = Math.clz32(placeCount / WAYS - 1);
    this.#placeCount = placeCount;
    this.#hands = new Uint8Array(placeCount / WAYS);
  }

  /** A number that no owner has had; 0 when there are no more: then nothing may be kept. */
  newOwner(): number {
    return this.#owners < OWNERS_MAX ? ++this.#owners : 0;
  }

  /**
   * What is known of the bytes from `start` to before `end`, of which there are SHORT_BYTES_MAX at the most; the same bytes of
   * another `owner` are another text.
   */
  find(bytes: Uint8Array, start: number, end: number, owner: number): Known | undefined {
    const head = headOf(owner, end - start);
    const tag = readLine(this.#asked, bytes, start, end, head);
    const first = (tag >>> this.#setShift) * WAYS;
    const tags = this.#tags;
    if (tags.length === 0) return undefined;
    for (let place = first; place < first + WAYS; place++) {
      const there = tags[place]!; // Eight in each set.
      if ((there | USED) !== (tag | USED)) continue;
      const kept = this.#lines[place * LINE_WORDS]!; // A line for each place.
      if ((kept & ~UNUSUAL) !== head) continue;
      if (!isSame(this.#asked, this.#lines, place * LINE_WORDS, (end - start + 3) >> 2)) continue;
      if (there !== (tag | USED)) tags[place] = tag | USED;
      return (kept & UNUSUAL) === 0 ? this.#usual : this.#known[place];
    }
    return undefined;
  }

  /** Keeps what is known of a text that was not found. */
  keep(bytes: Uint8Array, start: number, end: number, owner: number, known: Known): void {
    if (this.#tags.length === 0) this.#open();
    const head = headOf(owner, end - start);
    const tag = readLine(this.#asked, bytes, start, end, head);
    const place = this.#makeRoom(tag >>> this.#setShift);
    this.#tags[place] = tag;
    this.#lines.set(this.#asked, place * LINE_WORDS);
    this.#lines[place * LINE_WORDS] = known === this.#usual ? head : head | UNUSUAL;
    this.#known[place] = known;
  }

  /** Forgets everything. */
  clear(): void {
    this.#tags.fill(0);
    this.#known.fill(this.#usual);
  }

  /** Plans of which no text is ever kept take no memory for them. */
  #open(): void {
    this.#tags = new Int32Array(this.#placeCount);
    this.#lines = new Int32Array(this.#placeCount * LINE_WORDS);
    this.#known = new Array<Known>(this.#placeCount).fill(this.#usual);
  }

  /** A place of the set that may be taken: each that was used gets one more round. */
  #makeRoom(set: number): number {
    const tags = this.#tags;
    let hand = this.#hands[set]!; // One for each set.
    for (let round = 0; round < WAYS; round++) {
      const place = set * WAYS + hand;
      const there = tags[place]!; // Eight in each set.
      if ((there & USED) === 0) break;
      tags[place] = there & ~USED;
      hand = (hand + 1) % WAYS;
    }
    this.#hands[set] = (hand + 1) % WAYS;
    return set * WAYS + hand;
  }
}

/** The lowest bit of a head in a line: set where something else than the usual is known. */
const UNUSUAL = 1;

function headOf(owner: number, length: number): number {
  return (owner << 7) | (length << 1);
}

/** Reads head and bytes as a line, and makes one number of them, without USED and never 0. */
function readLine(line: Int32Array, bytes: Uint8Array, start: number, end: number, head: number): number {
  line[0] = head;
  let tag = Math.imul(head, 0x85ebca6b);
  let count = 1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    // Below end, here and below.
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    line[count++] = word;
    tag = Math.imul(tag ^ word, 0x9e3779b1);
    tag ^= tag >>> 15;
  }
  if (at < end) {
    let word = 0;
    for (let place = end - 1; place >= at; place--) word = (word << 8) | bytes[place]!;
    line[count] = word;
    tag = Math.imul(tag ^ word, 0x9e3779b1);
    tag ^= tag >>> 15;
  }
  tag = Math.imul(tag, 0x85ebca6b) & ~USED;
  return tag === 0 ? 2 : tag;
}

/** Whether the words behind the heads are the same. */
function isSame(asked: Int32Array, lines: Int32Array, start: number, count: number): boolean {
  for (let index = 1; index <= count; index++) if (asked[index] !== lines[start + index]) return false;
  return true;
}
