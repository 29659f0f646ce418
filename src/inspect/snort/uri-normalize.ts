/**
 * The request target as Snort and as Suricata normalise it before rules look at it.
 *
 *     http://user@host:8080/a/%2e%2e//b\c?q=1+2%2541#top
 *     Suricata  path decoded once: /b/c       query decoded once: q=1+2%41
 *     Snort     path decoded twice: /b/c      query decoded twice, + a space: q=1 2A
 *
 * Both take `\` for `/` in the path and take out doubled slashes, `.` and `..` (Suricata: libhtp's settings of the
 * personality IDS, user guide "Configure HTTP (libhtp)"; Snort: manual "URI processing"). Of what the manuals leave open:
 *
 * - Letters keep their case, and NUL ends nothing.
 * - `%uXXXX` is decoded for Snort too, as the configuration of 2.9 does and that of 3 does not.
 * - `+` is a space in the query only. Old rules look for a plus in the path (`.asp+.htr`), where it is nothing special.
 * - UTF-8 becomes one byte where a server could take it for ASCII: overlong forms and forms of full width. For Snort,
 *   which has one byte for each encoded character, other characters become their low or best fitting byte.
 *
 * All of it is linear in the length. A target with nothing to normalise comes back as it is, after one scan.
 */
import { bestFitByte } from '../transforms/best-fit.ts';
import { foldFullWidth, hexByte, hexWord } from '../transforms/characters.ts';
import { lowercase } from '../transforms/case.ts';
import { copyBytes, outputFor, textOf } from '../transforms/scratch.ts';

export interface TargetParts {
  /** `none`: no form of a target; nothing of it is normalised. */
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk' | 'none';
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  /** Undefined where there is none; all as they came. */
  readonly path: string | undefined;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

export type TargetPart = Exclude<keyof TargetParts, 'form'>;

const TARGET_PARTS: ReadonlySet<string> = new Set<TargetPart>([
  'scheme',
  'host',
  'port',
  'path',
  'query',
  'fragment',
]);

export function isTargetPart(name: string): name is TargetPart {
  return TARGET_PARTS.has(name);
}

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const PLUS = 0x2b;
const BACKSLASH = 0x5c;

/** Takes a target apart (RFC 9112 §3.2). More tolerant than the front: whatever is there is shown to rules. */
export function splitTarget(method: string, target: string): TargetParts {
  if (method === 'CONNECT') return withAuthority('authority', undefined, target, undefined);
  if (target.charCodeAt(0) === SLASH) return withPath('origin', undefined, undefined, undefined, target);
  if (target === '*') return withPath('asterisk', undefined, undefined, undefined, undefined);
  const colon = target.indexOf('://');
  if (colon <= 0) return withPath('none', undefined, undefined, undefined, undefined);
  const end = authorityEnd(target, colon + 3);
  const scheme = lowercase(target.slice(0, colon));
  return withAuthority('absolute', scheme, target.slice(colon + 3, end), target.slice(end));
}

/** `http.uri` of Suricata: without scheme, host and port. A target of no known form as it came. */
export function normalizeSuricataUri(parts: TargetParts, target: string): string {
  if (parts.form !== 'origin' && parts.form !== 'absolute') return target;
  if (parts.form === 'origin' && isPlain(target, false)) return target;
  const path = simplifyPath(toSlashes(foldAscii(percentDecode(parts.path ?? '', false))));
  const query = parts.query === undefined ? '' : `?${percentDecode(parts.query, false)}`;
  return path + query + fragmentOf(parts);
}

/** `http_uri` of Snort without a part: path, query and fragment; host and port for CONNECT; else as it came. */
export function normalizeSnortUri(parts: TargetParts, target: string): string {
  if (parts.form === 'authority') return decodeSnort(target);
  if (parts.form !== 'origin' && parts.form !== 'absolute') return target;
  if (parts.form === 'origin' && isPlain(target, true)) return target;
  const query = parts.query === undefined ? '' : `?${decodeSnortQuery(parts.query)}`;
  const fragment = parts.fragment === undefined ? '' : `#${decodeSnort(parts.fragment)}`;
  return simplifySnortPath(parts.path ?? '') + query + fragment;
}

/** `http_uri: PART` of Snort 3. */
export function snortUriPart(parts: TargetParts, part: TargetPart): string | undefined {
  const value = parts[part];
  if (value === undefined || part === 'scheme' || part === 'port') return value;
  if (part === 'path') return simplifySnortPath(value);
  return part === 'query' ? decodeSnortQuery(value) : decodeSnort(value);
}

/**
 * True for a target that is a path (and query) of which every form and part above is the target or a slice of it. It stands
 * in `bytes` between these places, and behind it another byte.
 */
export function isPlainTarget(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || bytes[start] !== SLASH) return false;
  for (let at = start; at < end; at++) {
    const kind = KINDS[bytes[at]!]!; // There is a byte behind the end, and a kind for each.
    if (kind === USUAL) continue;
    if (kind !== SEPARATING || isOddBehindSlash(bytes[at + 1]!)) return false;
  }
  return true;
}

