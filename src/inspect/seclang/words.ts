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
  /** The offset in the file of each character of `text`, and of what follows the last. */
  readonly offsets: readonly number[];
}

export interface Directive {
  readonly words: readonly Word[];
  /** Where the quote was opened that nothing closes; undefined when all are closed. */
  readonly openQuote: number | undefined;
}

export function splitDirectives(text: string): readonly Directive[] {
  const directives: Directive[] = [];
  const reader: Reader = { text, at: 0 };
  while (reader.at < text.length) {
    skipBlank(reader, false);
    if (text.charAt(reader.at) === '#') skipLine(reader);
    else if (isLineEnd(reader)) reader.at++;
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
    if (reader.at >= reader.text.length || isLineEnd(reader)) return { words, openQuote: undefined };
    const quote = reader.text.charAt(reader.at);
    const start = reader.at;
    const word = quote === '"' || quote === "'" ? readQuoted(reader, quote) : readBare(reader);
    if (word === undefined) {
      skipToDirective(reader);
      return { words, openQuote: start };
    }
    words.push(word);
  }
}

/** Up to the closing quote; undefined when the line ends first. */
function readQuoted(reader: Reader, quote: string): Word | undefined {
  const word = new WordWriter();
  reader.at++;
  while (reader.at < reader.text.length && !isLineEnd(reader)) {
    const character = reader.text.charAt(reader.at);
    if (character === quote) {
      return word.finish(reader.at++);
    }
    if (skipContinuation(reader)) continue;
    if (character === '\\' && reader.text.charAt(reader.at + 1) === quote) reader.at++;
    word.add(reader.text.charAt(reader.at), reader.at++);
  }
  return undefined;
}

function readBare(reader: Reader): Word {
  const word = new WordWriter();
  while (reader.at < reader.text.length && !/[ \t\r\n]/.test(reader.text.charAt(reader.at))) {
    if (continuationLength(reader) > 0) break;
    word.add(reader.text.charAt(reader.at), reader.at++);
  }
  return word.finish(reader.at);
}

/** Collects the characters of one word, with where each came from. */
class WordWriter {
  readonly #characters: string[] = [];
  readonly #offsets: number[] = [];

  add(character: string, offset: number): void {
    this.#characters.push(character);
    this.#offsets.push(offset);
  }

  /** `offset` is that of the character behind the word. */
  finish(offset: number): Word {
    return { text: this.#characters.join(''), offsets: [...this.#offsets, offset] };
  }
}

function skipBlank(reader: Reader, withContinuations: boolean): void {
  for (;;) {
    if (/[ \t\r]/.test(reader.text.charAt(reader.at)) && !isLineEnd(reader)) reader.at++;
    else if (!withContinuations || !skipContinuation(reader)) return;
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
    !/^[ \t]*(?:Sec|#)/i.test(reader.text.slice(reader.at, reader.at + 200))
  );
}

function isLineEnd(reader: Reader): boolean {
  const character = reader.text.charAt(reader.at);
  return character === '\n' || (character === '\r' && reader.text.charAt(reader.at + 1) === '\n');
}

/** A backslash as the last character of a line joins the next line to it; neither leaves a character. */
function skipContinuation(reader: Reader): boolean {
  const length = continuationLength(reader);
  reader.at += length;
  return length > 0;
}

function continuationLength(reader: Reader): number {
  if (reader.text.charAt(reader.at) !== '\\') return 0;
  if (reader.text.startsWith('\n', reader.at + 1)) return 2;
  return reader.text.startsWith('\r\n', reader.at + 1) ? 3 : 0;
}
