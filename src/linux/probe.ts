/** Whether this process may use addresses that the host does not have, and if not, what exactly is missing. */
import { NoFfiError, SystemError } from './ffi.ts';
import { AF_INET, AF_INET6 } from './socket-address.ts';
import { MARK, Sockets, STREAM, TRANSPARENT_4, TRANSPARENT_6 } from './sockets.ts';
import type { SocketOption } from './sockets.ts';

/** What a configuration asks for. */
export interface Wanted {
  /** Sockets at addresses that the host does not have. */
  readonly transparent: boolean;
  readonly marks: boolean;
}

/** Tries every option on a socket that is closed again. Undefined when all is there; else one sentence for people. */
export function missing(wanted: Wanted): string | undefined {
  try {
    const sockets = new Sockets();
    if (wanted.transparent) tryOption(sockets, AF_INET, TRANSPARENT_4);
    if (wanted.transparent && hasIpv6(sockets)) tryOption(sockets, AF_INET6, TRANSPARENT_6);
    if (wanted.marks) tryOption(sockets, AF_INET, MARK);
    return undefined;
  } catch (error) {
    return explain(error);
  }
}

/** What an error of this folder means for an operator. */
export function explain(error: unknown): string {
  if (error instanceof NoFfiError) return error.message;
  if (!(error instanceof SystemError)) return String(error);
  switch (error.code) {
    case 'EPERM':
      return 'the capability CAP_NET_ADMIN is missing; run as root or grant it (AmbientCapabilities=CAP_NET_ADMIN in a systemd unit)';
    case 'ENOPROTOOPT':
      return 'this kernel does not know transparent sockets (IP_TRANSPARENT)';
    case 'EAFNOSUPPORT':
      return 'this kernel has no such address family';
    default:
      return error.message;
  }
}

function hasIpv6(sockets: Sockets): boolean {
  try {
    sockets.close(sockets.open(AF_INET6, STREAM));
    return true;
  } catch {
    return false;
  }
}

function tryOption(sockets: Sockets, family: number, option: SocketOption): void {
  const fd = sockets.open(family, STREAM);
  try {
    sockets.set(fd, option, 1);
  } finally {
    sockets.close(fd);
  }
}
