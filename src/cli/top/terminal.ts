/** The terminal of `sallyport top`: taken over as a whole, and given back as it was, however the program ends. */
import { writeSync } from 'node:fs';
import type { Line } from './line.ts';
import { ENTER, LEAVE, Painter } from './paint.ts';
import type { Size } from './screen.ts';

export class Terminal {
  readonly #painter: Painter;
  #isTaken = false;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    // https://no-color.org: whatever it is set to, unless it is empty.
    this.#painter = new Painter((environment['NO_COLOR'] ?? '') === '');
    this.#hasBlocks = /utf-?8/i.test(
      environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '',
    );
  }

  readonly #hasBlocks: boolean;

  get size(): Size {
    const { columns, rows } = process.stdout;
    return { columns: columns || 80, rows: rows || 24, hasBlocks: this.#hasBlocks };
  }

  /** Takes the terminal over. `onInput` gets what is typed, `onResize` hears of another size. */
  take(onInput: (text: string) => void, onResize: () => void): void {
    this.#isTaken = true;
    process.on('exit', () => this.giveBack());
    // Before Node.js prints the error, which would be on a screen that goes away.
    process.on('uncaughtExceptionMonitor', () => this.giveBack());
    for (const [signal, code] of SIGNALS) process.on(signal, () => process.exit(code));
    process.on('SIGCONT', () => {
      this.#write(`${ENTER}${this.#painter.clear()}`);
      onResize();
    });
    process.stdout.on('resize', () => {
      this.#write(this.#painter.clear());
      onResize();
    });
    // A terminal that is gone hears nothing: then there is nobody to draw for.
    process.stdout.on('error', () => process.exit(1));
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.setEncoding('latin1').on('data', (text: string) => onInput(text));
    process.stdin.on('end', () => process.exit(0));
    this.#write(ENTER);
  }

  draw(lines: readonly Line[]): void {
    this.#write(this.#painter.draw(lines));
  }

  giveBack(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    try {
      // What is written later than this may never be written.
      writeSync(process.stdout.fd, LEAVE);
    } catch {
      // The terminal is gone.
    }
  }

  #write(text: string): void {
    if (text !== '' && this.#isTaken) process.stdout.write(text);
  }
}

const SIGNALS: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
];
