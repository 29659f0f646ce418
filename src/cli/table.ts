/** Rows of text in columns, for a terminal. Cells are escaped here, wherever they came from. */
import { escapeForTerminal } from '../base/escape.ts';

export function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => escapeForTerminal(cell)));
  const widths: number[] = [];
  for (const row of safe) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  const lines = safe.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `  ${line}\n`).join('');
}

/** `1 visit`, `2 visits`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
