/**
 * By which of its bytes each literal is found: up to four in a row, rare in harmless texts and shared with few others.
 */
import { frequencyOf } from '../rx/literal-cost.ts';
import { WINDOW_MAX } from '../match/windows.ts';

export interface ChosenWindow {
  readonly window: string;
  /** Where in the literal it ends. */
  readonly end: number;
}

/** Literals are in lower case and not empty. */
export function chooseWindows(literals: readonly string[]): readonly ChosenWindow[] {
  const holders = new Map<string, number>();
  for (const literal of literals) {
    for (const window of windowsOf(literal)) holders.set(window, (holders.get(window) ?? 0) + 1);
  }
  return literals.map((literal) => {
    let best: ChosenWindow | undefined;
    let bestCost = Infinity;
    for (const [at, window] of windowsOf(literal).entries()) {
      // One for being found at all, and one for each that is then compared.
      const cost = probabilityOf(window) * (1 + (holders.get(window) ?? 0));
      if (cost >= bestCost) continue;
      best = { window, end: at + window.length };
      bestCost = cost;
    }
    return best ?? { window: literal, end: literal.length };
  });
}

function windowsOf(literal: string): readonly string[] {
  if (literal.length <= WINDOW_MAX) return [literal];
  return Array.from({ length: literal.length - WINDOW_MAX + 1 }, (_, at) =>
    literal.slice(at, at + WINDOW_MAX),
  );
}

function probabilityOf(window: string): number {
  let probability = 1;
  for (let at = 0; at < window.length; at++) probability *= frequencyOf(window.charCodeAt(at));
  return probability;
}
