/**
 * Datagrams to sockets of the Unix domain, which Node.js does not have: one call to the system a method.
 *
 *     sockaddr_un  0 family (host order) 2   2 path, at most 108          a file: the path with a zero behind it
 *                                                                         an abstract name: a zero with the name behind it
 *
 * Nothing here waits. A socket is not connected: the name is looked up for each datagram, so a receiver that was started
 * anew at the same name gets the next one.
 */
import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import { openLibc } from './ffi.ts';
import type { Libc } from './ffi.ts';

export const AF_UNIX = 1;
/** socket(2): SOCK_DGRAM, never waiting, not passed on to other programs. */
const DATAGRAM = 2;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
/** sendto(2): an error instead of a wait, and instead of SIGPIPE. */
const DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const PATH_BYTES_MAX = 108;

const DEFINITIONS = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  sendto: { arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'u32'], return: 'i64' },
  close: { arguments: ['i32'], return: 'i32' },
} as const;

export class UnixDatagrams {
  readonly #libc: Libc<typeof DEFINITIONS>;

  /** Throws a NoFfiError where libc cannot be called. */
  constructor() {
    this.#libc = openLibc(DEFINITIONS);
  }

  /** A new socket, without a name of its own. Its descriptor is the caller's to close. */
  open(): number {
    return this.#libc.check('socket', this.#libc.functions.socket(AF_UNIX, DATAGRAM | NONBLOCK_CLOEXEC, 0));
  }

  /** Sends one datagram. EAGAIN: the receiver has too many that wait; ENOENT, ECONNREFUSED: there is no receiver. */
  send(fd: number, bytes: Uint8Array, to: Uint8Array): void {
    const { functions, check } = this.#libc;
    const length = BigInt(bytes.length);
    check('sendto', Number(functions.sendto(fd, bytes, length, DONTWAIT_NOSIGNAL, to, to.length)));
  }

  close(fd: number): void {
    this.#libc.check('close', this.#libc.functions.close(fd));
  }
}

/** The address of a path, or of an abstract name when it begins with `@`. Undefined for what can be neither. */
export function unixAddress(path: string): Uint8Array | undefined {
  const name = Buffer.from(path);
  if (name.length < 2 || name.length >= PATH_BYTES_MAX || name.includes(0)) return undefined;
  const isAbstract = path.startsWith('@');
  if (!isAbstract && !path.startsWith('/')) return undefined;
  const bytes = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, endianness() === 'LE');
  bytes.set(name, 2);
  if (isAbstract) bytes[2] = 0;
  return bytes;
}
