/**
 * One rule file while it is read: turns offsets into places, and collects the mistakes.
 */
import type { RuleFile } from '../load-rules.ts';
import type { MistakeCode, RuleMistake } from '../mistake.ts';
import { TextPositions } from './text-positions.ts';
import { offsetIn } from './words.ts';
import type { Word } from './words.ts';

export class Source {
  readonly name: string;
  readonly mistakes: RuleMistake[];
  readonly #positions: TextPositions;

  /** `mistakes` is shared by all files of one reading. */
  constructor(file: RuleFile, mistakes: RuleMistake[]) {
    this.name = file.name;
    this.mistakes = mistakes;
    this.#positions = new TextPositions(file.text);
  }

  report(offset: number, code: MistakeCode, text: string): void {
    this.mistakes.push({ file: this.name, ...this.#positions.at(offset), code, text });
  }

  /** `file:line` of an offset. */
  place(offset: number): string {
    return `${this.name}:${this.#positions.at(offset).line}`;
  }
}

/** A part of a word that still knows where it stands. */
export interface Piece {
  readonly text: string;
  readonly offset: number;
}

/** The characters `start` to `end` of a word, without the white space around them. */
export function pieceOf(word: Word, start: number, end: number): Piece {
  let first = start;
  let last = end;
  while (first < last && /\s/.test(word.text.charAt(first))) first++;
  while (last > first && /\s/.test(word.text.charAt(last - 1))) last--;
  return { text: word.text.slice(first, last), offset: offsetIn(word, first) };
}

/**
 * The pieces of a word between separators that stand outside of single quotes. `\'` within quotes is no end of them.
 */
export function splitOutsideQuotes(word: Word, separator: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < word.text.length; at++) {
    const character = word.text.charAt(at);
    if (character === '\\' && isQuoted) at++;
    else if (character === "'") isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      pieces.push(pieceOf(word, start, at));
      start = at + 1;
    }
  }
  pieces.push(pieceOf(word, start, word.text.length));
  return pieces;
}

/** Text in single quotes without them, `\'` as `'`; other text as it is. */
export function unquote(text: string): string {
  const isQuoted = text.length >= 2 && text.startsWith("'") && text.endsWith("'");
  return isQuoted ? text.slice(1, -1).replaceAll("\\'", "'") : text;
}

/** `"name"`, cut so that a message stays one line, and how it might have been meant. */
export function quoted(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return JSON.stringify(shown);
}
