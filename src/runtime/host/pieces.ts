/** What a plan is made of: single things that the host has or has not. */
import type { Address, Endpoint } from '../../net/address.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { Family, Transport } from './needs.ts';

export type Piece = FilterPiece | RulePiece | RoutePiece | SysctlPiece;

interface Explained {
  /** One sentence for people. */
  readonly why: string;
  /** Who needs it: paths in the configuration, or options. */
  readonly by: readonly string[];
}

/** A rule of the packet filter, in the form of nftables or of iptables. */
export interface FilterPiece extends Explained {
  readonly kind: 'filter';
  readonly filter: Filter;
}

export type Filter =
  /** Marks what a server sends to one of our sockets. */
  | { readonly do: 'divert-reply'; readonly server: Endpoint; readonly transport: Transport }
  /** The same for every server of a network; port 0 is any. */
  | {
      readonly do: 'divert-network';
      readonly network: Cidr;
      readonly port: number;
      readonly transport: Transport;
    }
  /** Marks what a client sends on a connection that a transparent listener has accepted. */
  | { readonly do: 'divert-client'; readonly to: Destination }
  /** Hands new connections to a transparent listener, and marks them. */
  | { readonly do: 'take'; readonly to: Destination }
  /** Remembers that we made a connection to a server on an address of this host. */
  | { readonly do: 'remember'; readonly server: Endpoint; readonly transport: Transport }
  /** Marks what the server sends back on it. */
  | { readonly do: 'recall'; readonly server: Endpoint; readonly transport: Transport };

/** Where connections go that a transparent listener takes. */
export interface Destination {
  readonly family: Family;
  /** Every address that is not the host's own, where it is undefined. */
  readonly address: Address | undefined;
  readonly port: number;
  /** The network device on which they come; every one, where it is undefined. */
  readonly device: string | undefined;
}

/** A rule of policy routing, as `ip rule` has it. */
export interface RulePiece extends Explained {
  readonly kind: 'rule';
  readonly rule: PolicyRule;
}

export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  readonly from?: Address;
  readonly mark?: number;
  readonly device?: string;
  readonly transport?: Transport;
  readonly sourcePort?: number;
  readonly table: number;
}

/** `local default dev lo`: everything that is looked up in the table is for this host. */
export interface RoutePiece extends Explained {
  readonly kind: 'route';
  readonly family: Family;
  readonly table: number;
}

export interface SysctlPiece extends Explained {
  readonly kind: 'sysctl';
  /** As a path below /proc/sys: the names of devices may have dots in them. */
  readonly key: string;
  readonly value: string;
}

/** The chain of our table in which a rule stands. */
export function chainOf(filter: Filter): 'prerouting' | 'output' {
  return filter.do === 'remember' || filter.do === 'recall' ? 'output' : 'prerouting';
}

export function familyOf(filter: Filter): Family {
  if (filter.do === 'divert-network') return filter.network.address.family;
  return 'to' in filter ? filter.to.family : filter.server.address.family;
}
