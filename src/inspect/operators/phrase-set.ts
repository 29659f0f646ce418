/**
 * Whether one of many phrases is in a value, and which: one pass, whatever their number (Aho and Corasick 1975).
 *
 * Made for lists of thousands of phrases, of which a rule set has many: a complete table of transitions would take
 * megabytes each. Only the start and the states one byte below it have complete rows, because a scan is nearly always
 * there. Every deeper state knows its children, which are neighbours, and the state to fall back to. A byte moves at
 * most one state deeper and every fallback moves at least one up, so that a scan takes linear time.
 *
 * ASCII case is ignored. States are numbered breadth first, so that those with complete rows come first.
 */
import { inputBytes } from '../transforms/scratch.ts';

/** What a scan goes by; nothing of it changes, so that threads can share it. */
export interface PhraseTables {
  /** Bytes of each phrase. */
  readonly sizes: Int32Array;
  /** The class of each byte; 0 is every byte that is in no phrase. Both cases of a letter share a class. */
  readonly classOf: Uint8Array;
  readonly width: number;
  /** Complete rows of the first states. */
  readonly rows: Int32Array;
  readonly rowCount: number;
  /** The class of the byte that leads to a state. */
  readonly label: Uint8Array;
  /** The children of state s are the states from childStart[s] to before childStart[s + 1]. */
  readonly childStart: Int32Array;
  readonly fallback: Int32Array;
  /** The longest phrase that ends at a state, -1 for none. */
  readonly phraseAt: Int32Array;
}

/** `phrases` are latin1 and not empty. */
export function makePhraseTables(phrases: readonly string[]): PhraseTables {
  const { classOf, width } = classify(phrases);
  const trie = makeTrie(phrases, classOf);
  const rowCount = trie.childStart[1]!; // The start and its children.
  return {
    sizes: Int32Array.from(phrases, ({ length }) => length),
    classOf,
    width,
    rows: makeRows(trie, width, rowCount),
    rowCount,
    ...trie,
  };
}

export class PhraseSet {
  readonly #sizes: Int32Array;
  readonly #classOf: Uint8Array;
  readonly #width: number;
  readonly #rows: Int32Array;
  readonly #rowCount: number;
  readonly #label: Uint8Array;
  readonly #childStart: Int32Array;
  readonly #fallback: Int32Array;
  readonly #phraseAt: Int32Array;

  constructor(tables: PhraseTables) {
    this.#sizes = tables.sizes;
    this.#classOf = tables.classOf;
    this.#width = tables.width;
    this.#rows = tables.rows;
    this.#rowCount = tables.rowCount;
    this.#label = tables.label;
    this.#childStart = tables.childStart;
    this.#fallback = tables.fallback;
    this.#phraseAt = tables.phraseAt;
  }

  /** Where the first phrase ends that the scan meets, -1 when there is none. */
  endOf(value: string): number {
    const bytes = inputBytes(value);
    const classOf = this.#classOf;
    const rows = this.#rows;
    const width = this.#width;
    const rowCount = this.#rowCount;
    const phraseAt = this.#phraseAt;
    const end = value.length;
    let state = 0;
    for (let at = 0; at < end; at++) {
      const byteClass = classOf[bytes[at]!]!; // Within the bytes; 256 entries.
      state = state < rowCount ? rows[state * width + byteClass]! : this.#step(state, byteClass); // Rows are complete.
      if (phraseAt[state]! >= 0) return at + 1; // Every state has an entry.
    }
    return -1;
  }

  /** How long the longest phrase is that ends at `end`, where endOf has found one. */
  lengthAt(value: string, end: number): number {
    // Asked once for a hit: the scan again, to know its state.
    let state = 0;
    for (let at = 0; at < end; at++) state = this.#step(state, this.#classOf[value.charCodeAt(at) & 0xff]!); // As above.
    return this.#sizes[this.#phraseAt[state]!] ?? 0; // Every state has an entry.
  }

  /** The state after one more byte. */
  #step(from: number, byteClass: number): number {
    let state = from;
    while (state >= this.#rowCount) {
      const child = childOf(this.#childStart, this.#label, state, byteClass);
      if (child >= 0) return child;
      state = this.#fallback[state]!; // Every state has one, less deep.
    }
    return this.#rows[state * this.#width + byteClass]!; // Rows are complete.
  }
}

