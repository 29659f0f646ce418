/**
 * The calls to the system that make a socket which `node:net` and `node:dgram` cannot make: one call a method.
 *
 * What is made here is handed to Node.js as a descriptor before it does anything; from then on it is Node's to close.
 * Every method throws a SystemError with the name of errno where the call fails.
 */
import { openLibc } from './ffi.ts';
import type { Libc } from './ffi.ts';
import {
  portIn,
  SOCKET_ADDRESS_BYTES_MAX,
  socketAddressBytes,
  writeSocketAddress,
} from './socket-address.ts';
import type { SocketEndpoint } from './socket-address.ts';

/** socket(2): SOCK_STREAM, never waiting, not passed on to other programs. */
export const STREAM = 1;
/** The same of SOCK_DGRAM. */
export const DATAGRAM = 2;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

/** Level and name of an option of setsockopt(2) whose value is an int; numbers of asm-generic and linux/in.h. */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
}

export const REUSE_ADDRESS: SocketOption = { level: 1, name: 2 };
export const REUSE_PORT: SocketOption = { level: 1, name: 15 };
/** Routing rules see it; needs CAP_NET_ADMIN (since Linux 5.17 CAP_NET_RAW does, too). */
export const MARK: SocketOption = { level: 1, name: 36 };
/** Addresses that the host does not have can be bound; needs CAP_NET_ADMIN or CAP_NET_RAW. */
export const TRANSPARENT_4: SocketOption = { level: 0, name: 19 };
export const TRANSPARENT_6: SocketOption = { level: 41, name: 75 };
/**
 * bind(2) to port 0 chooses no port yet; connect(2) does, and can then give one port of an address to connections with
 * different other ends. The option is one of IPv4 and counts for IPv6 sockets as well.
 */
export const BIND_ADDRESS_NO_PORT: SocketOption = { level: 0, name: 24 };
export const IPV6_ONLY: SocketOption = { level: 41, name: 26 };

const DEFINITIONS = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'buffer', 'buffer'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
} as const;

export class Sockets {
  readonly #libc: Libc<typeof DEFINITIONS>;
  /** The value of an option, used again for each call. */
  readonly #value: Int32Array = new Int32Array(1);
  /** An address of each family, used again for each call. */
  readonly #address4: Uint8Array = new Uint8Array(socketAddressBytes(4));
  readonly #address6: Uint8Array = new Uint8Array(socketAddressBytes(6));

  /** Throws a NoFfiError where libc cannot be called. */
  constructor() {
    this.#libc = openLibc(DEFINITIONS);
  }

  /** A new socket of AF_INET or AF_INET6. Its descriptor is the caller's to close or to hand on. */
  open(family: number, type: number): number {
    return this.#libc.check('socket', this.#libc.functions.socket(family, type | NONBLOCK_CLOEXEC, 0));
  }

  set(fd: number, option: SocketOption, value: number): void {
    this.#value[0] = value;
    const { level, name } = option;
    const result = this.#libc.functions.setsockopt(fd, level, name, this.#value, 4);
    this.#libc.check('setsockopt', result);
  }

  bind(fd: number, endpoint: SocketEndpoint): void {
    const bytes = endpoint.address.family === 4 ? this.#address4 : this.#address6;
    writeSocketAddress(bytes, endpoint);
    this.#libc.check('bind', this.#libc.functions.bind(fd, bytes, bytes.length));
  }

  /** The port that a bound socket has. */
  portOf(fd: number): number {
    const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES_MAX);
    const length = Uint32Array.of(bytes.length);
    this.#libc.check('getsockname', this.#libc.functions.getsockname(fd, bytes, length));
    return portIn(bytes);
  }

  /** For what could not be handed on. */
  close(fd: number): void {
    this.#libc.functions.close(fd);
  }
}
