/**
 * Accepts TCP connections.
 *
 * `net.Server` gives each accepted connection a socket that allocates a new buffer for each read; the documented
 * `onread` option, which reads into a buffer of ours, can only be given when a socket is made. So the listener makes the
 * sockets itself: it takes the place of the server handle's `onconnection`, where Node.js makes them. That is one of two
 * undocumented borders of the project; the other is socket-handle.ts. Where it is not there (another version of Node.js),
 * the listener takes the handle out of the socket that the server made, which is slower and otherwise the same.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

export type Bind =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  /** A descriptor that listens already; from then on it belongs to the listener. */
  | { readonly fd: number };

/** Connections that the system may hold before they are accepted. */
const BACKLOG = 4096;

/** How every socket is opened. IPv6 sockets take IPv6 alone: `[::]:80` and `0.0.0.0:80` can then be bound side by side. */
export const LISTEN_OPTIONS: { readonly backlog: number; readonly ipv6Only: boolean } = {
  backlog: BACKLOG,
  ipv6Only: true,
};

interface AcceptHandle {
  onconnection?: (status: number, handle: object | undefined) => void;
}

export class Listener {
  readonly #server: Server;
  /** Connections that could not be accepted, by the system's error code: a lack of file descriptors, mostly. */
  onAcceptError: (status: number) => void = () => {};

  /** `accept` gets the handle of each new connection, for `new Connection`. */
  constructor(accept: (handle: object) => void) {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    this.#server.on('listening', () => {
      const handle = (this.#server as unknown as { _handle: AcceptHandle | null })._handle; // See the file's head.
      if (typeof handle?.onconnection !== 'function') return;
      handle.onconnection = (status, client) => {
        if (status !== 0 || client === undefined) this.onAcceptError(status);
        else accept(client);
      };
    });
    this.#server.on('connection', (socket: Socket) => {
      const owner = socket as unknown as { _handle: object | null };
      const handle = owner._handle;
      owner._handle = null;
      if (handle !== null) accept(handle);
    });
  }

  /** Resolves with the port once it listens; rejects with the system's error. */
  async listen(bind: Bind): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...LISTEN_OPTIONS, ...bind }, () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Accepts no more. Connections that are there stay. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
