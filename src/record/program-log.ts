/**
 * What the program itself has to say: started, reloaded, a server went down, a log cannot be written.
 *
 * One line an event, as JSON or as text. Texts and values are escaped like everything else that is written: a server's
 * error message can hold what a client sent.
 */
import { wallNow } from '../base/clock.ts';
import { escapeForLog, escapeJson } from '../base/escape.ts';
import { cut } from './format.ts';
import { Timestamps } from './timestamp.ts';

/** From the least to the most serious. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What an event is about, by name, in the order in which it is shown. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface ProgramLogOptions {
  /** The least serious level that is written. */
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
}

/** Characters of a text or a value in a line. */
const TEXT_CHARS_MAX = 4096;

export class ProgramLog {
  readonly #write: (line: string) => void;
  readonly #format: ProgramLogOptions['format'];
  /** The least serious level that is written. */
  level: LogLevel;
  readonly #clock: () => number;
  readonly #timestamps = new Timestamps();

  /** `write` is given whole lines and must not throw. */
  constructor(write: (line: string) => void, options: ProgramLogOptions, clock: () => number = wallNow) {
    this.#write = write;
    this.#format = options.format;
    this.level = options.level;
    this.#clock = clock;
  }

  debug(text: string, fields?: LogFields): void {
    this.#log('debug', text, fields);
  }

  info(text: string, fields?: LogFields): void {
    this.#log('info', text, fields);
  }

  warn(text: string, fields?: LogFields): void {
    this.#log('warn', text, fields);
  }

  error(text: string, fields?: LogFields): void {
    this.#log('error', text, fields);
  }

  #log(level: LogLevel, text: string, fields: LogFields = {}): void {
    if (logLevels.indexOf(level) < logLevels.indexOf(this.level)) return;
    const line = this.#format === 'json' ? jsonLine : textLine;
    this.#write(line(this.#timestamps.format(this.#clock()), level, cut(text, TEXT_CHARS_MAX), fields));
  }
}

function jsonLine(time: string, level: LogLevel, text: string, fields: LogFields): string {
  const rest = Object.entries(fields).map(([name, value]) => `,"${escapeJson(name)}":${jsonValue(value)}`);
  return `{"time":"${time}","level":"${level}","text":"${escapeJson(text)}"${rest.join('')}}\n`;
}

function textLine(time: string, level: LogLevel, text: string, fields: LogFields): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${escapeForLog(name)}=${textValue(value)}`);
  // Our texts quote what they name, and this one stands in no quotes. A backslash comes out as \x5c, so each \x22 that
  // is there now was a quote.
  const message = escapeForLog(text).replaceAll('\\x22', '"');
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${rest.join('')}\n`;
}

function jsonValue(value: string | number | boolean): string {
  if (typeof value === 'string') return `"${escapeJson(cut(value, TEXT_CHARS_MAX))}"`;
  // NaN and the infinities are no JSON.
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

/** In quotes when it would not read as one word. */
function textValue(value: string | number | boolean): string {
  const text = escapeForLog(cut(String(value), TEXT_CHARS_MAX));
  return text === '' || /[ =]/.test(text) ? `"${text}"` : text;
}
