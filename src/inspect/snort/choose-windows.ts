/**
 * By which of its bytes each literal is found: up to four in a row, rare in harmless texts and shared with few others.
 */
import { WINDOW_MAX } from '../match/windows.ts';
import { isTypical } from './expected.ts';
import { chanceOf } from './letter-pairs.ts';

export interface ChosenWindow {
  readonly window: string;
  /** Where in the literal it ends. */
  readonly end: number;
}

/** Literals are in lower case and not empty; a window of each ends at `endMax` of it or before. */
export function chooseWindows(
  literals: readonly string[],
  endMax: (literal: string) => number,
): readonly ChosenWindow[] {
  const holders = new Map<number, number>();
  for (const literal of literals) {
    for (let at = 0; at + WINDOW_MAX <= literal.length; at++) {
      const window = bytesAt(literal, at);
      holders.set(window, (holders.get(window) ?? 0) + 1);
    }
  }
  return literals.map((literal) => {
    const last = Math.min(literal.length, endMax(literal));
    let best = 0;
    let bestCost = Infinity;
    for (let at = 0; at + WINDOW_MAX <= last; at++) {
      const cost = costAt(literal, at, holders.get(bytesAt(literal, at)) ?? 0);
      if (cost >= bestCost) continue;
      best = at;
      bestCost = cost;
    }
    const end = Math.min(best + WINDOW_MAX, literal.length);
    return { window: literal.slice(best, end), end };
  });
}

/** Places of a text at which a window that is in most harmless texts could as well be for all that its bytes say. */
const TYPICAL_CHANCE = 1 / 64;

/** What is in every request line. */
const EVERYWHERE = ' http/1.1';

/** One for being found at all, and one for each that is then compared; what is found anyway had better be one place for all. */
function costAt(literal: string, at: number, holders: number): number {
  const window = literal.slice(at, at + WINDOW_MAX);
  if (EVERYWHERE.includes(window)) return 1 + 1 / holders;
  const chance = chanceOf(literal, at, at + WINDOW_MAX);
  return (isTypical(window) ? Math.max(TYPICAL_CHANCE, chance) : chance) * (1 + holders);
}

/** Four bytes as a number. */
function bytesAt(literal: string, at: number): number {
  return (
    (literal.charCodeAt(at) << 24) |
    (literal.charCodeAt(at + 1) << 16) |
    (literal.charCodeAt(at + 2) << 8) |
    literal.charCodeAt(at + 3)
  );
}
