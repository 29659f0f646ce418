/**
 * X-Forwarded-For: addresses with commas between them, each proxy adds its peer at the right. No standard says more.
 *
 * Taken: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, and with a port where it cannot be mistaken: `192.0.2.1:80`,
 * `[2001:db8::1]:80`, as some cloud balancers write it. All else is malformed, the empty element too.
 */
import { parseAddress, parseEndpoint } from '../net/address.ts';
import type { Hop, HopSyntax } from './hop.ts';

export const xForwardedForSyntax: HopSyntax = {
  header: 'X-Forwarded-For',
  // A start below 0 means 0 to lastIndexOf: without the test, the empty element before a leading comma would have no end.
  elementStart: (value, end) => (end === 0 ? 0 : value.lastIndexOf(',', end - 1) + 1),
  readElement: readXForwardedForElement,
};

export function readXForwardedForElement(text: string): Hop {
  const address = parseAddress(text.startsWith('[') && text.endsWith(']') ? bracketed(text) : text);
  if (address !== undefined) return { address, port: 0 };
  return parseEndpoint(text) ?? 'malformed';
}

/** What the brackets hold, if that is IPv6; IPv4 in brackets is nothing. */
function bracketed(text: string): string {
  return text.includes(':') ? text.slice(1, -1) : '';
}
