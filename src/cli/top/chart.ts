/** Numbers over time as bars: one line of them, or several above each other. */

/** Eighths of a block, from nothing to all of it. */
const BLOCKS = [' ', '\u2581', '\u2582', '\u2583', '\u2584', '\u2585', '\u2586', '\u2587', '\u2588'];
const EIGHTHS = 8;
/** Where there are no blocks: nothing, some, and all. */
const PLAIN = [' ', '.', '.', '.', ':', ':', ':', '#', '#'];

/** The last `width` values, right-aligned. */
export function sparkline(values: readonly number[], width: number, hasBlocks: boolean): string {
  const shown = values.slice(-width);
  const top = Math.max(...shown, 1);
  return shown
    .map((value) => blockOf((value / top) * EIGHTHS, hasBlocks))
    .join('')
    .padStart(width);
}

/** The same in several rows, from the top one down, with the value that the top stands for. */
export function chart(
  values: readonly number[],
  size: { readonly columns: number; readonly rows: number; readonly hasBlocks: boolean },
): { readonly lines: readonly string[]; readonly top: number } {
  const shown = values.slice(-size.columns);
  const top = roundUp(Math.max(...shown, 1));
  const lines = Array.from({ length: size.rows }, (_, line) => {
    const below = (size.rows - 1 - line) * EIGHTHS;
    return shown
      .map((value) => blockOf((value / top) * size.rows * EIGHTHS - below, size.hasBlocks))
      .join('')
      .padStart(size.columns);
  });
  return { lines, top };
}

function blockOf(eighths: number, hasBlocks: boolean): string {
  const index = Math.max(0, Math.min(EIGHTHS, Math.round(eighths)));
  return (hasBlocks ? BLOCKS : PLAIN)[index] ?? ' ';
}

/** 1, 2 or 5 and zeros: what an axis may end at. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 2, 5]) if (factor * unit >= value) return factor * unit;
  return 10 * unit;
}
