/**
 * Finds one cookie in the Cookie fields of a request (RFC 6265 §4.2.1), by offsets: nothing is cut out or decoded.
 *
 * Read as browsers write them and servers take them: pairs between semicolons, white space around a pair is no part of it,
 * the name ends at the first `=`, names are compared exactly. A pair without `=` has no name. The first pair of the name
 * counts, and several fields are read in order. A value in quotes is kept with its quotes, so a semicolon in them ends the
 * pair: that is what the RFC says, and what a server that reads it otherwise gets is what the client sent.
 */
import type { MessageHead } from './message-head.ts';
import { COOKIE } from './known-headers.ts';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Offsets of a pair in the text of its head. */
export interface CookiePlace {
  valueStart: number;
  valueEnd: number;
}

/** Looks for the cookie `name`; true when it is there, and `place` is then where. Without a Cookie field: one comparison. */
export function findCookie(head: MessageHead, name: string, place: CookiePlace): boolean {
  const { fields, text } = head;
  const first = fields.first(COOKIE);
  if (first === -1) return false;
  for (let index = first; index < fields.count; index++) {
    if (fields.id(index) !== COOKIE) continue;
    if (findPair(text, fields.valueStart(index), fields.valueEnd(index), name, place)) return true;
  }
  return false;
}

function findPair(text: string, start: number, end: number, name: string, place: CookiePlace): boolean {
  let at = start;
  while (at < end) {
    while (at < end && isSpace(text.charCodeAt(at))) at++;
    const pairEnd = endOfPair(text, at, end);
    const equals = at + name.length;
    if (equals < pairEnd && text.charCodeAt(equals) === EQUALS && text.startsWith(name, at)) {
      place.valueStart = equals + 1;
      place.valueEnd = trimmed(text, equals + 1, pairEnd);
      return true;
    }
    at = pairEnd + 1;
  }
  return false;
}

function endOfPair(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== SEMICOLON) at++;
  return at;
}

function trimmed(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
