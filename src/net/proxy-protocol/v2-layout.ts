/**
 * The bytes of a version 2 header, as reader and writer share them (PROXY protocol §2.2).
 *
 *     0        12                13                 14              16
 *     signature | version|command | family|transport | length (BE)   | addresses, TLVs: `length` bytes
 */
import { Buffer } from 'node:buffer';

export const V2_SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
export const V2_HEAD_BYTES = 16;

export const V2_VERSION = 2;
export const V2_LOCAL = 0;
export const V2_PROXY = 1;

export const FAMILY_UNSPEC = 0;
export const FAMILY_INET = 1;
export const FAMILY_INET6 = 2;
export const FAMILY_UNIX = 3;

/** Each name stands at its number on the wire. */
export const TRANSPORTS = ['unspec', 'stream', 'dgram'] as const;

/** Bytes of one UNIX address. */
export const UNIX_PATH_BYTES = 108;

/** Bytes of the address block by family: source, destination, and for INET both ports. */
export const ADDRESS_BLOCK_BYTES = [0, 12, 36, 216] as const;
