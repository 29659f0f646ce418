/**
 * Forwarded (RFC 7239): elements with commas between them, each proxy adds one at the right.
 *
 *     for=192.0.2.43;proto=https, for="[2001:db8:cafe::17]:4711";by=_gateway
 *
 * The attack here is the cut quote: a client sends `for="x`, the trusted proxy adds `, for=192.0.2.1`, and who reads
 * from the left finds one broken string and loses the client's address. Elements are therefore cut from the right. A
 * well-formed element read backwards has one reading only (a quote inside a string follows an odd number of
 * backslashes, the others do not), so what the last proxy wrote is found whatever stands to its left.
 *
 * Elements are then read strictly by RFC 7239 §4, except that spaces around `;` are passed over: many proxies write
 * them, and they cannot change what is read.
 */
import { parseAddress, parsePort } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import type { Hop, HopSyntax } from './hop.ts';

export const forwardedSyntax: HopSyntax = {
  header: 'Forwarded',
  elementStart: forwardedElementStart,
  readElement: readForwardedElement,
};

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** token "=" ( token / quoted-string ), then optional whitespace and `;` or the end (RFC 7239 §4, RFC 9110 §5.6). */
const PAIR =
  /([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)")[ \t]*(?:;[ \t]*|$)/y;

/** node-port: a port or `_obfuscated` (RFC 7239 §6). */
const OBFUSCATED = /^_[A-Za-z0-9._-]+$/;

/** Where the element that ends at `end` starts. A string that is not closed to the left belongs to the element whole. */
export function forwardedElementStart(value: string, end: number): number {
  let isQuoted = false;
  for (let index = end - 1; index >= 0; index--) {
    const code = value.charCodeAt(index);
    if (code === QUOTE) {
      // The quote that ends a string may follow a pair of backslashes, and one inside of it follows an odd number.
      if (!isQuoted || !isEscaped(value, index)) isQuoted = !isQuoted;
    } else if (code === COMMA && !isQuoted) {
      return index + 1;
    }
  }
  return 0;
}

/** Reads one forwarded-element and gives the node of its `for` parameter; two of them make it malformed. */
export function readForwardedElement(text: string): Hop {
  if (text === '') return 'malformed';
  let node: string | undefined;
  let at = 0;
  while (at < text.length) {
    // Pairs may be empty: `for=192.0.2.1;` and `;;` are in the grammar.
    if (text[at] === ';') {
      at = skipSpaces(text, at + 1);
      continue;
    }
    PAIR.lastIndex = at;
    const match = PAIR.exec(text);
    if (match === null) return 'malformed';
    const [whole, name = '', token, quoted = ''] = match;
    if (name.toLowerCase() === 'for') {
      if (node !== undefined) return 'malformed';
      node = token ?? quoted.replace(/\\(.)/gs, '$1');
    }
    at += whole.length;
  }
  return node === undefined ? 'unknown' : readNode(node);
}

/** RFC 7239 §6: nodename [ ":" node-port ], the quotes already taken off. */
function readNode(node: string): Hop {
  const bracket = node.lastIndexOf(']');
  const colon = node.indexOf(':', bracket + 1);
  const name = colon < 0 ? node : node.slice(0, colon);
  const port = colon < 0 ? 0 : readPort(node.slice(colon + 1));
  if (port === undefined) return 'malformed';
  if (name.toLowerCase() === 'unknown') return 'unknown';
  if (OBFUSCATED.test(name)) return 'obfuscated';
  return readAddress(name, port) ?? 'malformed';
}

/** IPv4 as it is, IPv6 in brackets. */
function readAddress(name: string, port: number): Endpoint | undefined {
  const isBracketed = name.startsWith('[') && name.endsWith(']');
  if (name.includes(':') !== isBracketed) return undefined;
  const address = parseAddress(isBracketed ? name.slice(1, -1) : name);
  return address === undefined ? undefined : { address, port };
}

/** A hidden port is a port that is not known. */
function readPort(text: string): number | undefined {
  return OBFUSCATED.test(text) ? 0 : parsePort(text);
}

/** True when an odd number of backslashes stands before `index`. */
function isEscaped(value: string, index: number): boolean {
  let start = index;
  while (start > 0 && value.charCodeAt(start - 1) === BACKSLASH) start--;
  return (index - start) % 2 === 1;
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}
