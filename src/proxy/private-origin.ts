/**
 * The server connection that belongs to one client connection alone, between its requests: its PROXY header named the
 * client.
 */
import type { Client } from '../identity/client.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { Pool, Server } from './pool.ts';

export class PrivateOrigin {
  #origin: OriginConnection | undefined;

  /** The server that a connection is kept to, if it is one of `pool`. */
  serverOf(pool: Pool): Server | undefined {
    return this.#origin?.pool === pool ? this.#origin.server : undefined;
  }

  /**
   * The kept connection, if it is one to `pool` and its PROXY header named `client`. A trusted proxy may send requests
   * of many clients on one connection: each must be told to the server as the one it is.
   */
  take(pool: Pool, client: Client): OriginConnection | undefined {
    const origin = this.#origin;
    this.#origin = undefined;
    if (origin === undefined || origin.connection.isClosing) return undefined;
    const named = origin.namedClient;
    if (origin.pool === pool && named?.address === client.address && named.port === client.port)
      return origin;
    origin.close();
    return undefined;
  }

  /** Keeps a connection that names this client until its next request, or closes it with this one. */
  keep(origin: OriginConnection, at: number, isClientClosed: boolean): void {
    if (isClientClosed || this.#origin !== undefined) {
      origin.close();
      return;
    }
    origin.rest(at, origin.pool.options.connections.idle);
    this.#origin = origin;
  }

  close(): void {
    this.#origin?.close();
  }
}
