/** Which form of line the options of the access log ask for. */
import { combinedFormat } from './combined-format.ts';
import type { LogFormat } from './format.ts';
import { haproxyFormat } from './haproxy-format.ts';
import { jsonFormat } from './json-format.ts';
import type { LogOptions } from './options.ts';
import { textFormat } from './text-format.ts';

/** `isTerminal`: standard output is one. */
export function accessFormat({ access, to }: LogOptions, isTerminal: boolean): LogFormat {
  // Colours are for a terminal alone: where lines go elsewhere too, they would be in the way there.
  if (wantsText(access, isTerminal)) return textFormat({ colour: isTerminal && to.join() === 'stdout' });
  if (access === 'combined') return combinedFormat();
  return access === 'haproxy' ? haproxyFormat() : jsonFormat();
}

/** Whether logs are for people. `auto` is, on a terminal. */
export function wantsText(access: LogOptions['access'], isTerminal: boolean): boolean {
  return access === 'text' || (access === 'auto' && isTerminal);
}
