/**
 * Folds tokens into a fingerprint, token by token: arithmetic becomes its value, a list one of its members, a call the
 * value of a call, words in a row one name. Signs, brackets that only group, and words without a meaning where they
 * stand are left out.
 *
 *     -1*(2)) UNION ALL SELECT 1,2,left(a,3) FROM t --   →   1 p U E g F n c
 *
 * Nothing is folded across the head of an open call, an operator of logic or comparison, or a keyword.
 */
import {
  ALL,
  ARITHMETIC,
  BITS,
  BRACKET_BREAK,
  BRACKET_SELECT,
  BY,
  CLAUSE,
  CLOSE_BRACKET,
  COLLATE,
  COMMA,
  COMPARISON,
  COMPLEMENT,
  CONSTANT,
  DELAY,
  DIV,
  DOUBLE_BREAK,
  DOUBLE_STRING,
  FROM,
  INTO,
  LOGIC,
  NAME,
  NAME_HEAD,
  NOT,
  NUMBER,
  OPEN_BRACKET,
  OPEN_DOUBLE_STRING,
  OPEN_STRING,
  ORDER,
  OTHER,
  OUTFILE,
  PREFIX,
  PROCEDURE,
  SELECT,
  SEMICOLON,
  SIGN,
  SINGLE_BREAK,
  SOUNDS,
  SQL_CALL,
  SQL_HEAD,
  STATEMENT,
  STATEMENT_HEAD,
  STRING,
  TABLE,
  UNION,
  VARIABLE,
  WAITFOR,
  WORD_CALL,
  WORD_COMPARISON,
  WORD_HEAD,
} from './sql-letters.ts';

/** How many folded tokens count; the grammar looks at no more. */
const FOLDED_MAX = 16;
/** How deep brackets are followed; deeper ones are taken for the end of others. */
const BRACKETS_MAX = 32;
/** The place of a bracket that is no call's. */
const GROUPING = 255;

const RANKS = makeRanks();
const PLAIN = makePlain();

export class SqlFold {
  readonly letters: Uint8Array = new Uint8Array(FOLDED_MAX);
  length = 0;

  /** For each open bracket the place of its call's head, or GROUPING. */
  readonly #brackets = new Uint8Array(BRACKETS_MAX);
  #depth = 0;
  /** How many of them are calls. */
  #calls = 0;
  /** Whether an operand comes next for sure: at the beginning, and behind an open bracket. */
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
  push(token: number): void {
    if (this.#waiting !== 0) {
      const joined = this.#join(token);
      if (joined !== 0) this.#place(joined);
    } else if (RANKS[token] !== 0) {
      this.#value(token);
    } else if (PLAIN[token] === 1) {
      this.#append(token);
    } else {
      this.#place(token);
    }
  }

  /** The end: a word that still waits is a name. */
  finish(): void {
    if (this.#waiting !== 0 && !this.isFull) this.#value(NAME);
    this.#waiting = 0;
  }

  /** What the waiting word and this token are together: the token itself, another, or 0 for nothing. */
  #join(token: number): number {
    const waiting = this.#waiting;
    this.#waiting = 0;
    switch (waiting) {
      case ORDER:
        return token === BY ? CLAUSE : this.#nameThen(token);
      case WAITFOR:
        return token === DELAY ? STATEMENT_HEAD : this.#nameThen(token);
      case COLLATE:
        return token === NAME || token === STRING ? 0 : token;
      case WORD_COMPARISON:
        // An operator without a left side is a function before a bracket: LIKE(a, b).
        if (token !== OPEN_BRACKET) return this.#nameThen(token);
        this.#append(WORD_HEAD);
        return this.isFull ? 0 : token;
      default:
        // NOT and SOUNDS change nothing about LIKE.
        return token === WORD_COMPARISON ? token : this.#nameThen(token);
    }
  }

