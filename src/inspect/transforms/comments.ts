/**
 * `replaceComments`, `removeComments`, `removeCommentsChar`.
 *
 * replaceComments. Description: each C comment becomes one space, an open one at the end too.
 * Example: `UNION/ * x * /SELECT` (without the spaces) becomes `UNION SELECT`.
 *
 * removeComments. Description: removes C and HTML comments, and everything from `--` or `#` to the end. As ModSecurity
 * does, the byte behind a closed comment is copied without being looked at, and is NUL at the end of the value.
 *
 * removeCommentsChar. Description: removes only the marks of comments, so that what is inside them is inspected.
 */
import { ByteOutput } from './byte-output.ts';

export function replaceComments(value: string): string {
  if (!value.includes('/*')) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  for (let open = value.indexOf('/*'); open >= 0; open = value.indexOf('/*', at)) {
    output.pushText(value.slice(at, open));
    output.push(0x20);
    const close = value.indexOf('*/', open + 2);
    at = close < 0 ? value.length : close + 2;
  }
  output.pushText(value.slice(at));
  return output.text();
}

const CLOSERS = ['*/', '-->'] as const;

export function removeComments(value: string): string {
  if (!/\/\*|<!--|--|#/.test(value)) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    const opener = value.startsWith('/*', at) ? 2 : value.startsWith('<!--', at) ? 4 : 0;
    if (opener === 0) {
      if (value.charCodeAt(at) === 0x23 || value.startsWith('--', at)) break;
      output.push(value.charCodeAt(at++));
      continue;
    }
    const end = findCloser(value, at + opener);
    if (end < 0) {
      output.push(0x20);
      break;
    }
    output.push(end < value.length ? value.charCodeAt(end) : 0);
    at = end + 1;
  }
  return output.text();
}

/** Where the first closing mark from `start` on ends; -1 when there is none. Either mark closes either comment. */
function findCloser(value: string, start: number): number {
  for (let at = start; at < value.length; at++) {
    const closer = CLOSERS.find((mark) => value.startsWith(mark, at));
    if (closer !== undefined) return at + closer.length;
  }
  return -1;
}

/** Longer marks first: `<!--` holds `--`. */
const MARKS = ['<!--', '-->', '/*', '*/', '--', '#'] as const;

export function removeCommentsChar(value: string): string {
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    const mark = MARKS.find((candidate) => value.startsWith(candidate, at));
    if (mark === undefined) output.push(value.charCodeAt(at++));
    else at += mark.length;
  }
  return output.text();
}
