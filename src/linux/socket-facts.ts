/**
 * What a descriptor is that somebody else opened: getsockname(2) and getsockopt(2), one call a method.
 */
import { endianness } from 'node:os';
import { openLibc } from './ffi.ts';
import type { Libc } from './ffi.ts';
import { AF_INET, AF_INET6 } from './socket-address.ts';
import { IPV6_ONLY, STREAM, TRANSPARENT_4, TRANSPARENT_6 } from './sockets.ts';
import type { SocketOption } from './sockets.ts';

/** A TCP socket that listens. */
export interface ListeningFacts {
  /** Of 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  /** It has an IPv6 address and takes IPv4, too. */
  readonly isDual: boolean;
  /** It takes connections to addresses that this host does not have. */
  readonly isTransparent: boolean;
}

const TYPE: SocketOption = { level: 1, name: 3 };
const ACCEPTS: SocketOption = { level: 1, name: 30 };
/** Above sockaddr_in6 (28); a path of the Unix domain is cut, and not looked at. */
const NAME_BYTES = 128;

const DEFINITIONS = {
  getsockname: { arguments: ['i32', 'buffer', 'buffer'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'buffer'], return: 'i32' },
} as const;

export class SocketFacts {
  readonly #libc: Libc<typeof DEFINITIONS>;

  /** Throws a NoFfiError where libc cannot be called. */
  constructor() {
    this.#libc = openLibc(DEFINITIONS);
  }

  /** The address that a socket is bound to, as the system has it. */
  name(fd: number): DataView {
    const bytes = new Uint8Array(NAME_BYTES);
    const length = Uint32Array.of(bytes.length);
    this.#libc.check('getsockname', this.#libc.functions.getsockname(fd, bytes, length));
    return new DataView(bytes.buffer);
  }

  get(fd: number, { level, name }: SocketOption): number {
    const value = new Int32Array(1);
    const length = Uint32Array.of(4);
    this.#libc.check('getsockopt', this.#libc.functions.getsockopt(fd, level, name, value, length));
    return value[0] ?? 0;
  }

  /** Undefined for whatever is no listening TCP socket. Throws a SystemError for what is no socket at all. */
  listening(fd: number): ListeningFacts | undefined {
    const view = this.name(fd);
    const family = view.getUint16(0, endianness() === 'LE');
    if (family !== AF_INET && family !== AF_INET6) return undefined;
    if (this.get(fd, TYPE) !== STREAM || this.get(fd, ACCEPTS) !== 1) return undefined;
    const isIpv4 = family === AF_INET;
    const [start, end] = isIpv4 ? [4, 8] : [8, 24];
    return {
      address: new Uint8Array(view.buffer.slice(start, end)),
      port: view.getUint16(2),
      isDual: !isIpv4 && this.get(fd, IPV6_ONLY) === 0,
      isTransparent: this.get(fd, isIpv4 ? TRANSPARENT_4 : TRANSPARENT_6) === 1,
    };
  }
}
