/**
 * The server connection that belongs to one client connection alone, between its requests: its PROXY header named the
 * client, it was made from the client's address, or a user has authenticated himself on it.
 */
import type { Client } from '../identity/client.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { Pool } from './pool.ts';
import type { Server } from './server.ts';

export class PrivateOrigin {
  #origin: OriginConnection | undefined;

  /** The server that a connection is kept to, if it is one of `pool`. */
  serverOf(pool: Pool): Server | undefined {
    return this.isOf(pool) ? this.#origin?.server : undefined;
  }

  /** True when a connection to a server of this pool is kept. */
  isOf(pool: Pool): boolean {
    return this.#origin?.pool === pool;
  }

  /**
   * The kept connection, if it is one to `server`, for `client`, and from `source`, the key of a SourceAttempt. A trusted proxy may send requests
   * of many clients on one connection: each must be told to the server as the one it is.
   */
  take(server: Server, client: Client, source: string): OriginConnection | undefined {
    const origin = this.#origin;
    this.#origin = undefined;
    if (origin === undefined || origin.connection.isClosing) return undefined;
    const named = origin.namedClient;
    const isOfClient = named?.address === client.address && named.port === client.port;
    if (origin.server === server && !origin.isMoved && isOfClient && origin.sourceKey === source)
      return origin;
    origin.close();
    return undefined;
  }

  /** Keeps a connection that names this client until its next request, or closes it with this one. */
  keep(origin: OriginConnection, at: number, isClientClosed: boolean): void {
    if (isClientClosed || origin.isMoved || this.#origin !== undefined) {
      origin.close();
      return;
    }
    origin.rest(at, origin.pool.options.connections.idle);
    this.#origin = origin;
  }

  close(): void {
    const origin = this.#origin;
    this.#origin = undefined;
    origin?.close();
  }
}
