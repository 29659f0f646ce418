/**
 * What of a request names its session: the address of its client, a header, a cookie, a part of its target. Found by
 * offsets in the head, so that hashing it allocates nothing.
 *
 *     address    the client, of IPv6 the /64: a customer has at least that, and takes a new address of it at will
 *     header     the first field of the name, whole
 *     cookie     the first cookie of the name
 *     path       what a server gets, up to "?"
 *     target     what a server gets, whole
 *     argument   the first argument of the name in the query, undecoded
 *
 * What is missing or empty is no key: all clients without one are not one session.
 */
import { findCookie } from '../http/cookies.ts';
import { knownHeaderOf, UNKNOWN_HEADER } from '../http/known-headers.ts';
import type { RequestHead } from '../http/request-head.ts';
import { FORM_ABSOLUTE } from '../http/target.ts';
import { networkKey, parseAddress } from '../net/address.ts';
import type { Seeker } from './algorithm.ts';
import { hashText } from '../base/hash.ts';

export type KeyKind = 'address' | 'header' | 'cookie' | 'path' | 'target' | 'argument';

/** Answer of `hash` for a request without the key. */
export const NO_KEY = -1;

const QUESTION = 0x3f;
const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const SLASH = 0x2f;

export class RequestKey {
  readonly #kind: KeyKind;
  readonly #name: string;
  readonly #headerId: number;
  /** Where the last key was found. */
  #text = '';
  readonly #place = { valueStart: 0, valueEnd: 0 };
  /** The last IPv6 address and its network: a connection asks for the same one again and again. */
  #lastAddress = '';
  #lastNetwork = '';

  /** `name` is that of the header, the cookie or the argument. */
  constructor(kind: KeyKind, name: string) {
    this.#kind = kind;
    this.#name = kind === 'header' ? name.toLowerCase() : name;
    this.#headerId = kind === 'header' ? knownHeaderOf(name) : UNKNOWN_HEADER;
  }

  /** Its hash, 0 to 2^32 - 1, or NO_KEY. */
  hash(seeker: Seeker): number {
    if (!this.find(seeker)) return NO_KEY;
    return hashText(this.#text, this.#place.valueStart, this.#place.valueEnd);
  }

  /** The hash of what `find` has just found, with a seed. */
  hashFound(seed: number): number {
    return hashText(this.#text, this.#place.valueStart, this.#place.valueEnd, seed);
  }

  /** True when the request has the key. */
  find(seeker: Seeker): boolean {
    if (this.#kind === 'address') return this.#found(this.#network(seeker.clientAddress), 0);
    const { head } = seeker;
    if (head === undefined) return false;
    this.#text = head.text;
    switch (this.#kind) {
      case 'header':
        return this.#findHeader(head);
      case 'cookie':
        return findCookie(head, this.#name, this.#place) && this.#place.valueStart < this.#place.valueEnd;
      case 'path':
      case 'target':
        return this.#findPath(head);
      case 'argument':
        return this.#findArgument(head);
    }
  }

  #found(text: string, start: number, end: number = text.length): boolean {
    this.#text = text;
    this.#place.valueStart = start;
    this.#place.valueEnd = end;
    return start < end;
  }

  #network(address: string): string {
    if (!address.includes(':')) return address;
    if (address === this.#lastAddress) return this.#lastNetwork;
    const parsed = parseAddress(address);
    this.#lastAddress = address;
    this.#lastNetwork = parsed === undefined ? '' : networkKey(parsed);
    return this.#lastNetwork;
  }

  #findHeader({ fields, text }: RequestHead): boolean {
    let index = 0;
    if (this.#headerId !== UNKNOWN_HEADER) index = fields.first(this.#headerId);
    else
      while (index < fields.count && !this.#isNamed(text, fields.nameStart(index), fields.nameEnd(index)))
        index++;
    if (index === -1 || index === fields.count) return false;
    return this.#found(text, fields.valueStart(index), fields.valueEnd(index));
  }

  #isNamed(text: string, start: number, end: number): boolean {
    const name = this.#name;
    if (end - start !== name.length) return false;
    for (let at = 0; at < name.length; at++) {
      const code = text.charCodeAt(start + at);
      const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
      if (lower !== name.charCodeAt(at)) return false;
    }
    return true;
  }

  #findPath(head: RequestHead): boolean {
    const start = pathStart(head);
    return this.#found(head.text, start, this.#kind === 'target' ? head.targetEnd : pathEnd(head, start));
  }

  #findArgument(head: RequestHead): boolean {
    const { text, targetEnd } = head;
    let at = pathEnd(head, pathStart(head)) + 1;
    while (at < targetEnd) {
      let end = at;
      while (end < targetEnd && text.charCodeAt(end) !== AMPERSAND) end++;
      const equals = at + this.#name.length;
      if (equals < end && text.charCodeAt(equals) === EQUALS && text.startsWith(this.#name, at))
        return this.#found(text, equals + 1, end);
      at = end + 1;
    }
    return false;
  }
}

/** Where the target begins as a server gets it: behind the authority, if there is one. */
function pathStart({ form, text, targetStart, targetEnd }: RequestHead): number {
  if (form !== FORM_ABSOLUTE) return targetStart;
  let at = text.indexOf('://', targetStart) + 3;
  while (at < targetEnd && text.charCodeAt(at) !== SLASH && text.charCodeAt(at) !== QUESTION) at++;
  return at;
}

function pathEnd({ text, targetEnd }: RequestHead, start: number): number {
  let at = start;
  while (at < targetEnd && text.charCodeAt(at) !== QUESTION) at++;
  return at;
}
