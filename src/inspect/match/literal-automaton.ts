/**
 * Which of many literals occur in a text: one pass, whatever their number (Aho and Corasick 1975), in little memory.
 *
 * ASCII case is ignored on both sides. Time is linear in the text, whatever it holds. Bytes that no literal tells apart
 * share a column, and both cases of a letter do. The states near the root, where a text spends its time, have full rows:
 * the next state is one look into a table. The others, which are most, hold only their few ways on and the state to fall
 * back to; a byte there costs some steps, but falling back undoes steps that were made before.
 *
 *     full, nothing ends      0 .. #special-1          numbers are offsets of rows
 *     full, literals end      #special .. #sparse-1    as above
 *     sparse                  #sparse ..               #sparse + index
 *
 * So one comparison tells the common case from the others.
 */

/** What is told for each place where literals end. Answering `true` ends the scan. */
export type OnLiteral = (literal: number, end: number) => boolean;

/** Cells of full rows, 4 bytes each: 2 MiB. More would not fit the caches of one core. */
const FULL_CELLS_MAX = 524_288;

export class LiteralAutomaton {
  readonly #classOf: Uint8Array;
  readonly #width: number;
  readonly #table: Int32Array;
  readonly #special: number;
  readonly #sparse: number;
  /** For each state by its index: where its entries in #ended begin; sparse states follow the full ones. */
  readonly #endedStart: Int32Array;
  readonly #ended: Int32Array;
  /** For each sparse state where its ways on begin: pairs of class and target. */
  readonly #waysStart: Int32Array;
  readonly #ways: Int32Array;
  readonly #fallBack: Int32Array;
  readonly #fullCount: number;

  /** Literals are latin1 and not empty; one is told by its index. */
  constructor(literals: readonly string[]) {
    const { classOf, width } = classesOf(literals);
    const trie = new Trie(literals, classOf);
    const plan = numberStates(trie, width);
    this.#classOf = classOf;
    this.#width = width;
    this.#special = plan.special * width;
    this.#sparse = plan.fullCount * width;
    this.#fullCount = plan.fullCount;
    const sparseCount = trie.count - plan.fullCount;
    const numberOf = (state: number): number => {
      const index = plan.indexOf[state]!; // Of every state of the trie.
      return index < plan.fullCount ? index * width : this.#sparse + index - plan.fullCount;
    };
    this.#table = new Int32Array(plan.fullCount * width);
    this.#fallBack = new Int32Array(sparseCount);
    this.#waysStart = new Int32Array(sparseCount + 1);
    this.#ways = new Int32Array(2 * trie.count);
    this.#endedStart = new Int32Array(trie.count + 1);
    const ended: number[] = [];
    let ways = 0;
    for (const [index, state] of plan.order.entries()) {
      for (let from = state; from > 0; from = trie.suffix[from]!) {
        for (let literal = trie.ends[from]!; literal !== -1; literal = trie.sameEnd[literal]!)
          ended.push(literal);
      }
      this.#endedStart[index + 1] = ended.length;
      if (index < plan.fullCount) continue;
      const sparse = index - plan.fullCount;
      this.#fallBack[sparse] = numberOf(trie.suffix[state]!);
      for (let child = trie.firstChild[state]!; child !== 0; child = trie.nextSibling[child]!) {
        this.#ways[ways++] = trie.classAt[child]!;
        this.#ways[ways++] = numberOf(child);
      }
      this.#waysStart[sparse + 1] = ways;
    }
    this.#ended = Int32Array.from(ended);
    this.#fillRows(trie, plan, numberOf);
  }