/** The percent-decoding of Snort, twice where the first made new escapes: headers, cookies and bodies get no more. */
export function decodeSnort(text: string): string {
  if (!text.includes('%')) return text;
  const once = percentDecode(text, true);
  return once.length === text.length || !once.includes('%') ? once : percentDecode(once, true);
}

/** Beyond so many escapes the whole text is decoded: a form has one every few bytes. */
const ESCAPES_MAX = 8;

/**
 * What decodeSnort makes of the text around each escape, a line for each stretch: whatever is in the decoded text and not
 * in this one holds a decoded byte. A stretch has `before` bytes ahead of each of these and `behind` behind it, or is the
 * whole text. Undefined where there is no escape.
 *
 * Nothing is lost at the ends of a stretch: an escape that the second pass finds holds a byte that the first has decoded.
 */
export function decodeSnortAround(text: string, before: number, behind: number): string | undefined {
  let escape = nextEscape(text, 0, true);
  if (escape < 0) return undefined;
  const stretches: string[] = [];
  const ahead = before + ESCAPE_BYTES_MAX;
  let start = Math.max(0, escape - ahead);
  let end = 0;
  for (let left = ESCAPES_MAX; escape >= 0; escape = nextEscape(text, escape + 1, true)) {
    if (left-- === 0) return decodeSnort(text);
    if (end > 0 && escape - ahead > end) {
      stretches.push(decodeSnort(text.slice(start, end)));
      start = escape - ahead;
    }
    end = escape + 2 * ESCAPE_BYTES_MAX + behind;
  }
  stretches.push(decodeSnort(text.slice(start, end)));
  return stretches.join('\n');
}

export function decodeSnortQuery(query: string): string {
  // The plus before the escapes: `%2b` is one.
  return decodeSnort(query.includes('+') ? query.replaceAll('+', ' ') : query);
}

/** The first parameter of this name in a query or form, decoded; undefined when there is none. */
export function parameterOf(pairs: string, name: string): string | undefined {
  let start = 0;
  while (start < pairs.length) {
    const found = pairs.indexOf('&', start);
    const end = found < 0 ? pairs.length : found;
    const equals = pairs.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (decodeSnortQuery(pairs.slice(start, nameEnd)) === name) {
      return decodeSnortQuery(pairs.slice(Math.min(nameEnd + 1, end), end));
    }
    start = end + 1;
  }
  return undefined;
}

/** An escape as `%uXXXX`, a character of UTF-8 as three of two digits. */
const ESCAPE_BYTES_MAX = 9;

