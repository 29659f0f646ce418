/**
 * Folds tokens into a fingerprint, token by token: arithmetic becomes its value, a list one of its members, a call the
 * value of a call, words in a row one name. Signs, brackets that only group, and words without a meaning where they
 * stand are left out.
 *
 *     -1*(2)) UNION ALL SELECT 1,2,left(a,3) FROM t --   →   1 p U E n F n c
 *
 * The letters are those of tools/sql-grammar.ts. Nothing is folded across the head of an open call or a keyword.
 */

/** How many folded tokens count; the grammar looks at no more. */
export const FOLDED_MAX = 16;
/** How deep brackets are followed; deeper ones are taken for grouping that nobody closes. */
const BRACKETS_MAX = 32;

const RANK_OF_VALUE = makeRanks();
const GROUPING = 255;

export class SqlFold {
  readonly letters: Uint8Array = new Uint8Array(FOLDED_MAX);
  length = 0;

  /** For each open bracket the place of its call's head, or GROUPING. */
  readonly #brackets = new Uint8Array(BRACKETS_MAX);
  #depth = 0;
  #calls = 0;
  /** Whether an operand comes next for sure: at the beginning and behind an open bracket. */
  #isAfterOpen = true;
  /** A word that waits for its partner: ORDER for BY, NOT for LIKE, COLLATE for a name. */
  #waiting = 0;
  /** Whether lists are folded: within statements they are columns, elsewhere they may be prose. */
  #isInStatement = false;

  clear(): void {
    this.length = 0;
    this.#depth = 0;
    this.#calls = 0;
    this.#isAfterOpen = true;
    this.#waiting = 0;
    this.#isInStatement = false;
  }

  get isFull(): boolean {
    return this.length >= FOLDED_MAX;
  }

  /** Takes a token; to be asked while it is not full. */
  push(letter: number): void {
    if (letter === 0x6e && this.#waiting === 0 && this.length > 0 && this.letters[this.length - 1] === 0x6e) {
      this.#isAfterOpen = false;
      return;
    }
    if (this.#waiting !== 0) {
      const token = this.#pair(letter);
      if (token === 0) return;
      letter = token;
    }
    this.#place(letter);
  }

  /** The end: a word that still waits is a name. */
  finish(): void {
    if (this.#waiting !== 0 && !this.isFull) this.#value(0x6e);
    this.#waiting = 0;
  }

  /** What the waiting word and this token are together: the token itself, another, or 0 for nothing. */
  #pair(letter: number): number {
    const waiting = this.#waiting;
    this.#waiting = 0;
    if (waiting === 0x79) {
      if (letter === 0x59) return 0x42; // ORDER BY
      this.#value(0x6e);
      return this.isFull ? 0 : letter;
    }
    if (waiting === 0x4c) return letter === 0x6e || letter === 0x73 || letter === 0x64 ? 0 : letter;
    if (waiting === 0x57) return letter === 0x7a ? 0x50 : this.#nameThen(letter);
    // An operator without a left side is a function before a bracket, and else a word.
    if (waiting === 0x69) {
      if (letter === 0x28) this.#append(0x48);
      else this.#value(0x6e);
      return this.isFull ? 0 : letter;
    }
    // NOT and SOUNDS: of LIKE and IN they change nothing here; before anything else they are words.
    return letter === 0x69 ? letter : this.#nameThen(letter);
  }

