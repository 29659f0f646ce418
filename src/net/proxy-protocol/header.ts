/**
 * What a PROXY protocol header says, and how it can be wrong. Shared by both versions, readers and writers.
 *
 * The PROXY protocol (haproxy.org, "The PROXY protocol, versions 1 & 2") puts one header in front of the bytes of a
 * connection: who the client of the sender was. It is only worth what its sender is worth: callers read it from peers
 * they trust and from nobody else (identity/), and then require it; nothing here ever guesses whether one is there.
 */
import type { Endpoint } from '../address.ts';
import type { Tlv } from './tlv.ts';

/** Which signatures are accepted. `any` means: one of both must be there. */
export type ProxyVersions = 'v1' | 'v2' | 'any';

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `local`: the sender speaks for itself, a health check for instance. Version 1 knows only `proxy`. */
  readonly command: 'proxy' | 'local';
  /** As the sender said it; `unspec` for UNKNOWN of version 1. */
  readonly transport: 'stream' | 'dgram' | 'unspec';
  /** Source and destination are there both or not at all; they are not for `local`, UNKNOWN and UNSPEC. */
  readonly source: ProxyAddress | undefined;
  readonly destination: ProxyAddress | undefined;
  /** In the order of arrival; empty in version 1. */
  readonly tlvs: readonly Tlv[];
}

export type ProxyAddress = Endpoint | UnixAddress;

export interface UnixAddress {
  /** latin1, at most 108 bytes; a name of the abstract namespace begins with NUL; empty for an unnamed socket. */
  readonly path: string;
}

export function isUnixAddress(address: ProxyAddress): address is UnixAddress {
  return 'path' in address;
}

/** Bounds of what is read. Their sum is what one peer can make the reader hold. */
export interface ProxyLimits {
  /** Of a whole version 2 header, its first 16 bytes included. Version 1 has 107 by its specification. */
  readonly headerBytesMax: number;
  /** TLVs and the sub-TLVs of the SSL TLV together. */
  readonly tlvCountMax: number;
}

/**
 * 4 KiB hold the largest addresses (232 bytes) with every registered TLV and a client's certificate; the specification
 * asks senders to stay below one TCP segment. Known senders use fewer than ten TLVs.
 */
export const PROXY_LIMITS: ProxyLimits = { headerBytesMax: 4096, tlvCountMax: 64 };
