/**
 * What a configuration, or a spoofer, needs of the host: which connections go out with an address that the host does not
 * have, and which listeners take connections to addresses that it does not have.
 */
import type { Address, Endpoint } from '../../net/address.ts';
import type { Cidr } from '../../net/cidr.ts';

export interface Needs {
  readonly sources: readonly SourceNeed[];
  readonly networks: readonly NetworkNeed[];
  readonly listeners: readonly ListenNeed[];
}

/** Connections to a server that begin at the client's address. Its replies have to come back to us. */
export interface SourceNeed {
  readonly server: Endpoint;
  readonly transport: Transport;
  /** The mark that our socket has (SO_MARK); 0 for none. */
  readonly mark: number;
  /** Who needs it: a path in the configuration, or an option of the spoofer. */
  readonly by: string;
}

/**
 * The same, to servers whose addresses are not known beforehand: those that a client wants, or those that a name has. It
 * is for servers elsewhere.
 */
export interface NetworkNeed {
  readonly network: Cidr;
  /** 0 for any. */
  readonly port: number;
  readonly transport: Transport;
  readonly mark: number;
  readonly by: string;
}

/** A listener of addresses that the host does not have. */
export interface ListenNeed {
  /** Every address of the family where it is the unspecified one. */
  readonly bind: Endpoint;
  readonly by: string;
}

export type Transport = 'tcp' | 'udp';
export type Family = Address['family'];

export const FAMILIES: readonly Family[] = [4, 6];

export function isEmpty(needs: Needs): boolean {
  return needs.sources.length + needs.networks.length + needs.listeners.length === 0;
}
