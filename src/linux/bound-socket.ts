/**
 * Sockets bound to an address, our own or somebody else's, made ready to be handed to Node.js.
 */
import { familyNumber } from './socket-address.ts';
import type { SocketEndpoint } from './socket-address.ts';
import {
  BIND_ADDRESS_NO_PORT,
  DATAGRAM,
  IPV6_ONLY,
  MARK,
  REUSE_ADDRESS,
  REUSE_PORT,
  STREAM,
  TRANSPARENT_4,
  TRANSPARENT_6,
} from './sockets.ts';
import type { Sockets } from './sockets.ts';

export interface SourceSocketOptions {
  readonly family: 4 | 6;
  /** Port 0: the system chooses one when the socket connects. Undefined: it chooses the address, too. */
  readonly from: SocketEndpoint | undefined;
  /** The address may be one that this host does not have. */
  readonly isTransparent: boolean;
  /** 0 for none. */
  readonly mark: number;
}

/** A TCP socket that will connect from this address, for `new net.Socket({ fd })`. */
export function openSourceSocket(sockets: Sockets, options: SourceSocketOptions): number {
  const { from } = options;
  return build(sockets, options.family, STREAM, (fd) => {
    setSource(sockets, fd, options);
    if (from === undefined) return;
    // Another connection may have the same port, to another server. Without a port there is nothing to share yet.
    if (from.port === 0) sockets.set(fd, BIND_ADDRESS_NO_PORT, 1);
    else sockets.set(fd, REUSE_ADDRESS, 1);
    sockets.bind(fd, from);
  });
}

/** A UDP socket with this address for `socket.bind({ fd })` of node:dgram, not connected yet. Nobody else can have it. */
export function openSourceDatagrams(sockets: Sockets, options: SourceSocketOptions): number {
  return build(sockets, options.family, DATAGRAM, (fd) => {
    setSource(sockets, fd, options);
    if (options.from !== undefined) sockets.bind(fd, options.from);
  });
}

/** A UDP socket that takes datagrams for one of our addresses, for `socket.bind({ fd })` of node:dgram. */
export function openDatagramListener(sockets: Sockets, at: SocketEndpoint, isShared: boolean): number {
  return build(sockets, at.address.family, DATAGRAM, (fd) => {
    if (isShared) sockets.set(fd, REUSE_PORT, 1);
    if (at.address.family === 6) sockets.set(fd, IPV6_ONLY, 1);
    sockets.bind(fd, at);
  });
}

/** A TCP socket for `server.listen({ fd })` that takes connections to addresses which this host does not have. */
export function openTransparentListener(sockets: Sockets, at: SocketEndpoint, isShared: boolean): number {
  return bindListener(sockets, { ...at, isTransparent: true, isShared });
}

/**
 * Throws what bind(2) says when somebody listens on this address (`EADDRINUSE`), or when we may not. Nothing listens
 * meanwhile: whoever connects is refused, as before, and not reset.
 */
export function assertBindable(sockets: Sockets, at: SocketEndpoint, isTransparent: boolean): void {
  sockets.close(bindListener(sockets, { ...at, isTransparent, isShared: false }));
}

interface ListenerPlace extends SocketEndpoint {
  readonly isTransparent: boolean;
  readonly isShared: boolean;
}

function bindListener(sockets: Sockets, place: ListenerPlace): number {
  const { family } = place.address;
  return build(sockets, family, STREAM, (fd) => {
    if (place.isTransparent) setTransparent(sockets, fd, family);
    sockets.set(fd, REUSE_ADDRESS, 1);
    if (place.isShared) sockets.set(fd, REUSE_PORT, 1);
    if (family === 6) sockets.set(fd, IPV6_ONLY, 1);
    sockets.bind(fd, place);
  });
}

function setSource(sockets: Sockets, fd: number, options: SourceSocketOptions): void {
  const { family, isTransparent, mark } = options;
  if (isTransparent) setTransparent(sockets, fd, family);
  if (mark !== 0) sockets.set(fd, MARK, mark);
}

function setTransparent(sockets: Sockets, fd: number, family: 4 | 6): void {
  sockets.set(fd, family === 4 ? TRANSPARENT_4 : TRANSPARENT_6, 1);
}

/** Makes a socket and closes it again if it does not become what it should. */
function build(sockets: Sockets, family: 4 | 6, type: number, set: (fd: number) => void): number {
  const fd = sockets.open(familyNumber(family), type);
  try {
    set(fd);
    return fd;
  } catch (error) {
    sockets.close(fd);
    throw error;
  }
}