  /** Tells of each place in `text` where a literal ends, from left to right. */
  scan(text: string, onLiteral: OnLiteral): void {
    const classOf = this.#classOf;
    const table = this.#table;
    const special = this.#special;
    const sparse = this.#sparse;
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      const column = classOf[text.charCodeAt(at) & 0xff]!; // A class for each byte.
      state = state < sparse ? table[state + column]! : this.#next(state, column); // A full state has a row.
      if (state < special) continue;
      const index = state < sparse ? state / this.#width : this.#fullCount + state - sparse;
      const last = this.#endedStart[index + 1]!; // Of every state.
      for (let entry = this.#endedStart[index]!; entry < last; entry++) {
        if (onLiteral(this.#ended[entry]!, at + 1)) return; // Below its end.
      }
    }
  }

  /** The state behind a sparse one. */
  #next(from: number, column: number): number {
    for (let state = from; ;) {
      if (state < this.#sparse) return this.#table[state + column]!; // A full state has a row.
      const index = state - this.#sparse;
      const last = this.#waysStart[index + 1]!; // Of every sparse state, here and below.
      for (let way = this.#waysStart[index]!; way < last; way += 2) {
        if (this.#ways[way] === column) return this.#ways[way + 1]!;
      }
      state = this.#fallBack[index]!;
    }
  }

  /** A full row begins as that of its longest proper suffix, which is full because it is nearer to the root. */
  #fillRows(trie: Trie, plan: Numbering, numberOf: (state: number) => number): void {
    const width = this.#width;
    for (const state of plan.breadthFirst) {
      const row = numberOf(state);
      if (row >= this.#sparse) break;
      if (state !== 0) {
        const suffix = numberOf(trie.suffix[state]!); // Of every state.
        this.#table.copyWithin(row, suffix, suffix + width);
      }
      for (let child = trie.firstChild[state]!; child !== 0; child = trie.nextSibling[child]!) {
        this.#table[row + trie.classAt[child]!] = numberOf(child);
      }
    }
  }
}

/** Class 0 is every byte that is in no literal; both cases of a letter share a class. */
function classesOf(literals: readonly string[]): { readonly classOf: Uint8Array; readonly width: number } {
  const classOf = new Uint8Array(256);
  let width = 1;
  for (const literal of literals) {
    for (let at = 0; at < literal.length; at++) {
      const byte = foldByte(literal.charCodeAt(at) & 0xff);
      if (classOf[byte] === 0) classOf[byte] = width++;
    }
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) classOf[upper] = classOf[upper + 32]!; // 0x61 to 0x7a.
  return { classOf, width };
}

/** Lower case for the 26 letters of ASCII. */
export function foldByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}

/** The literals as a tree; state 0 is the root, and 0 as a child or sibling is "none". */
class Trie {
  count = 1;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  readonly classAt: Uint8Array;
  /** The longest proper suffix of a state that is a state. */
  readonly suffix: Int32Array;
  /** The last literal that ends at a state, or -1; and the literal before it that ends at the same state. */
  readonly ends: Int32Array;
  readonly sameEnd: Int32Array;

  constructor(literals: readonly string[], classOf: Uint8Array) {
    const size = literals.reduce((sum, literal) => sum + literal.length, 1);
    this.firstChild = new Int32Array(size);
    this.nextSibling = new Int32Array(size);
    this.classAt = new Uint8Array(size);
    this.suffix = new Int32Array(size);
    this.ends = new Int32Array(size).fill(-1);
    this.sameEnd = new Int32Array(literals.length).fill(-1);
    for (const [index, literal] of literals.entries()) {
      let state = 0;
      for (let at = 0; at < literal.length; at++) {
        const byteClass = classOf[literal.charCodeAt(at) & 0xff]!; // A class for each byte.
        state = this.child(state, byteClass) || this.#add(state, byteClass);
      }
      this.sameEnd[index] = this.ends[state]!; // Of every state.
      this.ends[state] = index;
    }
  }

  /** 0 when there is none. */
  child(state: number, byteClass: number): number {
    let child = this.firstChild[state]!; // Of every state, here and below.
    while (child !== 0 && this.classAt[child] !== byteClass) child = this.nextSibling[child]!;
    return child;
  }

  #add(state: number, byteClass: number): number {
    const child = this.count++;
    this.classAt[child] = byteClass;
    this.nextSibling[child] = this.firstChild[state]!; // Of every state.
    this.firstChild[state] = child;
    return child;
  }
}

interface Numbering {
  readonly breadthFirst: Int32Array;
  /** States by their new index: full without ends, full with ends, sparse. */
  readonly order: Int32Array;
  readonly indexOf: Int32Array;
  /** Index of the first full state with ends. */
  readonly special: number;
  readonly fullCount: number;
}

/** Finds suffixes breadth first, and numbers the states: those nearest to the root become full ones. */
function numberStates(trie: Trie, width: number): Numbering {
  const breadthFirst = new Int32Array(trie.count);
  const hasEnds = new Uint8Array(trie.count);
  let count = 1;
  for (let place = 0; place < count; place++) {
    const state = breadthFirst[place]!; // Below count.
    const suffix = trie.suffix[state]!; // Of every state, here and below.
    if (state !== 0 && (trie.ends[state] !== -1 || hasEnds[suffix] === 1)) hasEnds[state] = 1;
    for (let child = trie.firstChild[state]!; child !== 0; child = trie.nextSibling[child]!) {
      trie.suffix[child] = suffixOf(trie, state, trie.classAt[child]!);
      breadthFirst[count++] = child;
    }
  }
  const fullCount = Math.min(trie.count, Math.max(1, Math.floor(FULL_CELLS_MAX / width)));
  const full = breadthFirst.subarray(0, fullCount);
  const order = Int32Array.from([
    ...full.filter((state) => hasEnds[state] === 0),
    ...full.filter((state) => hasEnds[state] === 1),
    ...breadthFirst.subarray(fullCount),
  ]);
  const indexOf = new Int32Array(trie.count);
  for (const [index, state] of order.entries()) indexOf[state] = index;
  return {
    breadthFirst,
    order,
    indexOf,
    special: full.reduce((sum, state) => sum + 1 - hasEnds[state]!, 0), // A flag for each state.
    fullCount,
  };
}

function suffixOf(trie: Trie, parent: number, byteClass: number): number {
  for (let from = parent; from !== 0;) {
    from = trie.suffix[from]!; // Of every state.
    const child = trie.child(from, byteClass);
    if (child !== 0) return child;
  }
  return 0;
}
