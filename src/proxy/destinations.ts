/**
 * The servers of a pool that is the original destination: one for each address and port that clients wanted, made when
 * the first of them comes, and forgotten with its last connection.
 *
 * Each is like a server of the configuration, with its own idle connections. They share one row of the ServerTable.
 */
import type { Reason } from '../base/verdict.ts';
import { formatEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import type { DestinationPolicy } from './destination-policy.ts';
import { Server } from './server.ts';

/** Why there is no server for a client. */
export interface NoDestination {
  readonly kind: 'none';
  readonly code: 'destination-refused' | 'destinations-full';
  readonly because: Reason;
}

export class Destinations {
  readonly #policy: DestinationPolicy;
  readonly #max: number;
  /** What all of them have in common: name, row, limit. */
  readonly #common: Server;
  /** The one used last at the end. */
  readonly #servers = new Map<string, Server>();

  constructor(common: Server, policy: DestinationPolicy, max: number) {
    this.#common = common;
    this.#policy = policy;
    this.#max = max;
  }

  get servers(): Iterable<Server> {
    return this.#servers.values();
  }

  get size(): number {
    return this.#servers.size;
  }

  /** The server that a client wanted, which has come from `peer`. */
  find(destination: Endpoint | undefined, peer: string): Server | NoDestination {
    const because = this.#policy.refusal(destination, peer);
    if (because !== undefined) return { kind: 'none', code: 'destination-refused', because };
    // The policy refuses a destination that is unknown.
    const { address, port } = destination!;
    const key = formatEndpoint(destination!);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      this.#servers.delete(key);
      this.#servers.set(key, known);
      return known;
    }
    if (this.#servers.size >= this.#max && !this.#makeRoom()) {
      const text = `Cannot connect to ${key}: there are connections in use to ${this.#max} destinations`;
      return { kind: 'none', code: 'destinations-full', because: { code: 'destinations-full', text } };
    }
    const { name, row, weight, maxConnections } = this.#common;
    const server = new Server({
      name,
      row,
      weight,
      maxConnections,
      key,
      address: { host: address.text, port },
    });
    this.#servers.set(key, server);
    return server;
  }

  /** A connection of `server` is closed. */
  forget(server: Server): void {
    if (server.open === 0 && this.#servers.get(server.key) === server) this.#servers.delete(server.key);
  }

  /** Lets go of the destination that was used least recently of those that nobody uses now. */
  #makeRoom(): boolean {
    for (const [key, server] of this.#servers) {
      if (server.open > server.idle.length) continue;
      this.#servers.delete(key);
      for (const origin of [...server.idle]) origin.close();
      return true;
    }
    return false;
  }
}
