/**
 * A socket to listen on, to which the system takes little at once from whoever writes, as over a real network to a host
 * that does not read: on loopback a segment has 64 kB, and a megabyte waits in the system.
 */
import { Buffer } from 'node:buffer';
import { familyNumber } from '../../src/linux/socket-address.ts';
import { Sockets, STREAM } from '../../src/linux/sockets.ts';

/** TCP_MAXSEG of linux/tcp.h. */
const SEGMENT = { level: 6, name: 2 };
const SEGMENT_BYTES = 536;
/** SO_RCVBUF of asm-generic/socket.h. */
const RECEIVED = { level: 1, name: 8 };
const RECEIVED_BYTES = 4_096;
const LOOPBACK = { family: 4, bytes: Buffer.from([127, 0, 0, 1]) } as const;

/** A descriptor for `server.listen({ fd })`, bound to a port of loopback. */
export function smallWindow(): { readonly fd: number } {
  const sockets = new Sockets();
  const fd = sockets.open(familyNumber(4), STREAM);
  sockets.set(fd, SEGMENT, SEGMENT_BYTES);
  sockets.set(fd, RECEIVED, RECEIVED_BYTES);
  sockets.bind(fd, { address: LOOPBACK, port: 0 });
  return { fd };
}
