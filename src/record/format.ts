/** What the access log asks of a form of line: JSON for machines, text for people. */
import type { ExchangeRecord } from '../proxy/exchange-record.ts';

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
