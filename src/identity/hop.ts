/**
 * One element of a header that names clients: the address that some proxy saw, or why there is none to be had.
 */
import type { Endpoint } from '../net/address.ts';

export type Hop =
  /** Port 0 where none was told. */
  | Endpoint
  /** Not what the header's grammar allows. */
  | 'malformed'
  /** `unknown` of RFC 7239 §6.2, or an element without `for`. */
  | 'unknown'
  /** `_name` of RFC 7239 §6.3. */
  | 'obfuscated';

/** How one such header is cut and read. */
export interface HopSyntax {
  /** The header's usual spelling, for people. */
  readonly header: string;
  /** Where the element that ends at `end` starts: after the comma before it, or 0. */
  elementStart(value: string, end: number): number;
  /** Reads one element, without the optional whitespace around it. */
  readElement(text: string): Hop;
}
