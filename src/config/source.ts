/** The text of a configuration file, and where in it an offset lies. */

export interface Source {
  readonly file: string;
  readonly text: string;
  /** The offset of the first character of each line. */
  readonly lineStarts: readonly number[];
  /** What no message may show. Undefined as long as nobody knows where that is. */
  readonly secrets?: readonly Span[];
}

/** A part of the text, in offsets of UTF-16 units, half-open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters: an astral character is one. */
  readonly column: number;
  readonly lineStart: number;
  /** The line without its end. */
  readonly lineText: string;
}

export function makeSource(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

export function positionOf(source: Source, offset: number): Position {
  const { text, lineStarts } = source;
  const index = lineIndexOf(lineStarts, offset);
  const lineStart = lineStarts[index] ?? 0;
  const lineEnd = (lineStarts[index + 1] ?? text.length + 1) - 1;
  const lineText = text.slice(lineStart, lineEnd).replace(/\r$/, '');
  const column = countCharacters(text.slice(lineStart, Math.min(offset, lineEnd))) + 1;
  return { line: index + 1, column, lineStart, lineText };
}

/** Code points: what an editor calls a column, near enough. */
export function countCharacters(text: string): number {
  return Array.from(text).length;
}

/** The last line that starts at or before `offset`, by binary search. */
function lineIndexOf(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}
