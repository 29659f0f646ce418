/**
 * Parts of words that still know where they stand, so that a mistake can be told at its place.
 */
import { Buffer } from 'node:buffer';
import { offsetIn } from './words.ts';
import type { Word } from './words.ts';

export interface Piece {
  readonly text: string;
  readonly word: Word;
  /** Where in the word. */
  readonly at: number;
}

export function offsetOf(piece: Piece): number {
  return offsetIn(piece.word, piece.at);
}

export function wholeOf(word: Word): Piece {
  return { text: word.text, word, at: 0 };
}

/** The characters `start` to `end` of a piece, without the white space around them. */
export function partOf(piece: Piece, start: number, end: number): Piece {
  let first = start;
  let last = end;
  while (first < last && isBlank(piece.text.charCodeAt(first))) first++;
  while (last > first && isBlank(piece.text.charCodeAt(last - 1))) last--;
  return { text: piece.text.slice(first, last), word: piece.word, at: piece.at + first };
}

/**
 * The parts between separators that stand outside of single quotes. `\'` within quotes is no end of them; a quote that
 * nothing closes goes on to the end.
 */
export function splitOutsideQuotes(piece: Piece, separators: string): readonly Piece[] {
  const { text } = piece;
  const parts: Piece[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && isQuoted) at++;
    else if (character === "'") isQuoted = !isQuoted;
    else if (!isQuoted && separators.includes(character)) {
      parts.push(partOf(piece, start, at));
      start = at + 1;
    }
  }
  parts.push(partOf(piece, start, text.length));
  return parts;
}

/** Text in single quotes without them, `\'` as `'`; other text as it is. */
export function unquote(text: string): string {
  const isQuoted = text.length >= 2 && text.startsWith("'") && text.endsWith("'");
  if (!isQuoted) return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replaceAll("\\'", "'") : inner;
}

/** `"name"` for a message: cut, on one line, and bytes as the UTF-8 that they are. */
export function quoted(text: string): string {
  const bytes = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return JSON.stringify(readable(bytes));
}

/** Bytes as people read them. */
export function readable(bytes: string): string {
  return /[^\0-\x7f]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

export function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
