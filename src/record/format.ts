/** What the access log asks of a form of line, and how long its texts may be. */
import type { ExchangeRecord } from '../proxy/exchange-record.ts';

/** Bytes of a request target in a line: the default bound of targets, so that it is cut only where that was raised. */
export const TARGET_CHARS_MAX = 8192;
/** Bytes of any other text. */
export const TEXT_CHARS_MAX = 1024;

export interface LogFormat {
  /** One line in printable ASCII (colours aside), with its line feed. */
  record(record: ExchangeRecord): string;
  /** The line that stands for `count` lines which were not written. */
  dropped(count: number, atMs: number): string;
}

/** The beginning of `text`, and how many characters there were after it. */
export function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}[+${text.length - charsMax}]`;
}