  #nameThen(token: number): number {
    this.#value(NAME);
    return this.isFull ? 0 : token;
  }

  #place(token: number): void {
    switch (token) {
      case OPEN_BRACKET:
        this.#open();
        break;
      case CLOSE_BRACKET:
        this.#close();
        break;
      case COMPLEMENT:
        break;
      case SIGN:
        if (this.#hasOperand()) this.#append(ARITHMETIC);
        break;
      case ARITHMETIC:
        // Behind SELECT a star is all columns.
        if (isSelect(this.#top())) this.#value(WORD_CALL);
        else this.#append(token);
        break;
      case DIV:
      case WORD_COMPARISON:
        if (!this.#hasOperand()) this.#waiting = WORD_COMPARISON;
        else this.#append(token === DIV ? ARITHMETIC : token);
        break;
      case PREFIX:
        if (this.#hasOperand()) this.#value(NAME);
        break;
      case NOT:
        if (this.#hasOperand() && this.#top() !== WORD_COMPARISON) this.#waiting = token;
        break;
      case ORDER:
      case WAITFOR:
      case COLLATE:
      case SOUNDS:
        this.#waiting = token;
        break;
      case BY:
      case DELAY:
        this.#value(NAME);
        break;
      case SEMICOLON:
        this.#append(token);
        this.#beginStatement();
        break;
      default:
        this.#keyword(token);
    }
  }

  #keyword(token: number): void {
    const top = this.#top();
    switch (token) {
      case ALL:
        if (!isStatement(top)) this.#value(NAME);
        break;
      case INTO:
      case FROM:
        // DELETE FROM, INSERT INTO.
        if (top === STATEMENT) this.#become(STATEMENT_HEAD);
        else this.#append(FROM);
        break;
      case OUTFILE:
        if (top === FROM) this.#become(token);
        else this.#value(NAME);
        break;
      case TABLE:
        if (top === STATEMENT) this.#become(STATEMENT_HEAD);
        else this.#value(NAME);
        break;
      case PROCEDURE:
        if (top === STATEMENT) this.#become(STATEMENT_HEAD);
        else this.#append(CLAUSE);
        break;
      default:
        if (RANKS[token] !== 0) {
          this.#value(token);
          break;
        }
        if (isStatement(token) || token === CLAUSE) this.#isInStatement = true;
        this.#append(token);
    }
  }

  #append(token: number): void {
    this.letters[this.length++] = token;
    this.#isAfterOpen = false;
  }

  /** Puts another letter in the place of the last. */
  #become(token: number): void {
    this.letters[this.length - 1] = token;
    this.#isAfterOpen = false;
  }

  #top(): number {
    return this.length === 0 ? 0 : this.letters[this.length - 1]!;
  }

  /** Whether something stands at the left that an operator can work on. */
  #hasOperand(): boolean {
    if (this.#isAfterOpen) return false;
    const top = this.#top();
    return RANKS[top] !== 0 || top === BRACKET_BREAK || top === SINGLE_BREAK || top === DOUBLE_BREAK;
  }

  #beginStatement(): void {
    this.#depth = 0;
    this.#calls = 0;
    this.#isAfterOpen = true;
  }

  #value(token: number): void {
    const letters = this.letters;
    const top = this.#top();
    this.#isAfterOpen = false;
    if (token === NAME && top === NAME) return;
    const below = this.length > 1 ? letters[this.length - 2]! : 0;
    if (RANKS[below] !== 0) {
      if (top === ARITHMETIC || top === BITS) {
        letters[--this.length - 1] = stronger(below, token);
        return;
      }
      if (top === COMMA && this.#isList(below, token)) {
        letters[--this.length - 1] = listed(below, token);
        return;
      }
    }
    this.#append(token);
  }

  #isList(before: number, token: number): boolean {
    return this.#isInStatement || this.#calls > 0 || (before === NAME && token === NAME);
  }

  #open(): void {
    const isCall = !this.#isAfterOpen && isHead(this.#top());
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
      if (this.#top() !== BRACKET_BREAK) this.#append(BRACKET_BREAK);
      return;
    }
    const head = this.#brackets[--this.#depth]!; // It was above 0, and never is above the maximum.
    if (head === GROUPING) return;
    this.#calls--;
    this.#call(head);
  }

  /** Puts the value of a call in its place, unless a statement stands in it. */
  #call(head: number): void {
    const kind = this.letters[head];
    let isSql = kind === SQL_HEAD;
    for (let at = head + 1; at < this.length; at++) {
      const token = this.letters[at]!; // Below the length.
      if (isStatement(token)) return;
      if (token === SQL_CALL || token === VARIABLE) isSql = true;
    }
    this.length = head;
    if (isSql) this.#value(SQL_CALL);
    else this.#value(kind === NAME_HEAD ? NAME : WORD_CALL);
  }
}

function isHead(token: number): boolean {
  return token === SQL_HEAD || token === WORD_HEAD || token === NAME_HEAD;
}

function isSelect(token: number): boolean {
  return token === SELECT || token === BRACKET_SELECT;
}

function isStatement(token: number): boolean {
  return isSelect(token) || token === UNION || token === STATEMENT || token === STATEMENT_HEAD;
}

/** Of two values that become one, the one that says more; names win over constants, since prose is made of them. */
function stronger(a: number, b: number): number {
  return RANKS[a]! >= RANKS[b]! ? a : b;
}

/** Of two members of a list; a name counts least, since lists of names are prose. */
function listed(a: number, b: number): number {
  if (a === NAME) return b;
  return b === NAME ? a : stronger(a, b);
}

/** Values that can be folded, by how much they say; 0 for all that is no value. */
function makeRanks(): Uint8Array {
  const ranks = new Uint8Array(256);
  const values = [...[CONSTANT, NUMBER, DOUBLE_STRING, STRING], ...[WORD_CALL, NAME, VARIABLE, SQL_CALL]];
  for (const [index, value] of values.entries()) ranks[value] = index + 1;
  return ranks;
}

/** 1 for the frequent tokens that are letters of the fingerprint wherever they stand. */
function makePlain(): Uint8Array {
  const plain = new Uint8Array(256);
  for (const token of [COMMA, COMPARISON, LOGIC, BITS, OTHER, OPEN_STRING, OPEN_DOUBLE_STRING])
    plain[token] = 1;
  return plain;
}