/** Percent-decoding without a second pass: what `param` and Suricata do. `foldsUtf8`: encoded UTF-8 becomes bytes. */
export function percentDecode(text: string, foldsUtf8: boolean): string {
  let at = nextEscape(text, 0, foldsUtf8);
  if (at < 0) return text;
  const output = outputFor(text.length);
  let length = copyBytes(output, 0, text, 0, at);
  while (at < text.length) {
    const read = readEscape(text, at, foldsUtf8);
    output[length++] = read & 0xff;
    at += read >> 8;
    if (text.charCodeAt(at) === PERCENT) continue;
    const next = text.indexOf('%', at);
    const end = next < 0 ? text.length : next;
    length = copyBytes(output, length, text, at, end);
    at = end;
  }
  return textOf(output, length);
}

/** The first `%` from `start` on that is an escape: pictures have many that are none. */
function nextEscape(text: string, start: number, foldsUtf8: boolean): number {
  let at = text.indexOf('%', start);
  while (at >= 0 && readEscape(text, at, foldsUtf8) >> 8 === 1) at = text.indexOf('%', at + 1);
  return at;
}

/** The escape at `at`: how many characters it is, shifted by 8, and its byte. A malformed one is its `%`. */
function readEscape(text: string, at: number, foldsUtf8: boolean): number {
  const byte = hexByte(text, at + 1);
  if (byte >= 0) return foldsUtf8 && byte >= 0xc0 ? readEncodedUtf8(text, at, byte) : (3 << 8) | byte;
  const isWord = (text.charCodeAt(at + 1) | 0x20) === 0x75;
  const word = isWord ? hexWord(text, at + 2) : -1;
  return word >= 0 ? (6 << 8) | bestFitByte(word) : (1 << 8) | PERCENT;
}

/** Two or three escapes that are one character of UTF-8, overlong forms too; else only the first. */
function readEncodedUtf8(text: string, at: number, lead: number): number {
  const second = continuation(text, at + 3);
  if (lead < 0xe0 && second >= 0) return (6 << 8) | foldToByte(((lead & 0x1f) << 6) | second);
  const third = continuation(text, at + 6);
  if (lead >= 0xe0 && lead < 0xf0 && second >= 0 && third >= 0) {
    return (9 << 8) | foldToByte(((lead & 0x0f) << 12) | (second << 6) | third);
  }
  return (3 << 8) | lead;
}

/** The six bits of an encoded continuation byte, -1 where there is none. */
function continuation(text: string, at: number): number {
  const byte = text.charCodeAt(at) === PERCENT ? hexByte(text, at + 1) : -1;
  return byte >> 6 === 2 ? byte & 0x3f : -1;
}

function foldToByte(code: number): number {
  return code < 0x100 ? code : bestFitByte(code);
}

/** Characters of UTF-8 that are ASCII in disguise become that; all other bytes stay. */
function foldAscii(path: string): string {
  if (!/[\xc0-\xef]/.test(path)) return path;
  const output = outputFor(path.length);
  let length = 0;
  let at = 0;
  while (at < path.length) {
    const read = readDisguised(path, at);
    output[length++] = read & 0xff;
    at += read >> 8;
  }
  return textOf(output, length);
}

