/**
 * The text of a rule file as directives and their words.
 *
 * A directive is one line, or several where a backslash ends all but the last. Words are separated by white space, or
 * stand in double or single quotes, where `\` before the quote keeps it and every other backslash stays. A line whose
 * first character is `#` is a comment, and a comment never goes on in the next line: one that happens to end with a
 * backslash must not swallow a rule.
 */

/** A word without its quotes. */
export interface Word {
  readonly text: string;
  /** The offset in the file of the first character of `text`. */
  readonly start: number;
  /**
   * What was left out on the way, as pairs: an index in `text`, and how many characters of the file are missing
   * before it in all. Ascending.
   */
  readonly gaps: readonly number[];
}

/** The offset in the file of one character of a word, or of what follows the last. */
export function offsetIn(word: Word, index: number): number {
  let missing = 0;
  for (let pair = 0; pair < word.gaps.length && (word.gaps[pair] ?? 0) <= index; pair += 2) {
    missing = word.gaps[pair + 1] ?? 0;
  }
  return word.start + index + missing;
}

export interface Directive {
  readonly words: readonly Word[];
  /** Where the quote was opened that nothing closes; undefined when all are closed. */
  readonly openQuote: number | undefined;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const HASH = 0x23;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;

export function splitDirectives(text: string): readonly Directive[] {
  const directives: Directive[] = [];
  const reader: Reader = { text, at: 0 };
  while (reader.at < text.length) {
    skipBlank(reader, false);
    if (text.charCodeAt(reader.at) === HASH) skipLine(reader);
    else if (isLineEnd(text, reader.at)) reader.at++;
    else if (reader.at < text.length) directives.push(readDirective(reader));
  }
  return directives;
}

interface Reader {
  readonly text: string;
  at: number;
}

function readDirective(reader: Reader): Directive {
  const words: Word[] = [];
  for (;;) {
    skipBlank(reader, true);
    if (reader.at >= reader.text.length || isLineEnd(reader.text, reader.at)) {
      return { words, openQuote: undefined };
    }
    const quote = reader.text.charCodeAt(reader.at);
    const start = reader.at;
    const word =
      quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE ? readQuoted(reader, quote) : readBare(reader);
    if (word === undefined) {
      skipToDirective(reader);
      return { words, openQuote: start };
    }
    words.push(word);
  }
}

/** Up to the closing quote; undefined when the line ends first. */
function readQuoted(reader: Reader, quote: number): Word | undefined {
  const { text } = reader;
  const word = new WordWriter(text, reader.at + 1);
  let at = reader.at + 1;
  while (at < text.length && !isLineEnd(text, at)) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      reader.at = at + 1;
      return word.finish(at);
    }
    if (code !== BACKSLASH) {
      at++;
      continue;
    }
    const isEscape = text.charCodeAt(at + 1) === quote;
    const length = isEscape ? 1 : continuationLength(text, at);
    if (length > 0) word.leaveOut(at, length);
    at += isEscape || length === 0 ? length + 1 : length;
  }
  reader.at = at;
  return undefined;
}

function readBare(reader: Reader): Word {
  const { text } = reader;
  const word = new WordWriter(text, reader.at);
  let at = reader.at;
  while (at < text.length && !isBlankOrEnd(text.charCodeAt(at)) && continuationLength(text, at) === 0) at++;
  reader.at = at;
  return word.finish(at);
}

/** Collects the text of one word as runs of the file. */
class WordWriter {
  readonly #file: string;
  readonly #start: number;
  #runStart: number;
  #text = '';
  #missing = 0;
  readonly #gaps: number[] = [];

  constructor(file: string, start: number) {
    this.#file = file;
    this.#start = start;
    this.#runStart = start;
  }

  leaveOut(at: number, length: number): void {
    this.#text += this.#file.slice(this.#runStart, at);
    this.#runStart = at + length;
    this.#missing += length;
    this.#gaps.push(this.#text.length, this.#missing);
  }

  /** `end` is the offset of the character behind the word. */
  finish(end: number): Word {
    return {
      text: this.#text + this.#file.slice(this.#runStart, end),
      start: this.#start,
      gaps: this.#gaps,
    };
  }
}

function skipBlank(reader: Reader, withContinuations: boolean): void {
  const { text } = reader;
  for (;;) {
    const code = text.charCodeAt(reader.at);
    if (code === SPACE || code === TAB || (code === CR && !isLineEnd(text, reader.at))) {
      reader.at++;
      continue;
    }
    const length = withContinuations ? continuationLength(text, reader.at) : 0;
    if (length === 0) return;
    reader.at += length;
  }
}

function skipLine(reader: Reader): void {
  const end = reader.text.indexOf('\n', reader.at);
  reader.at = end < 0 ? reader.text.length : end + 1;
}

/** Behind a broken directive: to the next line that begins one, so that its rest is not read as something else. */
function skipToDirective(reader: Reader): void {
  do skipLine(reader);
  while (
    reader.at < reader.text.length &&
    !/^[ \t]*(?:Sec|Include|#)/i.test(reader.text.slice(reader.at, reader.at + 200))
  );
}

function isBlankOrEnd(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

function isLineEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === LF || (code === CR && text.charCodeAt(at + 1) === LF);
}

/** A backslash as the last character of a line joins the next line to it; neither leaves a character. */
function continuationLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== BACKSLASH) return 0;
  const next = text.charCodeAt(at + 1);
  if (next === LF) return 2;
  return next === CR && text.charCodeAt(at + 2) === LF ? 3 : 0;
}
