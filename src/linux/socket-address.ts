/**
 * `struct sockaddr_in` and `struct sockaddr_in6` of Linux, as bytes.
 *
 *     sockaddr_in   0 family (host order) 2   2 port (network order) 2   4 address 4    8 zero 8               = 16
 *     sockaddr_in6  0 family (host order) 2   2 port (network order) 2   4 flow 4      8 address 16  24 scope 4 = 28
 */
import { endianness } from 'node:os';

/** AF_INET and AF_INET6 of Linux. */
export const AF_INET = 2;
export const AF_INET6 = 10;

/** An address as the rest of the program has it (net/address.ts), and a port; 0 lets the system choose. */
export interface SocketEndpoint {
  readonly address: { readonly family: 4 | 6; readonly bytes: Uint8Array };
  readonly port: number;
}

export function familyNumber(family: 4 | 6): number {
  return family === 4 ? AF_INET : AF_INET6;
}

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Enough for both. */
export const SOCKET_ADDRESS_BYTES_MAX = 28;

/** The port of either. */
export function portIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint16(2);
}

export function socketAddressBytes(family: 4 | 6): number {
  return family === 4 ? 16 : SOCKET_ADDRESS_BYTES_MAX;
}

/** Writes over an address of the same family, or over zeros. */
export function writeSocketAddress(bytes: Uint8Array, { address, port }: SocketEndpoint): void {
  // Both numbers of families are below 256.
  bytes[IS_LITTLE_ENDIAN ? 0 : 1] = familyNumber(address.family);
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  bytes.set(address.bytes, address.family === 4 ? 4 : 8);
}
