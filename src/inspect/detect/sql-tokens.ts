/**
 * Cuts a value into SQL tokens, as a server would that finds it in a query: bare, or behind an open quote.
 *
 * A token is one letter (a character code): those of tools/sql-grammar.ts, and those that only the folding knows, named
 * below and in tools/sql-words.ts. Never fails: what is not SQL is `x`. Each byte is looked at a bounded number of times.
 */
import { WORDS } from './sql-table.ts';
import { HASH_START, hashStep, WordTable } from './word-table.ts';

/** Which server reads the value; they differ in comments and in escapes within strings. */
export const ANSI = 0;
export const MYSQL = 1;
export type Dialect = typeof ANSI | typeof MYSQL;

/** What a character begins. */
const SPACE = 1;
const DIGIT = 2;
const WORD = 3;
const OTHER = 0;

const WORD_TABLE = new WordTable(WORDS);
const KINDS = makeKinds();
/** Whether a word goes on with the character: letters, digits, `_`, `$`, bytes from 0x80 on. */
const IN_WORD = makeInWord();

/** How far a closing `]` may be from its `[`: names in SQL Server have at most 128 characters. */
const BRACKET_NAME_MAX = 130;
/** How many `$tag$` strings are looked for: each look may go to the end of the value. */
const DOLLAR_STRINGS_MAX = 4;

/**
 * Reads tokens one by one. One reader serves many values, since the detector must not allocate; it keeps the value until
 * the next.
 */
export class SqlTokens {
  #text = '';
  #end = 0;
  #at = 0;
  #dialect: Dialect = ANSI;
  #dollarStrings = 0;
  /** Whether a `SELECT` would come right after an opening bracket. */
  #isAfterBracket = false;
  /** Whether the quote that the value breaks out of comes behind a space. */
  #isQuoteInProse = false;

  /** Begins a value. With `quote`, behind the first one that closes: false when none does. */
  start(text: string, dialect: Dialect, quote: number): boolean {
    this.#text = text;
    this.#end = text.length;
    this.#dialect = dialect;
    this.#at = 0;
    this.#dollarStrings = 0;
    this.#isAfterBracket = false;
    this.#isQuoteInProse = false;
    if (quote === 0) return true;
    const isClosed = this.#string(quote);
    this.#isQuoteInProse = this.#at > 1 && text.charCodeAt(this.#at - 2) === 0x20;
    return isClosed;
  }

  /** The next token, 0 at the end. */
  next(): number {
    const letter = this.#read();
    const isOpen = letter === 0x28;
    if (letter === 0x45 && this.#isAfterBracket) {
      this.#isAfterBracket = false;
      return 0x52; // R
    }
    this.#isAfterBracket = isOpen;
    return letter;
  }

  #read(): number {
    const text = this.#text;
    while (this.#at < this.#end) {
      const character = text.charCodeAt(this.#at);
      const kind = KINDS[character]!; // Values are latin1; anything above reads as undefined, which is `other`.
      if (kind === SPACE) {
        this.#at++;
      } else if (kind === WORD) {
        return this.#word(this.#at);
      } else if (kind === DIGIT) {
        return this.#number();
      } else {
        const letter = this.#sign(character);
        if (letter !== 0) return letter;
      }
    }
    return 0;
  }

