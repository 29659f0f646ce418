/**
 * Content-Disposition of a part: `form-data; name="a"; filename="b"` (RFC 7578 §4.2).
 *
 * Reads as ModSecurity does, which is as most servers do: single quotes quote too, `\"` and `\\` lose their backslash.
 * All of what servers disagree about is an error, which has the body inspected raw as well.
 */
import { hexByte } from '../transforms/characters.ts';
import type { FlagsBeingSet } from './multipart-flags.ts';

export interface Disposition {
  /** Every `name`; one that is well-formed has exactly one. */
  readonly names: readonly string[];
  /** Every `filename`. */
  readonly filenames: readonly string[];
  /** Every `filename*` (RFC 5987 §3.2), decoded. RFC 7578 §4.2 does not allow it: any is an error. */
  readonly extendedFilenames: readonly string[];
  readonly error: string | undefined;
}

/** More are an error. A real part has three. */
const PARAMETERS_MAX = 10;

interface Reader {
  readonly text: string;
  readonly flags: FlagsBeingSet;
  readonly names: string[];
  readonly filenames: string[];
  readonly extendedFilenames: string[];
  at: number;
  error: string | undefined;
}

export function readDisposition(text: string, flags: FlagsBeingSet): Disposition {
  const reader: Reader = {
    text,
    flags,
    names: [],
    filenames: [],
    extendedFilenames: [],
    at: typeEnd(text),
    error: undefined,
  };
  if (!/^form-data$/i.test(text.slice(0, reader.at))) reader.error = 'part is no form data';
  skipSpace(reader);
  for (let count = 0; reader.at < text.length; count++) {
    if (count === PARAMETERS_MAX) reader.error ??= 'part has too many parameters';
    if (count === PARAMETERS_MAX || !readParameter(reader)) break;
  }
  const { names, filenames, extendedFilenames } = reader;
  return { names, filenames, extendedFilenames, error: reader.error ?? errorOf(reader) };
}

/** What is wrong with a whole that was read to its end. */
function errorOf({ names, filenames, extendedFilenames }: Reader): string | undefined {
  if ((names[0] ?? '') === '') return 'part has no name';
  if (names.length > 1) return 'parameter name is given twice';
  if (filenames.length > 1) return 'parameter filename is given twice';
  if (extendedFilenames.length > 1) return 'parameter filename* is given twice';
  // Whoever knows it takes it instead of the other, or whichever comes last; an empty one makes the part a field.
  if (extendedFilenames.length > 0) return 'part has an extended file name';
  return undefined;
}

/** What the names say of a part: to which a server comes depends on which of them it knows and takes. */
export interface FileNames {
  /** Those that are not empty, in which case it may be a file. */
  readonly told: readonly string[];
  /** Whether it may be a field: there is no such name, or not everybody comes to the same. */
  readonly mayBeField: boolean;
}

export function fileNamesOf(disposition: Disposition | undefined): FileNames {
  const first = disposition?.filenames[0] ?? '';
  const all = [...(disposition?.filenames ?? []), ...(disposition?.extendedFilenames ?? [])];
  const told = all.filter((name) => name !== '');
  return { told, mayBeField: told.length === 0 || all.some((name) => name !== first) };
}

function typeEnd(text: string): number {
  const end = text.search(/[; \t]/);
  return end < 0 ? text.length : end;
}

/** Reads `; name=value` and the space behind it; false when it makes no sense to go on. */
function readParameter(reader: Reader): boolean {
  const { text } = reader;
  if (text.charCodeAt(reader.at) !== 0x3b) return stop(reader, 'parameter is malformed');
  reader.at++;
  skipSpace(reader);
  const start = reader.at;
  const equals = text.indexOf('=', start);
  if (equals < 0) return stop(reader, 'parameter is malformed');
  const name = text.slice(start, equals).replace(/[ \t]+$/, '');
  reader.at = equals + 1;
  skipSpace(reader);
  // Some servers do not take it with the space.
  if (reader.at > equals + 1 || name.length < equals - start) reader.error ??= 'parameter is malformed';
  return readValue(reader, name.toLowerCase());
}