function childOf(childStart: Int32Array, label: Uint8Array, state: number, byteClass: number): number {
  const end = childStart[state + 1]!; // One entry more than states.
  for (let child = childStart[state]!; child < end; child++) if (label[child] === byteClass) return child;
  return -1;
}

function classify(phrases: readonly string[]): { readonly classOf: Uint8Array; readonly width: number } {
  const classOf = new Uint8Array(256);
  let width = 1;
  for (const phrase of phrases) {
    for (let at = 0; at < phrase.length; at++) {
      const byte = lower(phrase.charCodeAt(at));
      // 255 classes are enough: both cases of a letter share one.
      if (classOf[byte] === 0) classOf[byte] = width++;
    }
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) classOf[upper] = classOf[upper + 32]!; // 0x61 to 0x7a.
  return { classOf, width };
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte & 0xff;
}

interface Trie {
  readonly label: Uint8Array;
  readonly childStart: Int32Array;
  readonly fallback: Int32Array;
  readonly phraseAt: Int32Array;
}

/** Breadth first over the sorted phrases: a state is a run of neighbours that begin alike. */
function makeTrie(phrases: readonly string[], classOf: Uint8Array): Trie {
  const codes = phrases.map((phrase) =>
    Array.from(phrase, (_, at) => classOf[phrase.charCodeAt(at) & 0xff]!),
  ); // 256.
  const order = codes.map((_, index) => index).sort((a, b) => compareCodes(codes[a]!, codes[b]!)); // Indexes of codes.
  const stateMax = codes.reduce((sum, code) => sum + code.length, 1);
  const first = new Int32Array(stateMax);
  const last = new Int32Array(stateMax);
  const depth = new Int32Array(stateMax);
  const label = new Uint8Array(stateMax);
  const childStart = new Int32Array(stateMax + 1);
  const phraseAt = new Int32Array(stateMax).fill(-1);
  last[0] = order.length;
  let count = 1;
  for (let state = 0; state < count; state++) {
    let from = first[state]!; // All of these are filled when a state is made.
    const end = last[state]!;
    const at = depth[state]!;
    for (; from < end && codes[order[from]!]!.length === at; from++) phraseAt[state] = order[from]!;
    childStart[state] = count;
    while (from < end) {
      const code = codes[order[from]!]![at]!;
      let to = from + 1;
      while (to < end && codes[order[to]!]![at] === code) to++;
      first[count] = from;
      last[count] = to;
      depth[count] = at + 1;
      label[count] = code;
      count++;
      from = to;
    }
    childStart[state + 1] = count;
  }
  const trie = {
    label: label.slice(0, count),
    childStart: childStart.slice(0, count + 1),
    fallback: new Int32Array(count),
    phraseAt: phraseAt.slice(0, count),
  };
  linkFallbacks(trie);
  return trie;
}

function compareCodes(one: readonly number[], other: readonly number[]): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) {
    const difference = one[at]! - other[at]!; // Below both lengths.
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** The fallback of a state is its longest proper suffix that is a state; phrases that end there end here too. */
function linkFallbacks({ label, childStart, fallback, phraseAt }: Trie): void {
  for (let state = 0; state < label.length; state++) {
    for (let child = childStart[state]!; child < childStart[state + 1]!; child++) {
      const byteClass = label[child]!;
      let suffix = state;
      let found = -1;
      while (suffix !== 0 && found < 0) {
        suffix = fallback[suffix]!; // Linked before, because it is less deep.
        found = childOf(childStart, label, suffix, byteClass);
      }
      fallback[child] = Math.max(found, 0);
      if (phraseAt[child] === -1) phraseAt[child] = phraseAt[fallback[child]!]!; // Just set.
    }
  }
}

/** Row by row: what a state has no child for is what its fallback, whose row comes before, has. */
function makeRows({ label, childStart, fallback }: Trie, width: number, rowCount: number): Int32Array {
  const rows = new Int32Array(rowCount * width);
  for (let state = 0; state < rowCount; state++) {
    const from = fallback[state]! * width; // Of the start it is its own row, which is zero.
    rows.copyWithin(state * width, from, from + width);
    for (let child = childStart[state]!; child < childStart[state + 1]!; child++) {
      rows[state * width + label[child]!] = child;
    }
  }
  return rows;
}
