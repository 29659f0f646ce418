/**
 * Who is on the other end of a connection or an exchange, how that is known, and why.
 */
import type { ProxyHeader } from '../net/proxy-protocol/header.ts';

/** How the client's address came to be known. */
export type IdentifiedBy =
  | 'socket'
  | 'proxy-v1'
  | 'proxy-v2'
  /** A PROXY header said LOCAL or UNKNOWN: the peer speaks for itself. */
  | 'proxy-local'
  | 'forwarded'
  | 'x-forwarded-for';

/** One element of a header that names clients, as the walk saw it. */
export interface SeenHop {
  /** As it came, latin1, cut at ELEMENT_CHARS_MAX of client-header.ts. */
  readonly element: string;
  /** The address in it, canonical text, or why there is none: `malformed`, `unknown`, `obfuscated`. */
  readonly address: string;
}

export interface Client {
  /** Canonical text (RFC 5952; IPv4-mapped addresses collapsed to IPv4). Empty for a UNIX address. */
  readonly address: string;
  /** 0 when it is not known, as behind X-Forwarded-For. */
  readonly port: number;
  readonly by: IdentifiedBy;
  /** One sentence for people: which setting and which bytes decided. Printable ASCII. */
  readonly because: string;
  /** True when `address` is in `identity.trust`: its word about others counts, and it is never marked. */
  readonly isTrusted: boolean;
  /** The other end of the TCP connection, canonical text. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** The PROXY header that began the connection, with its destination and TLVs. */
  readonly proxyHeader: ProxyHeader | undefined;
  /** The elements of the client's header that were looked at, the nearest first; not there where none was. */
  readonly hops?: readonly SeenHop[];
}
