/**
 * The server connection that belongs to one client connection alone, between its requests: its PROXY header named the
 * client, it has the client's own port, or a user has authenticated himself on it.
 *
 * One that only has the client's address serves his other connections as well, and rests in the pool; then the server is
 * remembered, so that the next request need not connect to another one.
 */
import type { Client } from '../identity/client.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { Pool } from './pool.ts';
import type { Server } from './server.ts';

export class PrivateOrigin {
  #origin: OriginConnection | undefined;
  #lastServer: Server | undefined;
  /** For whom that was. */
  #lastAddress = '';

  /** The server that a connection is kept to, or the last one's of this client, if it is one of `pool`. */
  serverOf(pool: Pool, client: Client): Server | undefined {
    if (this.isOf(pool)) return this.#origin?.server;
    const last = this.#lastServer;
    if (last === undefined || !pool.isSharedBySource || this.#lastAddress !== client.address)
      return undefined;
    // A proxy sends requests of many clients on one connection: all of them to one server would be no balance.
    if (pool.source.header !== '') return undefined;
    return pool.servers.includes(last) ? last : undefined;
  }

  /** True when a connection to a server of this pool is kept. */
  isOf(pool: Pool): boolean {
    return this.#origin?.pool === pool;
  }

  /** The last request of `client` was served there. */
  remember(server: Server, client: Client): void {
    this.#lastServer = server;
    this.#lastAddress = client.address;
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

  /**
   * Keeps a connection that belongs to this client until its next request, in the place of one to another pool, or closes
   * it with this one.
   */
  keep(origin: OriginConnection, at: number, isClientClosed: boolean): void {
    if (isClientClosed || origin.isMoved) {
      origin.close();
      return;
    }
    this.#origin?.close();
    origin.rest(at, origin.pool.options.connections.idle);
    this.#origin = origin;
  }

  close(): void {
    const origin = this.#origin;
    this.#origin = undefined;
    origin?.close();
  }
}