function readDisguised(path: string, at: number): number {
  const lead = path.charCodeAt(at);
  if (lead < 0xc0 || lead >= 0xf0) return (1 << 8) | lead;
  const second = path.charCodeAt(at + 1);
  if (second >> 6 !== 2) return (1 << 8) | lead;
  if (lead < 0xe0) {
    const code = ((lead & 0x1f) << 6) | (second & 0x3f);
    return code < 0x80 ? (2 << 8) | code : (1 << 8) | lead;
  }
  const third = path.charCodeAt(at + 2);
  if (third >> 6 !== 2) return (1 << 8) | lead;
  const code = foldFullWidth(((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f));
  return code < 0x80 ? (3 << 8) | code : (1 << 8) | lead;
}

function simplifySnortPath(path: string): string {
  return simplifyPath(toSlashes(decodeSnort(path)));
}

function toSlashes(path: string): string {
  return path.includes('\\') ? path.replaceAll('\\', '/') : path;
}

/** Takes out doubled slashes, `.`, and `..` with what it undoes; above the root there is nothing. */
function simplifyPath(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path;
  const output = outputFor(path.length);
  let length = 0;
  let at = 0;
  while (at < path.length) {
    const hasSlash = path.charCodeAt(at) === SLASH;
    while (path.charCodeAt(at) === SLASH) at++;
    const found = path.indexOf('/', at);
    const end = found < 0 ? path.length : found;
    const dots = hasSlash ? dotsOf(path, at, end) : 0;
    // Each byte that is taken back was written once.
    if (dots === 2) while (length > 0 && output[--length] !== SLASH);
    // `/a/.` and `/a/..` are directories: the slash stays.
    if (hasSlash && (dots === 0 || end === path.length)) output[length++] = SLASH;
    if (dots === 0) length = copyBytes(output, length, path, at, end);
    at = end;
  }
  return textOf(output, length);
}

/** 1 for the segment `.`, 2 for `..`, else 0. */
function dotsOf(path: string, start: number, end: number): number {
  if (end - start > 2 || path.charCodeAt(start) !== DOT) return 0;
  if (end - start === 1) return 1;
  return path.charCodeAt(start + 1) === DOT ? 2 : 0;
}

/** True when neither normalisation would change this target: no escape, no plus where it counts, no odd path. */
function isPlain(target: string, plusCounts: boolean): boolean {
  for (let at = 0; at < target.length; at++) {
    const kind = KINDS[target.charCodeAt(at) & 0xff]!; // One for each byte.
    if (kind === USUAL || (kind === BLANK && !plusCounts)) continue;
    if (kind !== SEPARATING || isOddBehindSlash(target.charCodeAt(at + 1))) return false;
  }
  return true;
}

function isOddBehindSlash(byte: number): boolean {
  return byte === SLASH || byte === DOT;
}

/** What a byte of a target is to normalising. */
const USUAL = 0;
/** Another follows that makes an odd path, or not. */
const SEPARATING = 1;
/** A blank in a query to Snort. */
const BLANK = 2;
/** An escape, a backslash, or a byte that may be folded. */
const ODD = 3;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === SLASH) return SEPARATING;
  if (byte === PLUS) return BLANK;
  return byte === PERCENT || byte === BACKSLASH || byte >= 0xc0 ? ODD : USUAL;
});

function withAuthority(
  form: TargetParts['form'],
  scheme: string | undefined,
  text: string,
  rest: string | undefined,
): TargetParts {
  const authority = text.slice(text.lastIndexOf('@') + 1);
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  if (colon < 0) return withPath(form, scheme, authority, undefined, rest);
  return withPath(form, scheme, authority.slice(0, colon), authority.slice(colon + 1), rest);
}

/** `rest` is path, query and fragment. All answers have one shape: they are made for every request. */
function withPath(
  form: TargetParts['form'],
  scheme: string | undefined,
  host: string | undefined,
  port: string | undefined,
  rest: string | undefined,
): TargetParts {
  if (rest === undefined) {
    return { form, scheme, host, port, path: undefined, query: undefined, fragment: undefined };
  }
  const hash = rest.indexOf('#');
  const end = hash < 0 ? rest.length : hash;
  const fragment = hash < 0 ? undefined : rest.slice(hash + 1);
  const question = rest.indexOf('?');
  const hasQuery = question >= 0 && question < end;
  const path = rest.slice(0, hasQuery ? question : end);
  const query = hasQuery ? rest.slice(question + 1, end) : undefined;
  return { form, scheme, host, port, path, query, fragment };
}

/** The first `/`, `?` or `#` from `start` on, or the end. */
function authorityEnd(target: string, start: number): number {
  const found = target.slice(start).search(/[/?#]/);
  return found < 0 ? target.length : start + found;
}

function fragmentOf(parts: TargetParts): string {
  return parts.fragment === undefined ? '' : `#${parts.fragment}`;
}