  /** A token that begins with a sign; 0 for what stands for nothing (comments, ends of conditional comments). */
  #sign(character: number): number {
    const next = this.#peek(1);
    switch (character) {
      case 0x27: // '
        return this.#quoted(character, 0x73, 0x53); // s S
      case 0x22: // "
        return this.#quoted(character, 0x64, 0x44); // d D
      case 0x60: // `
        return this.#quotedName(0x60);
      case 0x5b: // [
        return this.#bracketName();
      case 0x2f: // /
        return next === 0x2a ? this.#comment() : this.#one(0x6f);
      case 0x2a: // *
        // The end of a conditional comment, or of a nested one that ended before.
        return next === 0x2f ? this.#two(0) : this.#one(0x6f);
      case 0x2d: // -
        return next === 0x2d && this.#isDashComment() ? this.#lineComment(2) : this.#one(0x2b);
      case 0x23: // #
        return this.#dialect === MYSQL ? this.#lineComment(1) : this.#one(0x78);
      case 0x2b: // +
        return this.#one(0x2b);
      case 0x25: // %
        return this.#one(0x6f);
      case 0x7c: // |
        return next === 0x7c ? this.#two(0x26) : this.#one(0x62);
      case 0x26: // &
        return next === 0x26 ? this.#two(0x26) : this.#one(0x62);
      case 0x5e: // ^
        return this.#one(0x62);
      case 0x3d: // =
        return this.#one(0x3d);
      case 0x3c: // <
        if (next === 0x3c) return this.#two(0x62);
        return this.#skip(next === 0x3d ? (this.#peek(2) === 0x3e ? 3 : 2) : next === 0x3e ? 2 : 1, 0x3d);
      case 0x3e: // >
        if (next === 0x3e) return this.#two(0x62);
        return this.#skip(next === 0x3d ? 2 : 1, 0x3d);
      case 0x21: // !
        return next === 0x3d ? this.#two(0x3d) : this.#one(0x7e);
      case 0x7e: // ~
        return this.#one(0x7e);
      case 0x3a: // :
        if (next === 0x3a) {
          this.#at += 2;
          this.#skipName();
          return 0;
        }
        return next === 0x3d ? this.#two(0x3d) : this.#one(0x78);
      case 0x28: // (
      case 0x7b: // {
        return this.#one(0x28);
      case 0x29: // )
      case 0x7d: // }
        return this.#one(0x29);
      case 0x2c: // ,
        return this.#one(0x2c);
      case 0x3b: // ;
        return this.#one(0x3b);
      case 0x40: // @
        return this.#variable();
      case 0x2e: // .
        if (next >= 0x30 && next <= 0x39) return this.#number();
        this.#at++;
        return 0;
      case 0x5c: // A backslash before N is NULL, and before anything else nothing.
        this.#at++;
        if (next !== 0x4e || IN_WORD[this.#peek(1)] === 1) return 0;
        return this.#one(0x30);
      case 0x24: // $
        return this.#dollar();
      default:
        return this.#one(0x78);
    }
  }

  #one(letter: number): number {
    this.#at++;
    return letter;
  }

