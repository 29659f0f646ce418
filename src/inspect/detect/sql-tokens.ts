/**
 * Cuts a value into SQL tokens, as a server would that finds it in a query: bare, or behind an open quote.
 *
 * A token is one letter (sql-letters.ts). Never fails: what is not SQL is `x`. Each byte is looked at a bounded number
 * of times.
 */
import {
  CHARACTER_KINDS,
  DIGIT_CHARACTER,
  IN_WORD,
  isBlank,
  isDigit,
  isNamePart,
  isSpace,
  SPACE_CHARACTER,
  WORD_CHARACTER,
} from './sql-characters.ts';
import {
  ARITHMETIC,
  BITS,
  BRACKET_SELECT,
  CLOSE_BRACKET,
  CLOSE_HEAD,
  COMMA,
  COMMENT,
  COMPARISON,
  COMPLEMENT,
  CONSTANT,
  DATABASE,
  DOUBLE_STRING,
  HIDING_COMMENT,
  IN,
  LOGIC,
  NAME,
  NAME_HEAD,
  NUMBER,
  OPEN_BRACKET,
  OPEN_DOUBLE_STRING,
  OPEN_STRING,
  OTHER,
  SELECT,
  SEMICOLON,
  SIGN,
  SQL_HEAD,
  STRING,
  TABLE,
  VARIABLE,
  WORD_COMPARISON,
  WORD_HEAD,
} from './sql-letters.ts';
import { endOfBracketName, endOfDollarString, endOfNumber, endOfString, NO_END } from './sql-literals.ts';
import { WORDS } from './sql-table.ts';
import { HASH_START, hashStep, WordTable } from './word-table.ts';

/** Which server reads the value; they differ in comments and in escapes within strings. */
export const ANSI = 0;
export const MYSQL = 1;
export type Dialect = typeof ANSI | typeof MYSQL;

/** How many `$tag$` strings are looked for: each look may go to the end of the value. */
const DOLLAR_STRINGS_MAX = 4;
/** `sp_who` is the shortest procedure. */
const PROCEDURE_LENGTH_MIN = 6;
/** A row of so many quotes is no string. */
const QUOTE_ROW_MIN = 4;

const QUOTE = 0x27;
const WORD_TABLE = new WordTable(WORDS);

/**
 * Reads tokens one by one. One reader serves many values, since the detector must not allocate.
 */
export class SqlTokens {
  #text = '';
  #at = 0;
  #dialect: Dialect = ANSI;
  #dollarStrings = 0;
  /** Whether a `SELECT` would come right after an opening bracket. */
  #isAfterBracket = false;
  /** Whether the quote that the value breaks out of comes behind a space. */
  #isQuoteInProse = false;

  /** Begins a value; with a `quote`, behind the first that closes: false when none does. */
  start(text: string, dialect: Dialect, quote: number): boolean {
    this.#text = text;
    this.#dialect = dialect;
    this.#at = 0;
    this.#dollarStrings = 0;
    this.#isAfterBracket = false;
    this.#isQuoteInProse = false;
    if (quote === 0) return true;
    const isClosed = this.#skipString(quote);
    this.#isQuoteInProse = this.#at > 1 && text.charCodeAt(this.#at - 2) === 0x20;
    return isClosed;
  }

  /** Lets go of the value. */
  forget(): void {
    this.#text = '';
  }

  /** The next token, 0 at the end. */
  next(): number {
    const token = this.#read();
    const isAfterBracket = this.#isAfterBracket;
    this.#isAfterBracket = token === OPEN_BRACKET;
    return token === SELECT && isAfterBracket ? BRACKET_SELECT : token;
  }

