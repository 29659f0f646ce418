/** What was read of a host: plain data, checked once by read-host.ts. */
import type { Family } from './needs.ts';

export interface HostState {
  readonly addresses: readonly HostAddress[];
  readonly rules: readonly HostRule[];
  readonly routes: readonly HostRoute[];
  /** Numbers of routing tables that have a name, and so somebody who means to use them. */
  readonly namedTables: readonly number[];
  /** What `nft -j list ruleset` says, object by object; undefined without the program or the right to ask. */
  readonly nft: readonly NftObject[] | undefined;
  /** What iptables-save and ip6tables-save say, by family; undefined as above. */
  readonly iptables: Readonly<Record<Family, string | undefined>>;
  /** By their path below /proc/sys. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Whether this process may change the network of the host. */
  readonly mayChange: boolean;
}

export interface HostAddress {
  readonly device: string;
  /** Canonical text. */
  readonly address: string;
  readonly prefix: number;
}

export interface HostRule {
  readonly family: Family;
  readonly priority: number;
  /** Undefined for `all`. */
  readonly from: string | undefined;
  readonly mark: number | undefined;
  readonly mask: number | undefined;
  readonly device: string | undefined;
  readonly transport: string | undefined;
  readonly sourcePort: number | undefined;
  /** Undefined for a rule that looks into no table. */
  readonly table: number | undefined;
  readonly isNot: boolean;
  /** Whether it asks for something that is not above. */
  readonly asksMore: boolean;
}

export interface HostRoute {
  readonly family: Family;
  readonly table: number;
  /** `unicast`, `local`, ... */
  readonly type: string;
  /** `default`, or a network or address. */
  readonly to: string;
  readonly device: string | undefined;
}

/** One object of nft's JSON, such as `{ rule: {...} }`; what is in it is looked at where it is needed. */
export type NftObject = Readonly<Record<string, unknown>>;

/** Tables that every host has: `local`, `main`, `default`. */
export const SYSTEM_TABLES: readonly number[] = [255, 254, 253];
export const MAIN_TABLE = 254;

/** Devices of the host, as its addresses and sysctls name them. */
export function devicesOf({ sysctls }: HostState): string[] {
  const devices = Object.keys(sysctls).flatMap(
    (key) => /^net\/ipv4\/conf\/(.+)\/rp_filter$/.exec(key)?.[1] ?? [],
  );
  return devices.filter((device) => device !== 'all' && device !== 'default');
}

export function hasAddress(state: HostState, address: string): boolean {
  return state.addresses.some((own) => own.address === address);
}