  #two(letter: number): number {
    this.#at += 2;
    return letter;
  }

  #skip(length: number, letter: number): number {
    this.#at += length;
    return letter;
  }

  /** The character so far ahead; 0 beyond the end. */
  #peek(offset: number): number {
    const at = this.#at + offset;
    return at < this.#end ? this.#text.charCodeAt(at) : 0;
  }

  /** Goes behind the quote that closes; false when there is none. A doubled quote stands for itself. */
  #string(quote: number): boolean {
    const text = this.#text;
    const end = this.#end;
    const hasEscapes = this.#dialect === MYSQL;
    let at = this.#at;
    while (at < end) {
      const character = text.charCodeAt(at);
      if (character === quote) {
        if (at + 1 >= end || text.charCodeAt(at + 1) !== quote) {
          this.#at = at + 1;
          return true;
        }
        at += 2;
      } else {
        at += hasEscapes && character === 0x5c ? 2 : 1;
      }
    }
    this.#at = end;
    return false;
  }

  #quoted(quote: number, closed: number, open: number): number {
    const start = this.#at;
    this.#at++;
    if (this.#string(quote)) return closed;
    return this.#isDecoration(start, quote) ? 0x78 : open;
  }

  /** A row of quotes, or the end of a quoted word at the end of prose: `they said 'or'`. */
  #isDecoration(start: number, quote: number): boolean {
    if (start + 1 === this.#end) return this.#isQuoteInProse && this.#isLetter(start - 1);
    for (let at = start; at < this.#end; at++) if (this.#text.charCodeAt(at) !== quote) return false;
    return this.#end - start > 3;
  }

  #isLetter(at: number): boolean {
    return KINDS[this.#text.charCodeAt(at)] === WORD;
  }

  #quotedName(quote: number): number {
    this.#at++;
    return this.#string(quote) ? 0x6e : 0x78;
  }

  #bracketName(): number {
    const start = this.#at;
    this.#at++;
    const last = Math.min(this.#end, start + BRACKET_NAME_MAX);
    for (let at = start + 1; at < last; at++) {
      if (this.#text.charCodeAt(at) === 0x5d) {
        this.#at = at + 1;
        return 0x6e;
      }
    }
    return 0x78;
  }

  /** A comment up to its end; one that is never closed hides the rest. `/*!40000` of MySQL is opened instead. */
  #comment(): number {
    const text = this.#text;
    if (this.#peek(2) === 0x21) {
      this.#at += 3;
      while (this.#at < this.#end && KINDS[text.charCodeAt(this.#at)] === DIGIT) this.#at++;
      return 0;
    }
    const close = text.indexOf('*/', this.#at + 2);
    if (close === -1) {
      this.#at = this.#end;
      return 0x63;
    }
    this.#at = close + 2;
    return 0;
  }

  /** MySQL wants white space behind `--`, so that `1--1` is arithmetic. */
  #isDashComment(): boolean {
    if (this.#dialect === ANSI) return true;
    const after = this.#peek(2);
    return after === 0 || KINDS[after] === SPACE;
  }

  /** A comment up to the end of the line; a token only when nothing comes after. */
  #lineComment(length: number): number {
    const close = this.#text.indexOf('\n', this.#at);
    if (close !== -1 && !this.#isBlank(close)) {
      this.#at = close + 1;
      return 0;
    }
    const letter = this.#hidesRest(length) ? 0x63 : 0x77;
    this.#at = this.#end;
    return letter;
  }

  /** Whether the comment is there to hide what follows the value, and does not look like text or list marks. */
  #hidesRest(length: number): boolean {
    const after = this.#peek(length);
    if (length === 1) return this.#isBlank(this.#at + 1) && this.#charBehindQuote() !== 0x20;
    return after === 0 || after === 0x2d || after === 0x2b || KINDS[after] === SPACE;
  }

  /** The character before a quote that stands right before the comment; else 0. */
  #charBehindQuote(): number {
    const before = this.#at > 1 ? this.#text.charCodeAt(this.#at - 1) : 0;
    return before === 0x27 || before === 0x22 ? this.#text.charCodeAt(this.#at - 2) : 0;
  }

  #isBlank(from: number): boolean {
    for (let at = from; at < this.#end; at++) if (KINDS[this.#text.charCodeAt(at)] !== SPACE) return false;
    return true;
  }

  /** `@name`, `@@name`, `@'name'`. */
  #variable(): number {
    while (this.#peek(0) === 0x40) this.#at++;
    const next = this.#peek(0);
    if (next === 0x60 || next === 0x27 || next === 0x22) {
      this.#at++;
      this.#string(next);
    } else {
      this.#skipName();
    }
    return 0x76;
  }

  #skipName(): void {
    while (this.#at < this.#end && isNamePart(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  /** PostgreSQL's `$tag$ string $tag$`, money, or a name. */
  #dollar(): number {
    const text = this.#text;
    let at = this.#at + 1;
    while (at < this.#end && IN_WORD[text.charCodeAt(at)] === 1 && text.charCodeAt(at) !== 0x24) at++;
    if (text.charCodeAt(at) === 0x24 && this.#dollarStrings < DOLLAR_STRINGS_MAX) {
      this.#dollarStrings++;
      const close = text.indexOf(text.slice(this.#at, at + 1), at + 1);
      if (close !== -1) {
        this.#at = close + at + 1 - this.#at;
        return 0x73;
      }
    }
    if (KINDS[this.#peek(1)] === DIGIT) {
      this.#at++;
      return this.#number();
    }
    return this.#word(this.#at);
  }

  /** 1, 1.5, .5, 1e3, 0x1f, 0b1; a name when letters follow that are no keyword (`1st`, `70s`, `1.2.3`). */
  #number(): number {
    const text = this.#text;
    let at = this.#at;
    if (text.charCodeAt(at) === 0x30 && isRadix(text.charCodeAt(at + 1) | 0x20)) {
      const digits = at + 2;
      at = digits;
      while (at < this.#end && isHexDigit(text.charCodeAt(at))) at++;
      if (
        at > digits &&
        !(at < this.#end && isNamePart(text.charCodeAt(at)) && text.charCodeAt(at) !== 0x2e)
      ) {
        this.#at = at;
        return 0x31;
      }
      at = this.#at;
    }
    while (at < this.#end && KINDS[text.charCodeAt(at)] === DIGIT) at++;
    if (text.charCodeAt(at) === 0x2e) {
      at++;
      while (at < this.#end && KINDS[text.charCodeAt(at)] === DIGIT) at++;
    }
    if ((text.charCodeAt(at) | 0x20) === 0x65) at = this.#exponent(at);
    return this.#afterNumber(at);
  }

  /** Behind the exponent that begins here; here when there is none. `1.e` counts as one: MySQL reads `1.e.name`. */
  #exponent(at: number): number {
    const text = this.#text;
    let digits = at + 1;
    const sign = text.charCodeAt(digits);
    if (sign === 0x2b || sign === 0x2d) digits++;
    let end = digits;
    while (end < this.#end && KINDS[text.charCodeAt(end)] === DIGIT) end++;
    return end > digits ? end : at;
  }

  #afterNumber(at: number): number {
    const text = this.#text;
    if (at >= this.#end || !isNamePart(text.charCodeAt(at))) {
      this.#at = at;
      return 0x31;
    }
    let end = at;
    while (end < this.#end && IN_WORD[text.charCodeAt(end)] === 1) end++;
    // Oracle's numbers may end with d or f.
    const skipped = isFloatMark(text.charCodeAt(at)) ? 1 : 0;
    if (
      isKeyword(WORD_TABLE.kindOf(text, at, end)) ||
      (skipped === 1 && isKeyword(WORD_TABLE.kindOf(text, at + 1, end)))
    ) {
      this.#at = isKeyword(WORD_TABLE.kindOf(text, at, end)) ? at : at + 1;
      return 0x31;
    }
    while (end < this.#end && isNamePart(text.charCodeAt(end))) end++;
    this.#at = end;
    return 0x6e;
  }

  /** A word with its dots (`a.b.c`), and `@` as in e-mail; by its kind, or the head of a call. */
  #word(start: number): number {
    const text = this.#text;
    let end = start + 1;
    let hash = hashStep(HASH_START, text.charCodeAt(start));
    let lastPart = start;
    let hasEmptyPart = false;
    while (end < this.#end) {
      const character = text.charCodeAt(end);
      if (IN_WORD[character] === 1) {
        end++;
        hash = hashStep(hash, character);
      } else if (character === 0x2e && WORD_TABLE.kindOfHashed(text, start, end, hash) === 0x45) {
        break;
      } else if (character === 0x2e || (character === 0x40 && IN_WORD[text.charCodeAt(end + 1)] === 1)) {
        if (lastPart === end) hasEmptyPart = true;
        end++;
        hash = hashStep(hash, character);
        lastPart = end;
      } else {
        break;
      }
    }
    this.#at = end;
    const next = this.#peek(0);
    if (
      end - start === 1 &&
      next === 0x26 &&
      (text.charCodeAt(start) | 0x20) === 0x75 &&
      this.#peek(1) === 0x27
    ) {
      this.#at += 2;
      return this.#string(0x27) ? 0x73 : 0x53;
    }
    if ((next === 0x27 || next === 0x22) && this.#isStringMark(start, end)) {
      this.#at++;
      return this.#string(next) ? 0x73 : 0x53;
    }
    const kind = WORD_TABLE.kindOfHashed(text, start, end, hash);
    if (kind === 0 && ((hasEmptyPart && lastPart < end) || isProcedure(text, start, end))) return 0x76;
    return this.#kindInPlace(kind, start, lastPart, end);
  }

  /** N'…', X'…', B'…', E'…', Q'…', U&'…' have no space before the quote. */
  #isStringMark(start: number, end: number): boolean {
    const letter = this.#text.charCodeAt(start) | 0x20;
    return end - start === 1 && (letter === 0x6e || letter === 0x78 || letter === 0x62 || letter === 0x65);
  }

  #kindInPlace(kind: number, start: number, lastPart: number, end: number): number {
    const text = this.#text;
    if (kind === 0) {
      const isCall = this.#peek(0) === 0x28;
      const last = isCall && lastPart > start ? WORD_TABLE.kindOf(text, lastPart, end) : 0;
      if (last === 0x68) return last;
      return isCall ? 0x6a : 0x6e;
    }
    if (kind === 0x68 || kind === 0x48) return this.#isBeforeBracket() ? kind : 0x6e;
    if (kind === 0x47) return this.#peek(0) === 0x28 ? 0x68 : this.#isBeforeBracket() ? 0x48 : 0x6e;
    if (kind === 0x4b) return this.#peek(0) === 0x28 ? 0x68 : 0x4a;
    if (kind === 0x4e) return this.#isBeforeBracket() || this.#nextIsVariable() ? 0x69 : 0x6e;
    if (kind === 0x76 && this.#isBeforeBracket()) return 0x68;
    return kind;
  }

  #isBeforeBracket(): boolean {
    let at = this.#at;
    while (at < this.#end && KINDS[this.#text.charCodeAt(at)] === SPACE) at++;
    return this.#text.charCodeAt(at) === 0x28;
  }

  #nextIsVariable(): boolean {
    return this.#peek(1) === 0x40;
  }
}

/** Words that cannot be the tail of a name that begins with a digit: operators and keywords. */
function isKeyword(kind: number): boolean {
  // Constants, functions, and names of things are no reason to cut `2nd` or `5min`.
  return kind !== 0 && kind !== 0x68 && kind !== 0x48 && kind !== 0x4a && kind !== 0x76 && kind !== 0x30;
}

/** `xp_…` and `sp_…` of SQL Server; it writes `master..x`, too. */
function isProcedure(text: string, start: number, end: number): boolean {
  const first = text.charCodeAt(start) | 0x20;
  const isPrefix = (first === 0x78 || first === 0x73) && (text.charCodeAt(start + 1) | 0x20) === 0x70;
  return isPrefix && end - start > 5 && text.charCodeAt(start + 2) === 0x5f;
}

function isRadix(lower: number): boolean {
  return lower === 0x78 || lower === 0x62;
}

function isFloatMark(character: number): boolean {
  const lower = character | 0x20;
  return lower === 0x64 || lower === 0x66;
}

function isHexDigit(character: number): boolean {
  const lower = character | 0x20;
  return (character >= 0x30 && character <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

function isNamePart(character: number): boolean {
  return IN_WORD[character] === 1 || character === 0x2e;
}

function makeKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(OTHER);
  for (let character = 0; character <= 0x20; character++) kinds[character] = SPACE;
  // Latin1's no-break space is white space to MySQL.
  kinds[0xa0] = SPACE;
  kinds.fill(DIGIT, 0x30, 0x3a);
  kinds.fill(WORD, 0x41, 0x5b);
  kinds.fill(WORD, 0x61, 0x7b);
  kinds[0x5f] = WORD;
  kinds.fill(WORD, 0x80, 0xa0);
  kinds.fill(WORD, 0xa1);
  return kinds;
}

function makeInWord(): Uint8Array {
  const inWord = new Uint8Array(256);
  for (const [character, kind] of makeKinds().entries())
    inWord[character] = kind === WORD || kind === DIGIT ? 1 : 0;
  inWord[0x24] = 1;
  return inWord;
}
