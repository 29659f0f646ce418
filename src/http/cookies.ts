/**
 * Cookies by their names, in the fields of a head: found by offsets, cut out or changed where asked, never decoded.
 *
 * Requests (RFC 6265 §4.2.1) are read as browsers write them and servers take them: pairs between semicolons, white space
 * around a pair is no part of it, the name ends at the first `=`, names are compared exactly. A pair without `=` has no
 * name. The first pair of the name counts, and several fields are read in order. Quotes mean nothing, as in the RFC: a
 * semicolon within them ends the pair. In responses (§4.1.1) the pair is what comes before the first semicolon.
 */
import { COOKIE, SET_COOKIE } from './known-headers.ts';
import type { MessageHead } from './message-head.ts';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Offsets of a value in the text of its head. */
export interface CookiePlace {
  valueStart: number;
  valueEnd: number;
}

/** Looks for the cookie `name` of a request; true when it is there, and `place` is then where. */
export function findCookie(head: MessageHead, name: string, place: CookiePlace): boolean {
  const { fields, text } = head;
  const first = fields.first(COOKIE);
  if (first === -1) return false;
  for (let index = first; index < fields.count; index++) {
    if (fields.id(index) !== COOKIE) continue;
    const end = fields.valueEnd(index);
    for (let at = fields.valueStart(index); at < end; at = pairEnd(text, at, end) + 1) {
      if (isPairOf(text, at, end, name, place)) return true;
    }
  }
  return false;
}

/**
 * The Cookie fields of a request as they are after every cookie `name` was given to `change`: a value to have instead, or
 * undefined to leave the cookie out. Lines with their ends; undefined when the request has no such cookie.
 */
export function changeCookies(
  head: MessageHead,
  name: string,
  change: (value: string) => string | undefined,
): string | undefined {
  const place = { valueStart: 0, valueEnd: 0 };
  if (!findCookie(head, name, place)) return undefined;
  const { fields, text } = head;
  let lines = '';
  for (let index = fields.first(COOKIE); index < fields.count; index++) {
    if (fields.id(index) !== COOKIE) continue;
    const end = fields.valueEnd(index);
    const pairs: string[] = [];
    for (let at = fields.valueStart(index); at < end; at = pairEnd(text, at, end) + 1) {
      if (!isPairOf(text, at, end, name, place)) {
        const pair = text.slice(at, pairEnd(text, at, end)).trim();
        if (pair !== '') pairs.push(pair);
        continue;
      }
      const value = change(text.slice(place.valueStart, place.valueEnd));
      if (value !== undefined) pairs.push(`${name}=${value}`);
    }
    if (pairs.length > 0) lines += `Cookie: ${pairs.join('; ')}\r\n`;
  }
  return lines;
}

/**
 * The Set-Cookie fields of a response as they are after every one for the cookie `name` was given to `change`, as above.
 * Undefined when the response sets no such cookie.
 */
export function changeSetCookies(
  head: MessageHead,
  name: string,
  change: (value: string) => string | undefined,
): string | undefined {
  const { fields, text } = head;
  const first = fields.first(SET_COOKIE);
  if (first === -1) return undefined;
  const place = { valueStart: 0, valueEnd: 0 };
  let lines = '';
  let isThere = false;
  for (let index = first; index < fields.count; index++) {
    if (fields.id(index) !== SET_COOKIE) continue;
    const start = fields.valueStart(index);
    const end = fields.valueEnd(index);
    if (!isPairOf(text, start, end, name, place)) {
      lines += `Set-Cookie: ${text.slice(start, end)}\r\n`;
      continue;
    }
    isThere = true;
    const value = change(text.slice(place.valueStart, place.valueEnd));
    if (value !== undefined) lines += `Set-Cookie: ${name}=${value}${text.slice(place.valueEnd, end)}\r\n`;
  }
  return isThere ? lines : undefined;
}

/** True when the pair that begins at `start`, behind white space perhaps, is one of `name`; `place` is then its value. */
function isPairOf(text: string, start: number, end: number, name: string, place: CookiePlace): boolean {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  const equals = at + name.length;
  if (equals >= end || text.charCodeAt(equals) !== EQUALS || !text.startsWith(name, at)) return false;
  place.valueStart = equals + 1;
  place.valueEnd = pairEnd(text, equals + 1, end);
  while (place.valueEnd > place.valueStart && isSpace(text.charCodeAt(place.valueEnd - 1))) place.valueEnd--;
  return true;
}

/** The semicolon that ends the pair at `start`, or `end`. */
function pairEnd(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== SEMICOLON) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
