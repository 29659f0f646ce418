/**
 * One table for each workload, as text for a terminal or as Markdown: a row for each subject, the median over the
 * rounds, and behind a compared column the ratio to each baseline (`×haproxy 0.90`: ten percent less than HAProxy).
 */
import type { Outcome } from '../run.ts';
import type { Column } from '../workload.ts';
import type { Measured } from '../run.ts';
import { median, medianDifference, medianRatio, spread, valuesOf } from './statistics.ts';

/** Rows of cells; the first row is the head. The first column is text, the others are numbers. */
export type Grid = readonly (readonly string[])[];

/** Above this, somebody else used the proxy's core, and the figures of the row mean little. */
const OTHERS_PERCENT_MAX = 10;

export function toGrid(outcome: Outcome): Grid {
  const { columns, baselines } = outcome.workload;
  const shown = outcome.measured.filter((measured) =>
    measured.rounds.some((figures) => figures !== undefined),
  );
  const compared = shown.filter((measured) => baselines.includes(measured.label));
  const head = [''];
  for (const [at, column] of columns.entries()) head.push(...headOf(column, at, compared));
  const rows = shown.map((measured) => {
    const row = [measured.label];
    for (const [at, column] of columns.entries()) row.push(...cellsOf(column, at, measured, compared));
    return row;
  });
  return [head, ...rows];
}

/** What a reader of the table must know besides: failures, errors, disturbed rounds. */
export function toNotes(outcome: Outcome): string[] {
  const notes = [...outcome.leftOut, ...outcome.problems];
  for (const measured of outcome.measured) {
    const errors = valuesOf(measured, 'errors').reduce((sum, count) => sum + count, 0);
    if (errors > 0)
      notes.push(`${measured.label}: ${errors} failed requests or connections; do not trust its figures`);
    const others = median(valuesOf(measured, 'othersPercent'));
    if (others > OTHERS_PERCENT_MAX) {
      notes.push(
        `${measured.label}: others used ${others.toFixed(0)} % of the proxy's core; measure again in quiet`,
      );
    }
    const logBytes = valuesOf(measured, 'logBytes');
    if (logBytes.length > 0)
      notes.push(`${measured.label}: ${median(logBytes).toFixed(0)} bytes of log per request`);
  }
  return notes;
}

export function toText(grid: Grid): string {
  const widths = grid[0]!.map((_, at) => Math.max(...grid.map((row) => row[at]?.length ?? 0)));
  return grid
    .map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
    )
    .map((line) => `  ${line}\n`)
    .join('');
}

export function toMarkdown(grid: Grid): string {
  const [head = [], ...rows] = grid;
  const rule = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}

function headOf(column: Column, at: number, compared: readonly Measured[]): string[] {
  const head = [column.title];
  if (at === 0) head.push('±');
  if (column.isCompared) head.push(...compared.map((baseline) => `×${baseline.label}`));
  if (column.isSubtracted) head.push(...compared.map((baseline) => `added to ${baseline.label}`));
  return head;
}

function cellsOf(column: Column, at: number, measured: Measured, compared: readonly Measured[]): string[] {
  const values = valuesOf(measured, column.key);
  const cells = [format(median(values), column.digits)];
  if (at === 0) cells.push(`${format(100 * spread(values), 0)} %`);
  if (column.isCompared) {
    for (const baseline of compared) cells.push(format(medianRatio(measured, baseline, column.key), 2));
  }
  if (column.isSubtracted) {
    for (const baseline of compared) {
      cells.push(format(medianDifference(measured, baseline, column.key), column.digits));
    }
  }
  return cells;
}

function format(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '-';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
