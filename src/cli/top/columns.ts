/** Tables of the screen: columns with a heading, as many as there is room for, and rows in an order that one can choose. */
import { escapeForTerminal } from '../../base/escape.ts';
import type { Line, Span, Style } from './line.ts';
import { fit, span } from './line.ts';

export interface Column<Row> {
  readonly heading: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  /** What rows are put in order by; texts from a to z, numbers from the largest. */
  readonly order: (row: Row) => string | number;
  readonly align: 'left' | 'right';
  /** Columns that are shown only where there is room: those of the highest number go first. */
  readonly rank: number;
  /** The most columns that it takes, unless there is room left. */
  readonly widthMax?: number;
}

const GAP = 2;

export interface TableView {
  readonly width: number;
  /** Rows besides the heading. */
  readonly height: number;
  readonly offset: number;
  /** Which column the rows are put in order by. */
  readonly sort: number;
}

/** The heading and `height` rows from `offset` on; the last of them says how many more there are. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  view: TableView,
): Line[] {
  const ordered = inOrder(columns, rows, view.sort);
  const offset = Math.min(view.offset, Math.max(0, ordered.length - view.height));
  const shown = ordered.slice(offset, offset + view.height);
  const cells = shown.map((row) => columns.map((column) => cellOf(column, row)));
  const chosen = choose(columns, cells, view.width);
  const lines = [
    lineOf(chosen, (index) => span(headingOf(columns, index, view.sort), 'heading'), view.width, 'heading'),
    ...cells.map((row) => lineOf(chosen, (index) => row[index] ?? span(''), view.width)),
  ];
  const hidden = ordered.length - offset - shown.length;
  if (hidden > 0 && lines.length > 1)
    lines[lines.length - 1] = fit([span(` and ${hidden + 1} more`, 'dim')], view.width);
  return lines;
}

function headingOf<Row>(columns: readonly Column<Row>[], index: number, sort: number): string {
  const heading = columns[index]?.heading ?? '';
  return index === sort % columns.length ? `${heading}*` : heading;
}

function inOrder<Row>(columns: readonly Column<Row>[], rows: readonly Row[], sort: number): Row[] {
  const by = columns[sort % columns.length]?.order;
  if (by === undefined) return [...rows];
  // Stable: rows that are equal keep the order of the configuration.
  return [...rows].sort((left, right) => {
    const [one, other] = [by(left), by(right)];
    if (typeof one === 'number' && typeof other === 'number') return other - one;
    return String(one) < String(other) ? -1 : Number(String(one) > String(other));
  });
}

function cellOf<Row>(column: Column<Row>, row: Row): Span {
  return span(escapeForTerminal(column.text(row)), column.style?.(row) ?? 'plain');
}

interface Chosen {
  readonly index: number;
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** Which columns there is room for, and how wide each is. */
function choose<Row>(
  columns: readonly Column<Row>[],
  cells: readonly (readonly Span[])[],
  width: number,
): readonly Chosen[] {
  const wanted = columns.map((column, index) => {
    const longest = Math.max(column.heading.length + 1, ...cells.map((row) => row[index]?.text.length ?? 0));
    return {
      index,
      full: longest,
      width: Math.min(longest, column.widthMax ?? longest),
      rank: column.rank,
      align: column.align,
    };
  });
  let kept = wanted;
  const total = (): number => kept.reduce((sum, one) => sum + one.width + GAP, 1 - GAP);
  while (kept.length > 1 && total() > width) {
    const worst = Math.max(...kept.map(({ rank }) => rank));
    kept = kept.filter((one) => one !== kept.findLast(({ rank }) => rank === worst));
  }
  // What is left goes to those that were cut.
  let left = width - total();
  return kept.map((one) => {
    const more = Math.max(0, Math.min(left, one.full - one.width));
    left -= more;
    return { index: one.index, width: one.width + more, align: one.align };
  });
}

function lineOf(
  chosen: readonly Chosen[],
  cell: (index: number) => Span,
  width: number,
  gapStyle: Style = 'plain',
): Line {
  const spans = chosen.flatMap(({ index, width: columns, align }, position): Span[] => {
    const { text, style } = cell(index);
    const shown = text.length > columns ? `${text.slice(0, Math.max(0, columns - 1))}~` : text;
    const gap = span(' '.repeat(position === 0 ? 1 : GAP), gapStyle);
    const padding = span(' '.repeat(columns - shown.length), gapStyle);
    return align === 'left' ? [gap, span(shown, style), padding] : [gap, padding, span(shown, style)];
  });
  return fit(spans, width);
}
