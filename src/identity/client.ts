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
}
