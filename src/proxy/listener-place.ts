/**
 * A listener for as long as it is in the configuration, through all its reloads: its connections, and the context that
 * the next request on any of them takes.
 */
import type { RequestLimits } from '../http/request-head.ts';
import type { Connection, ConnectionGroup } from '../net/connection.ts';
import { SharedCount } from '../state/shared-count.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ListenerContext } from './context.ts';
import { DatagramCounts } from './datagram-outcomes.ts';
import { HeadStore } from './head-store.ts';
import type { Tunnel } from './tunnel.ts';

export class ListenerPlace implements ConnectionGroup {
  readonly name: string;
  readonly #connections = new Set<Connection>();
  /** Those of all workers: bounded by limits.connections. */
  readonly #count: SharedCount;
  /** Those of them that speak HTTP, and those that are tunnels. */
  readonly clients: Set<ClientConnection> = new Set<ClientConnection>();
  readonly tunnels: Set<Tunnel> = new Set<Tunnel>();
  /** What became of datagrams, since it was counted last. */
  readonly datagrams: DatagramCounts = new DatagramCounts();
  /** Flows of datagrams that are open here. */
  flows = 0;
  /** The configuration has it no more: connections end with their present exchange. */
  isGone = false;
  #context: ListenerContext | undefined;

  /** Counts its connections for itself when nothing is shared. */
  constructor(name: string, count: SharedCount = SharedCount.create(1)) {
    this.name = name;
    this.#count = count;
  }

  /** Accepted connections that are open here, whatever they are used for. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Takes a connection that was accepted, until it is closed. False when all workers together have `max`. */
  enter(connection: Connection, max: number): boolean {
    if (!this.#count.take(max)) return false;
    this.#connections.add(connection);
    connection.group = this;
    return true;
  }

  /** Takes a flow of datagrams, which counts as a connection. */
  enterFlow(max: number): boolean {
    if (!this.#count.take(max)) return false;
    this.flows++;
    return true;
  }

  leaveFlow(): void {
    this.flows--;
    this.#count.give();
  }

  leave(connection: Connection): void {
    if (this.#connections.delete(connection)) this.#count.give();
  }

  /** What a request that begins now is to be served by. */
  get context(): ListenerContext {
    if (this.#context === undefined) throw new Error(`Listener "${this.name}" has no context yet`);
    return this.#context;
  }

  /** A store for heads within these limits: the present one, with what clients have sent last, where it is such a one. */
  headsFor(limits: RequestLimits): HeadStore {
    const heads = this.#context?.heads;
    return heads?.isFor(limits) === true ? heads : new HeadStore(limits);
  }

  /** Another configuration is in use. Exchanges that have begun keep the context that they began with. */
  use(context: ListenerContext): void {
    this.#context = context;
    for (const client of this.clients) client.takeContext();
  }

  /** Closes connections on which nothing is being answered. */
  closeIdle(): void {
    for (const { isIdle, connection } of this.clients) {
      if (isIdle && !connection.isClosing) connection.closeAfterWrites();
    }
  }

  /** Ends everything at once. */
  cut(): void {
    for (const tunnel of this.tunnels) tunnel.close();
    for (const connection of this.connections) connection.destroy();
  }
}
