/**
 * The handle of a TCP socket that was made beforehand.
 *
 * `new Socket({ fd })` asks the system with four calls what it was given. Of what is known to be a TCP socket the handle can
 * be made without, by the class that Node.js has for them; it is not documented, and learnt from a socket that was made
 * in the documented way. Where it is not what is expected, all are made so.
 */
import { Socket } from 'node:net';

interface TcpHandle {
  /** Takes the socket over; 0, or an error of the system. */
  open(fd: number): number;
  close(): void;
}

type TcpHandleClass = new (type: number) => TcpHandle;

/** The type of a handle that connects. */
const SOCKET = 0;

/** Undefined until a socket was made; 'unknown' where Node.js does it in another way. */
let known: TcpHandleClass | 'unknown' | undefined;

/** The handle, for `new Socket({ handle })`; undefined: use `new Socket({ fd })`. */
export function openHandle(fd: number): object | undefined {
  if (known === undefined || known === 'unknown') return undefined;
  const handle = new known(SOCKET);
  if (handle.open(fd) === 0) return handle;
  handle.close();
  return undefined;
}

/** Learns from a socket that was made with `fd`. */
export function learnHandle(socket: Socket): void {
  if (known !== undefined) return;
  const { _handle: handle } = socket as unknown as { readonly _handle: Partial<TcpHandle> | null };
  if (handle === null) return;
  const isTcp = handle.constructor.name === 'TCP' && typeof handle.open === 'function';
  known = isTcp ? (handle.constructor as TcpHandleClass) : 'unknown';
}
