/**
 * Who the client of an exchange is when trusted proxies pass requests on: one chosen header, walked from the right.
 *
 *     X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.2        connection from 10.0.0.1, trust 10.0.0.0/8
 *                      forged   client       trusted
 *
 * Each proxy writes at the right end whom it saw. So the last element is the word of the connection's own client, and
 * an element is worth as much as the address to its right that wrote it: the walk goes on only through trusted ones.
 * The first address that is not trusted is the client; what stands to its left is its own invention. An element that
 * names no address stops the walk, and the last address before it counts.
 *
 * Hot: one test, and nothing allocated, where the header is off or the client is not trusted.
 */
import { escapeForLog } from '../base/escape.ts';
import type { Endpoint } from '../net/address.ts';
import type { Client, SeenHop } from './client.ts';
import { forwardedSyntax } from './forwarded.ts';
import type { Hop, HopSyntax } from './hop.ts';
import type { IdentityOptions } from './options.ts';
import { xForwardedForSyntax } from './x-forwarded-for.ts';

type HeaderOptions = Pick<IdentityOptions, 'clientHeader' | 'trust'>;

/** Elements that are looked at. A chain of so many trusted proxies is a loop or an attack. */
export const ELEMENTS_MAX = 64;

/** Longer elements are malformed; a Forwarded element with all four parameters has some 200. */
export const ELEMENT_CHARS_MAX = 512;

/** Bytes of an element that `because` shows. */
const SHOWN_CHARS_MAX = 64;

const SYNTAXES: Readonly<Record<Exclude<IdentityOptions['clientHeader'], 'off'>, HopSyntax>> = {
  forwarded: forwardedSyntax,
  'x-forwarded-for': xForwardedForSyntax,
};

/** Whether the header that options.clientHeader names is to be looked at for this client at all. */
export function readsClientHeader(options: HeaderOptions, connectionClient: Client): boolean {
  return options.clientHeader !== 'off' && connectionClient.isTrusted;
}

/**
 * Who the client of an exchange is. `values` are all field values of the header that options.clientHeader names, in the
 * order of arrival, latin1. Returns `connectionClient` itself when the header is not to be looked at or is not there.
 */
export function identifyExchange(
  options: HeaderOptions,
  connectionClient: Client,
  values: readonly string[],
): Client {
  const { clientHeader } = options;
  if (clientHeader === 'off' || !connectionClient.isTrusted || values.length === 0) return connectionClient;
  const walk = walkHops(SYNTAXES[clientHeader], options, values);
  const because = explain(SYNTAXES[clientHeader].header, walk, connectionClient.address);
  if (walk.found === undefined) return { ...connectionClient, because, hops: walk.hops };
  const { address, port } = walk.found;
  return {
    ...connectionClient,
    address: address.text,
    port,
    by: clientHeader,
    because,
    isTrusted: walk.end !== 'untrusted',
    hops: walk.hops,
  };
}

/** How far the walk came. */
interface Walk {
  /** The last address that was read; undefined when the first element named none. */
  readonly found: Endpoint | undefined;
  /** Why it ended: the address found is not trusted, nothing was left, the bound, or an element without an address. */
  readonly end: 'untrusted' | 'exhausted' | 'bound' | Exclude<Hop, Endpoint>;
  /** The element where it ended, and its number from the right, from 1. */
  readonly element: string;
  readonly count: number;
  /** All that were read. */
  readonly hops: readonly SeenHop[];
}

function walkHops(syntax: HopSyntax, options: HeaderOptions, values: readonly string[]): Walk {
  let found: Endpoint | undefined;
  let element = '';
  let count = 0;
  const hops: SeenHop[] = [];
  // Several fields are one list (RFC 9110 §5.3), yet each is read on its own: a quote that is open at the end of one
  // must not swallow the next.
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index] ?? '';
    let start = value.length + 1;
    while (start > 0) {
      if (count === ELEMENTS_MAX) return { found, end: 'bound', element, count, hops };
      const end = start - 1;
      start = syntax.elementStart(value, end);
      element = trimSpaces(value, start, end);
      count++;
      const hop = element.length > ELEMENT_CHARS_MAX ? 'malformed' : syntax.readElement(element);
      hops.push({
        element: element.slice(0, ELEMENT_CHARS_MAX),
        address: typeof hop === 'string' ? hop : hop.address.text,
      });
      if (typeof hop === 'string') return { found, end: hop, element, count, hops };
      found = hop;
      if (!options.trust.has(hop.address)) return { found, end: 'untrusted', element, count, hops };
    }
  }
  return { found, end: 'exhausted', element, count, hops };
}

/** `value` from start to end without spaces and tabs around it: OWS of RFC 9110 §5.6.3. */
function trimSpaces(value: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(value.charCodeAt(from))) from++;
  while (to > from && isSpace(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function explain(header: string, walk: Walk, connectionAddress: string): string {
  const where = `element ${walk.count} of ${header} from the right, "${shown(walk.element)}",`;
  const last = walk.found?.address.text ?? connectionAddress;
  switch (walk.end) {
    case 'untrusted':
      return `${where} is the first address that is not in identity.trust`;
    case 'exhausted':
      return `${where} is the last one, and every address is in identity.trust`;
    case 'bound':
      return `${where} is where the reading ends: no more than ${ELEMENTS_MAX} elements are looked at`;
    case 'malformed':
      return `${where} is malformed, so ${last} before it is the client`;
    case 'unknown':
      return `${where} does not name its client, so ${last} before it is the client`;
    case 'obfuscated':
      return `${where} hides its client, so ${last} before it is the client`;
  }
}

function shown(element: string): string {
  if (element.length <= SHOWN_CHARS_MAX) return escapeForLog(element);
  return `${escapeForLog(element.slice(0, SHOWN_CHARS_MAX))}...`;
}
