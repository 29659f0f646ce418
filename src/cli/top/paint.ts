/**
 * Lines as what a terminal is sent. Only lines that have changed are sent again, all at once, so that nothing flickers.
 *
 * Text was escaped where it came in; here, at the last door, everything but printable ASCII and our own blocks is shown as
 * a question mark, so that no mistake there can command the terminal.
 */
import type { Line, Style } from './line.ts';

const ATTRIBUTES: Readonly<Record<Style, string>> = {
  plain: '',
  bold: '1',
  dim: '2',
  good: '',
  warn: '1',
  bad: '1',
  decoy: '1',
  heading: '4',
  bar: '7',
};
const COLOURS: Readonly<Record<Style, string>> = {
  ...ATTRIBUTES,
  good: '32',
  warn: '33',
  bad: '1;31',
  decoy: '35',
  heading: '2;4',
};

const UNSAFE = /[^ -~\u2500\u2581-\u2588]/g;

/** The alternate screen, without a cursor and without breaking lines at the edge. */
export const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
/** All of that undone. */
export const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Terminals that know this show everything in between at once; the others ignore it. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

export class Painter {
  readonly #styles: Readonly<Record<Style, string>>;
  #shown: readonly string[] = [];

  constructor(hasColour: boolean) {
    this.#styles = hasColour ? COLOURS : ATTRIBUTES;
  }

  /** What changes the screen as it was drawn last into these lines; empty when nothing has changed. */
  draw(lines: readonly Line[]): string {
    const texts = lines.map((line) => this.#textOf(line));
    const changed = texts.flatMap((text, row) =>
      text === this.#shown[row] ? [] : [`\x1b[${row + 1};1H${text}`],
    );
    this.#shown = texts;
    return changed.length === 0 ? '' : `${BEGIN}${changed.join('')}${END}`;
  }

  /** Forgets what is shown: the terminal has another size, or somebody has written over it. */
  clear(): string {
    this.#shown = [];
    return '\x1b[0m\x1b[2J';
  }

  #textOf(line: Line): string {
    return line
      .map(({ text, style }) => {
        const code = this.#styles[style];
        const safe = text.replace(UNSAFE, '?');
        return code === '' ? safe : `\x1b[${code}m${safe}\x1b[0m`;
      })
      .join('');
  }
}