  #read(): number {
    const text = this.#text;
    const end = text.length;
    let at = this.#at;
    while (at < end) {
      const character = text.charCodeAt(at);
      const kind = CHARACTER_KINDS[character]!; // Values are latin1: one of four kinds for each byte.
      if (kind === SPACE_CHARACTER) {
        at++;
        continue;
      }
      this.#at = at;
      if (kind === WORD_CHARACTER) return this.#word(at);
      if (kind === DIGIT_CHARACTER) return this.#number();
      const token = this.#sign(character);
      if (token !== 0) return token;
      at = this.#at;
    }
    this.#at = end;
    return 0;
  }

  /** A token that begins with a sign; 0 for what stands for nothing (comments, casts, backslashes). */
  #sign(character: number): number {
    const next = this.#peek(1);
    switch (character) {
      case 0x27: // '
        return this.#quoted(character, STRING, OPEN_STRING);
      case 0x22: // "
        return this.#quoted(character, DOUBLE_STRING, OPEN_DOUBLE_STRING);
      case 0x60: // `
        this.#at++;
        return this.#skipString(character) ? NAME : OTHER;
      case 0x5b: // [
        return this.#bracketName();
      case 0x2f: // /
        return next === 0x2a ? this.#comment() : this.#take(1, ARITHMETIC);
      case 0x2a: // The end of a conditional comment, or of a nested one that ended before, is nothing.
        return next === 0x2f ? this.#take(2, 0) : this.#take(1, ARITHMETIC);
      case 0x2d: // -
        return next === 0x2d && this.#isDashComment() ? this.#lineComment(2) : this.#take(1, SIGN);
      case 0x23: // #
        return this.#dialect === MYSQL ? this.#lineComment(1) : this.#take(1, OTHER);
      case 0x2b: // +
        return this.#take(1, SIGN);
      case 0x25: // %
        return this.#take(1, ARITHMETIC);
      case 0x7c: // |
      case 0x26: // &
        return next === character ? this.#take(2, LOGIC) : this.#take(1, BITS);
      case 0x5e: // ^
        return this.#take(1, BITS);
      case 0x3d: // =
        return this.#take(1, COMPARISON);
      case 0x3c: // <
      case 0x3e: // >
        return next === character ? this.#take(2, BITS) : this.#comparison(next);
      case 0x21: // !
        return next === 0x3d ? this.#take(2, COMPARISON) : this.#take(1, COMPLEMENT);
      case 0x7e: // ~
        return this.#take(1, COMPLEMENT);
      case 0x3a: // :
        return this.#colon(next);
      case 0x28: // (
      case 0x7b: // {
        return this.#take(1, OPEN_BRACKET);
      case 0x29: // )
      case 0x7d: // }
        return this.#take(1, CLOSE_BRACKET);
      case 0x2c: // ,
        return this.#take(1, COMMA);
      case 0x3b: // ;
        return this.#take(1, SEMICOLON);
      case 0x40: // @
        return this.#variable();
      case 0x2e: // .
        return isDigit(next) ? this.#number() : this.#take(1, 0);
      case 0x5c: // A backslash before N is NULL, before anything else nothing.
        if (next !== 0x4e || IN_WORD[this.#peek(2)] === 1) return this.#take(1, 0);
        return this.#take(2, CONSTANT);
      case 0x24: // $
        return this.#dollar();
      default:
        return this.#take(1, OTHER);
    }
  }

  /** Goes on by so many characters, which are this token. */
  #take(length: number, token: number): number {
    this.#at += length;
    return token;
  }

  /** The character so far ahead; 0 beyond the end. */
  #peek(offset: number): number {
    const at = this.#at + offset;
    return at < this.#text.length ? this.#text.charCodeAt(at) : 0;
  }

  /** Goes behind the quote that closes, or to the end of the value: then false. */
  #skipString(quote: number): boolean {
    const end = endOfString(this.#text, this.#at, quote, this.#dialect === MYSQL);
    this.#at = end === NO_END ? this.#text.length : end;
    return end !== NO_END;
  }

  #quoted(quote: number, closed: number, open: number): number {
    const start = this.#at;
    this.#at++;
    if (this.#skipString(quote)) return closed;
    return this.#isDecoration(start, quote) ? OTHER : open;
  }

  /** A row of quotes, or the end of a quoted word at the end of prose: `they said 'or'`. */
  #isDecoration(start: number, quote: number): boolean {
    const text = this.#text;
    if (start + 1 === text.length) {
      return this.#isQuoteInProse && CHARACTER_KINDS[text.charCodeAt(start - 1)] === WORD_CHARACTER;
    }
    for (let at = start; at < text.length; at++) if (text.charCodeAt(at) !== quote) return false;
    return text.length - start >= QUOTE_ROW_MIN;
  }

  #bracketName(): number {
    const end = endOfBracketName(this.#text, this.#at);
    if (end === NO_END) return this.#take(1, OTHER);
    this.#at = end;
    return NAME;
  }

  /** `<`, `<=`, `<>`, `<=>`, `>`, `>=`. */
  #comparison(next: number): number {
    if (next !== 0x3d && next !== 0x3e) return this.#take(1, COMPARISON);
    return this.#take(next === 0x3d && this.#peek(2) === 0x3e ? 3 : 2, COMPARISON);
  }

  /** PostgreSQL's cast `::type` changes nothing here; `:=` assigns. */
  #colon(next: number): number {
    if (next === 0x3d) return this.#take(2, COMPARISON);
    if (next !== 0x3a) return this.#take(1, OTHER);
    this.#at += 2;
    this.#skipName();
    return 0;
  }

  /** A comment up to its end; one that is never closed hides the rest. MySQL runs what `/*!40000` holds. */
  #comment(): number {
    const text = this.#text;
    if (this.#peek(2) === 0x21) {
      this.#at += 3;
      while (isDigit(this.#peek(0))) this.#at++;
      return 0;
    }
    const close = text.indexOf('*/', this.#at + 2);
    this.#at = close === -1 ? text.length : close + 2;
    return close === -1 ? HIDING_COMMENT : 0;
  }

  /** MySQL wants white space behind `--`, so that `1--1` is arithmetic. */
  #isDashComment(): boolean {
    return this.#dialect === ANSI || isSpace(this.#peek(2));
  }

  /** A comment up to the end of the line; a token only when nothing comes after. */
  #lineComment(length: number): number {
    const close = this.#text.indexOf('\n', this.#at);
    if (close !== -1 && !isBlank(this.#text, close)) {
      this.#at = close + 1;
      return 0;
    }
    const token = this.#isHiding(length) ? HIDING_COMMENT : COMMENT;
    this.#at = this.#text.length;
    return token;
  }

  /**
   * Whether the comment is there to hide what follows the value. Text in or around it, as in `--infants` of a search, in
   * `27" -- the big one` or `it's #1`, says that it is none.
   */
  #isHiding(length: number): boolean {
    if (length === 1) return isBlank(this.#text, this.#at + 1) && !this.#isBehindLooseQuote();
    const after = this.#peek(2);
    return after === 0x2d || after === 0x2b || (isSpace(after) && !this.#isDashOfProse());
  }

  /** Whether the comment stands right behind a quote that stands behind a space. */
  #isBehindLooseQuote(): boolean {
    return isQuote(this.#before(1)) && this.#before(2) === 0x20;
  }

  /** Whether the dashes stand between a measure and a word, with spaces. */
  #isDashOfProse(): boolean {
    if (this.#before(1) !== 0x20 || !(IN_WORD[this.#peek(3)] === 1)) return false;
    return isDigit(isQuote(this.#before(2)) ? this.#before(3) : this.#before(2));
  }

  #before(offset: number): number {
    return this.#at >= offset ? this.#text.charCodeAt(this.#at - offset) : 0;
  }

  /** `@name`, `@@name`, `@'name'`. */
  #variable(): number {
    while (this.#peek(0) === 0x40) this.#at++;
    const next = this.#peek(0);
    if (next === 0x60 || next === 0x27 || next === 0x22) {
      this.#at++;
      this.#skipString(next);
    } else {
      this.#skipName();
    }
    return VARIABLE;
  }

  #skipName(): void {
    while (isNamePart(this.#peek(0))) this.#at++;
  }

  /** PostgreSQL's strings, money, or a name. */
  #dollar(): number {
    if (this.#dollarStrings < DOLLAR_STRINGS_MAX) {
      this.#dollarStrings++;
      const end = endOfDollarString(this.#text, this.#at);
      if (end !== NO_END) {
        this.#at = end;
        return STRING;
      }
    }
    if (!isDigit(this.#peek(1))) return this.#word(this.#at);
    this.#at++;
    return this.#number();
  }

  /** A number, also with a keyword right behind (`1union`); a name when other letters follow (`1st`, `70s`, `1.2.3`). */
  #number(): number {
    const text = this.#text;
    const numberEnd = endOfNumber(text, this.#at);
    if (numberEnd >= text.length || !isNamePart(text.charCodeAt(numberEnd))) {
      this.#at = numberEnd;
      return NUMBER;
    }
    let end = numberEnd;
    while (end < text.length && IN_WORD[text.charCodeAt(end)] === 1) end++;
    for (let start = numberEnd; start <= numberEnd + 1; start++) {
      if (isKeyword(WORD_TABLE.kindOf(text, start, end))) {
        this.#at = start;
        return NUMBER;
      }
      // Numbers of Oracle may end with a letter.
      if (!isFloatMark(text.charCodeAt(start))) break;
    }
    while (end < text.length && isNamePart(text.charCodeAt(end))) end++;
    this.#at = end;
    return NAME;
  }

  /** A word with its dots (`a.b.c`), and `@` as in mail addresses: by its kind, or the head of a call. */
  #word(start: number): number {
    const text = this.#text;
    const length = text.length;
    let end = start;
    let hash = HASH_START;
    let character = text.charCodeAt(start);
    do {
      hash = hashStep(hash, character);
      end++;
      // Never a character behind the end: NaN would make each look into a table slow from then on.
      character = end < length ? text.charCodeAt(end) : 0;
    } while (IN_WORD[character] === 1);
    this.#at = end;
    const kind = WORD_TABLE.kindOfHashed(text, start, end, hash);
    // Most words: no keyword, and white space behind.
    if (kind === 0 && character === 0x20 && end - start !== 1 && !isProcedure(text, start, end)) return NAME;
    if (character === 0x2e || character === 0x40) return this.#dottedWord(start, kind);
    if (end - start === 1 && this.#skipMarkedString(start)) return STRING;
    if (kind === 0 && isProcedure(text, start, end)) return VARIABLE;
    return this.#inPlace(kind);
  }

  /** A word with dots. SELECT ends at the first: `SELECT.1`. */
  #dottedWord(start: number, firstKind: number): number {
    if (firstKind === SELECT) return firstKind;
    const text = this.#text;
    let end = this.#at;
    let lastPart = start;
    let hasEmptyPart = false;
    for (; end < text.length; end++) {
      const character = text.charCodeAt(end);
      if (character === 0x2e || (character === 0x40 && isInWord(text, end + 1))) {
        if (lastPart === end) hasEmptyPart = true;
        lastPart = end + 1;
      } else if (IN_WORD[character] !== 1) {
        break;
      }
    }
    this.#at = end;
    const kind = WORD_TABLE.kindOf(text, start, end);
    if (kind !== 0) return this.#inPlace(kind);
    // SQL Server leaves out the owner: `master..xp_cmdshell`.
    if ((hasEmptyPart && lastPart < end) || isProcedure(text, start, end)) return VARIABLE;
    if (this.#peek(0) !== 0x28) return NAME;
    return WORD_TABLE.kindOf(text, lastPart, end) === SQL_HEAD ? SQL_HEAD : NAME_HEAD;
  }

  /** N'…', X'…', B'…', E'…', U&'…': the mark is one letter, and no space is between. */
  #skipMarkedString(start: number): boolean {
    const mark = this.#text.charCodeAt(start) | 0x20;
    const isUnicode = mark === 0x75 && this.#peek(0) === 0x26;
    if (!isUnicode && mark !== 0x6e && mark !== 0x78 && mark !== 0x62 && mark !== 0x65) return false;
    const before = isUnicode ? 1 : 0;
    if (this.#peek(before) !== QUOTE) return false;
    this.#at += before + 1;
    this.#skipString(QUOTE);
    return true;
  }

  /** What a word of this kind is here: many are something only before a bracket. */
  #inPlace(kind: number): number {
    const isCall = this.#peek(0) === 0x28;
    switch (kind) {
      case 0:
        return isCall ? NAME_HEAD : NAME;
      case SQL_HEAD:
      case WORD_HEAD:
        return this.#isBeforeBracket() ? kind : NAME;
      case CLOSE_HEAD:
        if (isCall) return SQL_HEAD;
        return this.#isBeforeBracket() ? WORD_HEAD : NAME;
      case DATABASE:
        return isCall ? SQL_HEAD : TABLE;
      case IN:
        return this.#isBeforeBracket() || this.#peek(1) === 0x40 ? WORD_COMPARISON : NAME;
      case VARIABLE:
        return this.#isBeforeBracket() ? SQL_HEAD : kind;
      default:
        return kind;
    }
  }

  #isBeforeBracket(): boolean {
    let at = this.#at;
    while (at < this.#text.length && isSpace(this.#text.charCodeAt(at))) at++;
    return at < this.#text.length && this.#text.charCodeAt(at) === 0x28;
  }
}

function isInWord(text: string, at: number): boolean {
  return at < text.length && IN_WORD[text.charCodeAt(at)] === 1;
}

/** Kinds of words that end a number before them; constants, functions and things do not: `2nd`, `5min`. */
function isKeyword(kind: number): boolean {
  switch (kind) {
    case 0:
    case CONSTANT:
    case VARIABLE:
    case SQL_HEAD:
    case WORD_HEAD:
    case CLOSE_HEAD:
    case TABLE:
    case DATABASE:
      return false;
    default:
      return true;
  }
}

function isQuote(character: number): boolean {
  return character === 0x27 || character === 0x22;
}

function isFloatMark(character: number): boolean {
  const lower = character | 0x20;
  return lower === 0x64 || lower === 0x66;
}

/** `xp_…` and `sp_…` of SQL Server. */
function isProcedure(text: string, start: number, end: number): boolean {
  if (end - start < PROCEDURE_LENGTH_MIN || text.charCodeAt(start + 2) !== 0x5f) return false;
  const first = text.charCodeAt(start) | 0x20;
  return (first === 0x78 || first === 0x73) && (text.charCodeAt(start + 1) | 0x20) === 0x70;
}
