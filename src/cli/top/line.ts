/** A line of the screen: pieces of text, each in a style. What a style looks like is paint.ts' affair. */

export type Style = 'plain' | 'bold' | 'dim' | 'good' | 'warn' | 'bad' | 'decoy' | 'heading' | 'bar';

export interface Span {
  /** Printable, one column a character: whatever came from elsewhere is escaped before it comes here. */
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

export function widthOf(line: Line): number {
  return line.reduce((width, { text }) => width + text.length, 0);
}

/** The line in exactly `width` columns: cut, or filled up in the style of its last piece. */
export function fit(line: Line, width: number): Line {
  const fitted: Span[] = [];
  let left = width;
  for (const { text, style } of line) {
    if (left === 0) break;
    fitted.push({ text: text.slice(0, left), style });
    left -= Math.min(left, text.length);
  }
  const last = line.at(-1)?.style;
  if (left > 0)
    fitted.push({ text: ' '.repeat(left), style: last === 'bar' || last === 'heading' ? last : 'plain' });
  return fitted;
}

/** `left` at the left end and `right` at the right one; where both have no room, `right` is left out. */
export function spread(left: Line, right: Line, width: number, style: Style = 'plain'): Line {
  const gap = width - widthOf(left) - widthOf(right);
  if (gap < 1) return fit(left, width);
  return [...left, span(' '.repeat(gap), style), ...right];
}

/** What a line says, without its looks. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}
