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
import { copyBytes, outputFor, textOf } from './scratch.ts';

export function replaceComments(value: string): string {
  let open = value.indexOf('/*');
  if (open < 0) return value;
  const output = outputFor(value.length);
  let length = 0;
  let at = 0;
  for (; open >= 0; open = value.indexOf('/*', at)) {
    length = copyBytes(output, length, value, at, open);
    output[length++] = 0x20;
    const close = value.indexOf('*/', open + 2);
    at = close < 0 ? value.length : close + 2;
  }
  return textOf(output, copyBytes(output, length, value, at, value.length));
}

export function removeComments(value: string): string {
  if (!/\/\*|--|#/.test(value)) return value;
  const output = outputFor(value.length);
  let length = 0;
  let at = 0;
  while (at < value.length) {
    const opener = openerLength(value, at);
    if (opener === 0) {
      if (value.charCodeAt(at) === 0x23 || startsDashes(value, at)) break;
      output[length++] = value.charCodeAt(at++);
      continue;
    }
    const end = findCloser(value, at + opener);
    if (end < 0) {
      output[length++] = 0x20;
      break;
    }
    output[length++] = end < value.length ? value.charCodeAt(end) : 0;
    at = end + 1;
  }
  return textOf(output, length);
}

/** The length of the mark at `at` that opens a comment, 0 when there is none. */
function openerLength(value: string, at: number): number {
  if (value.charCodeAt(at) === 0x2f && value.charCodeAt(at + 1) === 0x2a) return 2;
  return value.charCodeAt(at) === 0x3c && value.startsWith('<!--', at) ? 4 : 0;
}

function startsDashes(value: string, at: number): boolean {
  return value.charCodeAt(at) === 0x2d && value.charCodeAt(at + 1) === 0x2d;
}

/** Where the first closing mark from `start` on ends; -1 when there is none. Either mark closes either comment. */
function findCloser(value: string, start: number): number {
  for (let at = start; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (byte === 0x2a && value.charCodeAt(at + 1) === 0x2f) return at + 2;
    if (byte === 0x2d && value.startsWith('-->', at)) return at + 3;
  }
  return -1;
}

export function removeCommentsChar(value: string): string {
  if (!/\/\*|\*\/|--|#/.test(value)) return value;
  const output = outputFor(value.length);
  let length = 0;
  let at = 0;
  while (at < value.length) {
    const mark = markLength(value, at);
    if (mark === 0) output[length++] = value.charCodeAt(at++);
    else at += mark;
  }
  return textOf(output, length);
}

/** The length of the mark at `at`, 0 when there is none. The longest one counts: `<!--` holds `--`. */
function markLength(value: string, at: number): number {
  const next = value.charCodeAt(at + 1);
  switch (value.charCodeAt(at)) {
    case 0x23: // #
      return 1;
    case 0x2a: // Star, slash.
      return next === 0x2f ? 2 : 0;
    case 0x2d: // -- and -->
      return next !== 0x2d ? 0 : value.charCodeAt(at + 2) === 0x3e ? 3 : 2;
    case 0x2f: // Slash, star.
      return next === 0x2a ? 2 : 0;
    case 0x3c: // <!--
      return value.startsWith('<!--', at) ? 4 : 0;
    default:
      return 0;
  }
}
