/**
 * A listener for as long as it is in the configuration, through all its reloads: its connections, and the context that
 * the next request on any of them takes.
 */
import { Roster } from '../base/roster.ts';
import type { RequestLimits } from '../http/request-head.ts';
import type { Connection, ConnectionGroup } from '../net/connection.ts';
import { SharedCount } from '../state/shared-count.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ListenerContext } from './context.ts';
import { DatagramCounts } from './datagram-outcomes.ts';
import { HeadStore } from './head-store.ts';
import type { Tunnel } from './tunnel.ts';

/** Its own, and that of its connection to a server. */
export const CONNECTION_DESCRIPTORS = 2;
/** That of its socket. */
const FLOW_DESCRIPTORS = 1;

/** The descriptors that the connections of all listeners take. */
export interface Descriptors {
  readonly count: SharedCount;
  readonly max: number;
}

export class ListenerPlace implements ConnectionGroup {
  readonly name: string;
  /** Accepted connections that are open here, whatever they are used for. */
  readonly connections: Roster<Connection> = new Roster();
  /** Those of all workers: bounded by limits.connections. */
  readonly #count: SharedCount;
  readonly #descriptors: Descriptors | undefined;
  /** Those of them that speak HTTP, and those that are tunnels. */
  readonly clients: Roster<ClientConnection> = new Roster();
  readonly tunnels: Roster<Tunnel> = new Roster();
  /** What became of datagrams, since it was counted last. */
  readonly datagrams: DatagramCounts = new DatagramCounts();
  /** Flows of datagrams that are open here. */
  flows = 0;
  /** The configuration has it no more: connections end with their present exchange. */
  isGone = false;
  #context: ListenerContext | undefined;

  /** Counts its connections for itself when nothing is shared. */
  constructor(name: string, count: SharedCount = SharedCount.create(1), descriptors?: Descriptors) {
    this.name = name;
    this.#count = count;
    this.#descriptors = descriptors;
  }

  /** Takes a connection that was accepted, until it is closed. False when all workers together have `max`, or no room. */
  enter(connection: Connection, max: number): boolean {
    if (!this.#take(max, CONNECTION_DESCRIPTORS)) return false;
    this.connections.add(connection);
    connection.group = this;
    return true;
  }

  /** Takes a flow of datagrams, which counts as a connection. */
  enterFlow(max: number): boolean {
    if (!this.#take(max, FLOW_DESCRIPTORS)) return false;
    this.flows++;
    return true;
  }

  leaveFlow(): void {
    this.flows--;
    this.#give(FLOW_DESCRIPTORS);
  }

  leave(connection: Connection): void {
    if (this.connections.remove(connection)) this.#give(CONNECTION_DESCRIPTORS);
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
    for (const client of this.clients.all()) client.takeContext();
  }

  /** Closes connections on which nothing is being answered. */
  closeIdle(): void {
    for (const { isIdle, connection } of this.clients.all()) {
      if (isIdle && !connection.isClosing) connection.closeAfterWrites();
    }
  }

  #take(max: number, descriptors: number): boolean {
    if (!this.#count.take(max)) return false;
    const all = this.#descriptors;
    if (all === undefined || all.count.take(all.max, descriptors)) return true;
    this.#count.give();
    return false;
  }

  #give(descriptors: number): void {
    this.#count.give();
    this.#descriptors?.count.give(descriptors);
  }

  /** Ends everything at once. */
  cut(): void {
    for (const tunnel of this.tunnels.all()) tunnel.close();
    for (const connection of this.connections.all()) connection.destroy();
  }
}
