/** What is written down, in which form, and where. */
import type { OptionsOf } from '../base/option.ts';

/** `log` at the top of the configuration. */
export type LogOptions = OptionsOf<typeof logOptions>;

export const logOptions = {
  access: {
    kind: 'choice',
    values: ['auto', 'json', 'text', 'off'],
    default: 'auto',
    doc: 'The form of the access log, one line for each exchange. `auto` is `text` on a terminal and `json` elsewhere.',
  },
  to: {
    kind: 'path',
    words: ['stdout'],
    default: 'stdout',
    doc: 'Where the access log goes: `stdout`, or a file that is appended to.',
  },
  level: {
    kind: 'choice',
    values: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    doc: 'The least serious events of the program itself that are still written, to standard error.',
  },
} as const;