  #nameThen(letter: number): number {
    this.#value(0x6e);
    return this.isFull ? 0 : letter;
  }

  #place(letter: number): void {
    switch (letter) {
      case 0x28: { // (
        this.#open();
        return;
      }
      case 0x29: { // )
        this.#close();
        return;
      }
      case 0x2b: // + -
        if (this.#wantsOperand()) return;
        {
          this.#append(0x6f);
          return;
        }
      case 0x7e: // ~ !
        return;
      case 0x75: // u: BINARY and character sets
        if (!this.#wantsOperand()) this.#value(0x6e);
        return;
      case 0x21: // NOT
        if (this.#wantsOperand() || this.#top() === 0x69) return;
        this.#waiting = letter;
        return;
      case 0x79: // GROUP, ORDER
      case 0x57: // WAITFOR
      case 0x4c: // COLLATE
      case 0x6c: // SOUNDS
        this.#waiting = letter;
        return;
      case 0x59: // BY
      case 0x7a: { // DELAY
        this.#value(0x6e);
        return;
      }
      case 0x6d: // DIV MOD
      case 0x69: // LIKE, IS …
        if (this.#hasOperand()) {
          this.#append(letter === 0x6d ? 0x6f : letter);
          return;
        }
        this.#waiting = 0x69;
        return;
      case 0x6f: // * / %: behind SELECT all columns
        if (isSelect(this.#top())) {
          this.#value(0x67);
          return;
        }
        {
          this.#append(letter);
          return;
        }
      case 0x41: // ALL DISTINCT
        if (isStatement(this.#top())) return;
        {
          this.#value(0x6e);
          return;
        }
      case 0x49: { // INTO
        this.#from();
        return;
      }
      case 0x46: { // FROM WHERE
        this.#from();
        return;
      }
      case 0x4f: // OUTFILE
        if (this.#top() !== 0x46) {
          this.#value(0x6e);
          return;
        }
        this.letters[this.length - 1] = letter;
        return;
      case 0x4a: // TABLE …
        if (this.#top() !== 0x54) {
          this.#value(0x6e);
          return;
        }
        this.letters[this.length - 1] = 0x50;
        return;
      case 0x72: // PROCEDURE
        if (this.#top() === 0x54) this.letters[this.length - 1] = 0x50;
        else this.#append(0x42);
        return;
      case 0x3b: // ;
        this.#depth = 0;
        this.#calls = 0;
        this.#append(letter);
        this.#isAfterOpen = true;
        return;
      default:
        if (RANK_OF_VALUE[letter] !== 0) {
          this.#value(letter);
          return;
        }
        if (isStatement(letter) || letter === 0x42) this.#isInStatement = true;
        {
          this.#append(letter);
          return;
        }
    }
  }

  #append(letter: number): void {
    this.letters[this.length++] = letter;
    this.#isAfterOpen = false;
  }

  #top(): number {
    return this.length === 0 ? 0 : this.letters[this.length - 1]!;
  }

  /** Whether something stands at the left that an operator can work on. */
  #hasOperand(): boolean {
    if (this.#isAfterOpen) return false;
    const top = this.#top();
    return RANK_OF_VALUE[top] !== 0 || top === 0x70 || top === 0x71 || top === 0x51;
  }

  #wantsOperand(): boolean {
    return !this.#hasOperand();
  }

  /** DELETE FROM and INSERT INTO are the heads of statements. */
  #from(): void {
    if (this.#top() === 0x54) {
      this.letters[this.length - 1] = 0x50;
      this.#isAfterOpen = false;
      return;
    }
    this.#append(0x46);
  }

  #value(letter: number): void {
    const letters = this.letters;
    const top = this.#top();
    const below = this.length > 1 ? letters[this.length - 2]! : 0;
    this.#isAfterOpen = false;
    if (letter === 0x6e && top === 0x6e) return;
    const isArithmetic = (top === 0x6f || top === 0x62) && RANK_OF_VALUE[below] !== 0;
    if (isArithmetic || (top === 0x2c && this.#isListMember(below, letter))) {
      this.length--;
      letters[this.length - 1] = isArithmetic ? stronger(below, letter) : listed(below, letter);
      return;
    }
    this.#append(letter);
  }

  #isListMember(before: number, letter: number): boolean {
    if (RANK_OF_VALUE[before] === 0) return false;
    return this.#isInStatement || this.#calls > 0 || (before === 0x6e && letter === 0x6e);
  }

  #open(): void {
    const top = this.#top();
    const isCall = !this.#isAfterOpen && (top === 0x68 || top === 0x48 || top === 0x6a);
    if (this.#depth < BRACKETS_MAX) {
      this.#brackets[this.#depth++] = isCall ? this.length - 1 : GROUPING;
      if (isCall) this.#calls++;
    }
    this.#isAfterOpen = true;
  }

  #close(): void {
    this.#isAfterOpen = false;
    if (this.#depth === 0) {
      this.#isInStatement = true;
      if (this.#top() !== 0x70) this.#append(0x70);
      return;
    }
    const head = this.#brackets[--this.#depth]!;
    if (head === GROUPING) return;
    this.#calls--;
    this.#call(head);
  }

  /** Puts the value of a call in its place, unless a statement stands in it. */
  #call(head: number): void {
    let hasDatabaseValue = this.letters[head] === 0x68;
    for (let at = head + 1; at < this.length; at++) {
      const letter = this.letters[at]!;
      if (isStatement(letter)) return;
      if (letter === 0x66 || letter === 0x76) hasDatabaseValue = true;
    }
    const isKnown = this.letters[head] !== 0x6a;
    this.length = head;
    this.#value(hasDatabaseValue ? 0x66 : isKnown ? 0x67 : 0x6e);
  }
}

function isSelect(letter: number): boolean {
  return letter === 0x45 || letter === 0x52;
}

function isStatement(letter: number): boolean {
  return letter === 0x45 || letter === 0x52 || letter === 0x55 || letter === 0x54 || letter === 0x50;
}

/** Of two values that become one, the one that says more; names win over plain values, since prose is made of them. */
function stronger(a: number, b: number): number {
  return RANK_OF_VALUE[a]! >= RANK_OF_VALUE[b]! ? a : b;
}

/** Of two columns: a name counts least, since lists of names are prose. */
function listed(a: number, b: number): number {
  if (a === 0x6e) return b;
  return b === 0x6e ? a : stronger(a, b);
}

/** Values that can be folded, by how much they say; 0 for all that is no value. */
function makeRanks(): Uint8Array {
  const ranks = new Uint8Array(256);
  for (const [index, letter] of Array.from('01dsgnvf').entries()) ranks[letter.charCodeAt(0)] = index + 1;
  return ranks;
}
