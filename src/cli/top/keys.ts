/** What keys do: from what was chosen to what is chosen now. */
import type { Chosen, Pane } from './screen.ts';
import { PANES } from './screen.ts';

export type Key =
  | 'quit'
  | 'next-pane'
  | 'previous-pane'
  | 'sort'
  | 'sort-back'
  | 'pause'
  | 'slower'
  | 'faster'
  | 'help'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | Pane;

const KEYS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['q', 'quit'],
  ['Q', 'quit'],
  ['\x03', 'quit'],
  ['\t', 'next-pane'],
  ['\x1b[Z', 'previous-pane'],
  ['1', 'all'],
  ['2', 'listeners'],
  ['3', 'servers'],
  ['4', 'attackers'],
  ['s', 'sort'],
  ['S', 'sort-back'],
  ['p', 'pause'],
  [' ', 'pause'],
  ['+', 'faster'],
  ['=', 'faster'],
  ['-', 'slower'],
  ['?', 'help'],
  ['h', 'help'],
  ['k', 'up'],
  ['j', 'down'],
  ['\x1b[A', 'up'],
  ['\x1bOA', 'up'],
  ['\x1b[B', 'down'],
  ['\x1bOB', 'down'],
  ['\x1b[5~', 'page-up'],
  ['\x1b[6~', 'page-down'],
  ['\x1b[H', 'home'],
  ['\x1b[1~', 'home'],
  ['g', 'home'],
]);

/** A sequence of a terminal, or one character. */
const INPUT = /\x1b[[O][0-9;]*[A-Za-z~]|[^]/g;

/** The keys in what a terminal sent; what is none of ours is left out. */
export function keysIn(text: string): readonly Key[] {
  return Array.from(text.matchAll(INPUT), ([input]) => KEYS.get(input)).filter((key) => key !== undefined);
}

export const INTERVALS_MS: readonly number[] = [500, 1000, 2000, 5000, 10_000];
const PAGE = 10;

/** What is chosen after a key. `quit` is for who reads the keys. */
export function press(chosen: Chosen, key: Key, countOf: (pane: Pane) => number): Chosen {
  const { pane, sort, offset } = chosen;
  switch (key) {
    case 'quit':
      return chosen;
    case 'next-pane':
      return show(chosen, paneAt(PANES.indexOf(pane) + 1));
    case 'previous-pane':
      return show(chosen, paneAt(PANES.indexOf(pane) - 1));
    case 'all':
    case 'listeners':
    case 'servers':
    case 'attackers':
      return show(chosen, key);
    case 'sort':
    case 'sort-back': {
      // With all of them on the screen it is the servers that one has a question about.
      const sorted = pane === 'all' ? 'servers' : pane;
      const next = sort[sorted] + (key === 'sort' ? 1 : SORT_ROUND - 1);
      return { ...chosen, offset: 0, sort: { ...sort, [sorted]: next % SORT_ROUND } };
    }
    case 'pause':
      return { ...chosen, isPaused: !chosen.isPaused };
    case 'help':
      return { ...chosen, isHelp: !chosen.isHelp };
    case 'faster':
      return { ...chosen, intervalMs: intervalAt(chosen.intervalMs, -1) };
    case 'slower':
      return { ...chosen, intervalMs: intervalAt(chosen.intervalMs, 1) };
    case 'up':
      return move(chosen, offset - 1, countOf);
    case 'down':
      return move(chosen, offset + 1, countOf);
    case 'page-up':
      return move(chosen, offset - PAGE, countOf);
    case 'page-down':
      return move(chosen, offset + PAGE, countOf);
    case 'home':
      return { ...chosen, offset: 0 };
  }
}

/** Any number that all numbers of columns divide: 12, 12 and 7 of them are there. */
const SORT_ROUND = 84;

function show(chosen: Chosen, pane: Pane): Chosen {
  return { ...chosen, pane, offset: 0, isHelp: false };
}

function paneAt(index: number): Pane {
  return PANES[(index + PANES.length) % PANES.length] ?? 'all';
}

function move(chosen: Chosen, offset: number, countOf: (pane: Pane) => number): Chosen {
  return { ...chosen, offset: Math.max(0, Math.min(offset, countOf(chosen.pane) - 1)) };
}

function intervalAt(intervalMs: number, step: number): number {
  const index = INTERVALS_MS.indexOf(intervalMs);
  return INTERVALS_MS[index === -1 ? 1 : index + step] ?? intervalMs;
}