function readValue(reader: Reader, name: string): boolean {
  if (name === 'filename*') return readExtended(reader);
  const quote = reader.text.charAt(reader.at);
  const isQuoted = quote === '"' || quote === "'";
  const value = isQuoted ? readQuoted(reader, quote) : readToken(reader);
  if (quote === "'" || (!isQuoted && value.includes("'"))) reader.flags.invalidQuoting = true;
  if (quote === "'") reader.error ??= 'parameter is in single quotes';
  if (name === 'name') reader.names.push(value);
  else if (name === 'filename') reader.filenames.push(value);
  else reader.error ??= 'part has an unknown parameter';
  skipSpace(reader);
  if (reader.at === reader.text.length || reader.text.charCodeAt(reader.at) === 0x3b) return true;
  const before = reader.text.charCodeAt(reader.at - 1);
  if (before === 0x22 || before === 0x27) reader.flags.invalidQuoting = true;
  return stop(reader, 'parameter is malformed');
}

function readToken(reader: Reader): string {
  const start = reader.at;
  const length = reader.text.slice(start).search(/[^!#$%&'*+.^_`{|}~0-9A-Za-z-]/);
  reader.at = length < 0 ? reader.text.length : start + length;
  if (reader.at === start) reader.error ??= 'parameter is malformed';
  return reader.text.slice(start, reader.at);
}

/**
 * Browsers write a quote as %22, older ones as `\"`; a name with a path of Windows has bare backslashes. All of these
 * are read in two ways by somebody.
 */
function readQuoted(reader: Reader, quote: string): string {
  const { text } = reader;
  const start = ++reader.at;
  let end = text.indexOf(quote, start);
  if (end >= 0 && !text.slice(start, end).includes('\\')) {
    reader.at = end + 1;
    return text.slice(start, end);
  }
  reader.error ??= 'quoted value is open or has a backslash';
  let value = '';
  for (end = start; end < text.length && text.charAt(end) !== quote; end++) {
    const next = text.charAt(end + 1);
    if (text.charAt(end) === '\\' && next !== '' && (next === quote || next === '\\')) end++;
    value += text.charAt(end);
  }
  reader.at = Math.min(end + 1, text.length);
  return value;
}

/** `charset'language'value`, the value percent-encoded. */
function readExtended(reader: Reader): boolean {
  const { text } = reader;
  const end = text.indexOf(';', reader.at);
  const whole = text.slice(reader.at, end < 0 ? text.length : end).trimEnd();
  reader.at = end < 0 ? text.length : end;
  const charsetEnd = whole.indexOf("'");
  const languageEnd = whole.indexOf("'", charsetEnd + 1);
  const charset = whole.slice(0, Math.max(charsetEnd, 0)).toLowerCase();
  const encoded = charsetEnd < 0 || languageEnd < 0 ? whole : whole.slice(languageEnd + 1);
  const isPlain = charset === 'utf-8' || charset === 'iso-8859-1';
  if (!isPlain || languageEnd < 0 || /[^!#$&+.^_`|~0-9A-Za-z%-]/.test(encoded))
    reader.error ??= 'extended parameter is malformed';
  reader.extendedFilenames.push(decodePercent(reader, encoded));
  return true;
}

function decodePercent(reader: Reader, text: string): string {
  let value = '';
  for (let at = 0; at < text.length; at++) {
    const byte = text.charAt(at) === '%' ? hexByte(text, at + 1) : -1;
    if (byte < 0 && text.charAt(at) === '%') reader.error ??= 'extended parameter is malformed';
    value += byte < 0 ? text.charAt(at) : String.fromCharCode(byte);
    if (byte >= 0) at += 2;
  }
  return value;
}

function stop(reader: Reader, error: string): false {
  reader.error ??= error;
  return false;
}

function skipSpace(reader: Reader): void {
  while (reader.text.charCodeAt(reader.at) === 0x20 || reader.text.charCodeAt(reader.at) === 0x09)
    reader.at++;
}
