/**
 * A pool at run time: its servers, their connections that are idle, and who waits for a place at one of them.
 *
 * An exchange first has a place, then a connection:
 *
 *     choose → a place at the server that is next (ServerTable.take: counted over all workers)
 *            → the queue, when no server has one          → a place that another exchange gives back
 *     connect → an idle connection, most recently used first, or a new one
 *     over → the connection is idle (at most connections.idleMax, for connections.idle) or closed
 *          → the place goes to the next in the queue
 *
 * The queue is one over all workers: the pool has a row of its own in the ServerTable, in which a place is a place in
 * the queue. A worker that gives a place back serves its own queue or wakes another worker, in the proportion in which
 * they wait. The connection used last is the one whose server is least likely to be just closing it, so the idle are a
 * stack.
 */
import type { Seeker } from '../balance/algorithm.ts';
import { isDeepStrictEqual } from 'node:util';
import type { PoolOptions } from '../balance/options.ts';
import type { Persistence } from '../balance/persistence.ts';
import type { ServerRow, ServerTable } from '../balance/server-table.ts';
import { Tiers } from '../balance/tiers.ts';
import { parseEndpoint } from '../net/address.ts';
import type { ProxyHost } from './context.ts';
import { goesOnward } from '../balance/destination-options.ts';
import { DestinationPolicy } from './destination-policy.ts';
import { Destinations } from './destinations.ts';
import { OriginConnection } from './origin-connection.ts';
import { RequestHeaderPolicy } from './request-writer.ts';
import { ResponseToolStore } from './response-tools.ts';
import { RetryPolicy } from './retry-policy.ts';
import type { Server } from './server.ts';
import { SourcePolicy } from './source-policy.ts';
import { WaitingLine } from './waiting-line.ts';
import type { Waiter } from './waiting-line.ts';

/**
 * How often who waits looks whether a server has come up or gone down. Places that are given back wake at once; this is
 * for what the supervisor changes, and for a wake that was meant for a worker that has just died.
 */
const LOOK_AGAIN_MS = 100;

/** How many idle connections are looked at, the last used first, for one that comes from the address of a client. */
const LOOKED_AT_MAX = 256;

export interface PoolParts {
  readonly name: string;
  readonly options: PoolOptions;
  readonly servers: readonly Server[];
  /** What all threads know of the servers. */
  readonly table: ServerTable;
  /** The row of the pool itself: its places are those in the queue. */
  readonly row: ServerRow;
  readonly host: ProxyHost;
  readonly persistence?: Persistence<Server> | undefined;
  /** Who serves while none of its servers takes requests. */
  readonly fallback?: Pool | undefined;
  /** Servers are told of the trace. */
  readonly isTraced?: boolean;
}

export class Pool {
  readonly name: string;
  readonly options: PoolOptions;
  readonly servers: readonly Server[];
  readonly table: ServerTable;
  readonly row: ServerRow;
  readonly headers: RequestHeaderPolicy;
  /** Undefined where requests of one session may go to any server. */
  readonly persistence: Persistence<Server> | undefined;
  /** True when each connection belongs to one client: the PROXY header at its start, or its source, names that client. */
  readonly isPrivate: boolean;
  /**
   * True when a connection that comes from the address of a client, and says nothing else of him, may serve his other
   * connections as well. (Not to original destinations: the loop guard would take the client's own port for ours.)
   */
  readonly isSharedBySource: boolean;
  readonly retries: RetryPolicy;
  /** From which address its connections are made. */
  readonly source: SourcePolicy;
  /** Where each client wanted to go, in a pool that has no servers of its own: then `servers` is one that stands for them. */
  readonly destinations: Destinations | undefined;
  /** For the connections to its servers. */
  readonly responses: ResponseToolStore;
  /** Shared by the pools of this name in all configurations: none of them keeps another in memory. */
  #lineage: { present: Pool | undefined } = { present: this };
  readonly #host: ProxyHost;
  readonly #fallback: Pool | undefined;
  readonly #balance: Tiers<Server>;
  /** True when the algorithm sends a request to its one server, full or not: then it waits for that one. */
  readonly #binds: boolean;
  readonly #line: WaitingLine = new WaitingLine();
  #isServing = false;
  #isListening = false;
  /** Places that this worker's own queue has a right to, as a fraction with all who wait below the line. */
  #credit = 0;
  /** The ticket of the last call that was for another worker; undefined once it was heard here, too. */
  #passed: number | undefined;

  constructor({ name, options, servers, table, row, host, persistence, isTraced, fallback }: PoolParts) {
    this.name = name;
    this.options = options;
    this.servers = servers;
    this.table = table;
    this.row = row;
    this.headers = new RequestHeaderPolicy(options.headers, persistence?.cookieEdit, isTraced);
    this.persistence = persistence;
    this.responses = new ResponseToolStore(options.limits);
    this.retries = new RetryPolicy(options.retries);
    this.source = new SourcePolicy(options.source, host.sockets);
    this.isPrivate = options.proxyProtocol !== 'off' || this.source.isPrivate;
    this.destinations = destinationsOf(options, servers, host);
    this.isSharedBySource =
      this.source.isPrivate && options.proxyProtocol === 'off' && this.destinations === undefined;
    this.#balance = new Tiers(options, servers, table);
    this.#binds = options.balance.by === 'hash';
    this.#host = host;
    this.#fallback = fallback;
  }

  /** The server that the session of `seeker` belongs to, while it is in service: asked once for each choice. */
  boundTo(seeker: Seeker): Server | undefined {
    return this.persistence?.find(seeker);
  }

  /** The one server to go to: that of the session, unless it has just failed and others are tried. */
  #only(bound: Server | undefined, avoid: Server | undefined): Server | undefined {
    if (avoid !== undefined && this.#triesAgain(avoid)) return avoid;
    return bound === avoid ? undefined : bound;
  }

  /** True when a retry goes to the server that has just failed, while that is in service. */
  #triesAgain(server: Server): boolean {
    return !this.retries.redispatch && this.servers.includes(server) && this.table.isKept(server.row);
  }

  /** True when there is a server that new sessions may go to. */
  get isOpen(): boolean {
    return this.#balance.isOpen;
  }

  /** The pool that `seeker` goes to because this one is not open: the next on the way that can serve it, if there is one. */
  fallbackFor(seeker: Seeker): Pool | undefined {
    let pool = this.#fallback;
    while (pool !== undefined && !pool.isOpen && pool.boundTo(seeker) === undefined) pool = pool.#fallback;
    return pool;
  }

  /** Exchanges that wait for a place, over all workers. */
  get waiting(): number {
    return this.table.inUse(this.row);
  }

  /**
   * A server for `seeker`, with a place there that is then its own until `give`; undefined when there is none, or when
   * others wait for it already: nobody overtakes them. Its session is `bound` to a server, or to none. `avoid` has just
   * failed: it is another one, if there is another.
   */
  take(seeker: Seeker, bound: Server | undefined, avoid: Server | undefined): Server | undefined {
    const only = this.#only(bound, avoid);
    if (only !== undefined) return this.#takeFree(only) ? only : undefined;
    return this.#waitingForAny > 0 ? undefined : this.#takeAny(seeker, avoid);
  }

  /** A place at this server and no other; false when it has none, or a session that is `bound` so should go elsewhere. */
  takeAt(server: Server, bound: Server | undefined): boolean {
    const isIts = bound === undefined ? this.#balance.takes(server) : bound === server;
    return isIts && this.#takeFree(server);
  }

  /**
   * The place at `server`, or one at a server whose address is of this family instead, if there is one: a pool may have
   * the same server at both, for sources of both. A backup is none for a server that is not, nor the other way round.
   */
  moveToFamily(server: Server, family: 4 | 6): Server {
    if (isOfFamily(server, family)) return server;
    const other = this.servers.find(
      (one) =>
        one.isBackup === server.isBackup &&
        isOfFamily(one, family) &&
        this.table.isOpen(one.row) &&
        this.table.take(one.row),
    );
    if (other === undefined) return server;
    this.give(server);
    return other;
  }

  /** Gives the place at a server back: it goes to whoever has waited longest, here or in another worker. */
  give(server: Server): void {
    this.table.give(server.row);
    if (this.table.inUse(this.row) > 0) this.#passOn(server);
  }

  /** The server for which `seeker` has to wait although others may have room; undefined when any will do. */
  waitsFor(seeker: Seeker, bound: Server | undefined, avoid: Server | undefined): Server | undefined {
    const only = this.#only(bound, avoid);
    return only === undefined && this.#binds ? this.#balance.choose(seeker, avoid) : only;
  }

  /** Puts `waiter` into the queue; it may be served before this returns. False when the queue is full. */
  wait(waiter: Waiter): boolean {
    const { table, row } = this;
    const { bound } = waiter;
    if (this.options.queue === 0 || !table.take(row)) return false;
    this.#line.add(waiter);
    if (bound !== undefined) this.#countBound(bound, 1);
    const ticket = table.wakeTicket(row);
    // A place may have been given back since it was looked for, and nobody knew that it was wanted.
    const others = bound === undefined ? this.#waitingForAny : table.waiting(bound.row);
    if (others === this.#line.countOf(bound)) this.#serve();
    if (this.#line.size > 0 && !this.#isListening) void this.#listen(ticket);
    return true;
  }

  /** The waiter gave up, or is served. */
  leave(waiter: Waiter): void {
    if (!this.#line.remove(waiter)) return;
    if (waiter.bound !== undefined) this.#countBound(waiter.bound, -1);
    this.table.give(this.row);
  }

  /**
   * A connection to `server` that is there already, or undefined. A retry gets none: where one had died idle, the
   * others may have died with it.
   */
  takeIdle(server: Server, isRetry: boolean): OriginConnection | undefined {
    if (isRetry) return undefined;
    for (;;) {
      const origin = server.idle.pop();
      if (origin === undefined || !origin.connection.isClosing) return origin;
    }
  }

  /** The same in a pool that is shared by source: one that comes from `source`, the key of a SourceAttempt. */
  takeIdleOf(server: Server, source: string, isRetry: boolean): OriginConnection | undefined {
    const { idle } = server;
    if (isRetry) return undefined;
    const least = Math.max(0, idle.length - LOOKED_AT_MAX);
    for (let index = idle.length - 1; index >= least; index--) {
      const origin = idle[index]!; // index is one of the list.
      if (origin.sourceKey === source && !origin.connection.isClosing) return idle.splice(index, 1)[0];
    }
    return undefined;
  }

  /** Begins a connection to `server`, with the socket `fd` if there is one. */
  connect(server: Server, fd?: number): OriginConnection {
    // What is idle serves other clients only: one of them has to make room.
    if (this.isSharedBySource && this.#hasEnough(server)) server.idle.shift()?.close();
    server.open++;
    return new OriginConnection(this.#host, this, server, fd);
  }

  /** A connection that can carry another request is free, since `at` on the clock of base/clock.ts. */
  giveBack(origin: OriginConnection, at: number): void {
    const { server } = origin;
    const { idle, idleMax } = this.options.connections;
    if (origin.isMoved || idleMax === 0 || this.#hasEnough(server)) {
      origin.close();
      return;
    }
    if (server.idle.length >= idleMax) {
      if (!this.isSharedBySource) {
        origin.close();
        return;
      }
      // The client whose connection has been idle for longest is the least likely to come again.
      server.idle.shift()?.close();
    }
    origin.rest(at, idle);
    if (this.#lineage.present === this) server.idle.push(origin);
    else this.#handOn(origin);
  }

  /** A connection is closed: it is idle no more. */
  forget(origin: OriginConnection): void {
    const { server } = origin;
    const index = server.idle.lastIndexOf(origin);
    if (index !== -1) server.idle.splice(index, 1);
    server.open--;
    this.destinations?.forget(server);
  }

  /**
   * Another configuration is in use, in which this pool is `next`. Connections to servers that are the same in both
   * belong to that one from now on, those in use as soon as they are free; others are closed.
   */
  retire(next: Pool | undefined): void {
    this.#lineage.present = next;
    if (next !== undefined) next.#lineage = this.#lineage;
    for (const server of this.#all) for (const origin of server.idle.splice(0)) this.#handOn(origin);
  }

  /** Gives an idle connection to the pool of the present configuration. */
  #handOn(origin: OriginConnection): void {
    const { present } = this.#lineage;
    const isAlike = present !== undefined && connectsAlike(this.options, present.options);
    const server = isAlike ? present.#alike(origin.server) : undefined;
    if (
      present === undefined ||
      server === undefined ||
      server.idle.length >= present.options.connections.idleMax
    ) {
      origin.close();
      return;
    }
    origin.moveTo(present, server);
    server.idle.push(origin);
  }

  /** Closes what is idle. Connections in use end with their exchanges. */
  close(): void {
    for (const server of this.#all) for (const origin of [...server.idle]) origin.close();
  }

  /** Connections of this worker to a server of the configuration. */
  connectionsOf(server: Server): { readonly open: number; readonly idle: number } {
    let [open, idle] = [0, 0];
    for (const one of this.destinations?.servers ?? [server]) {
      open += one.open;
      idle += one.idle.length;
    }
    return { open, idle };
  }

  /** Those of the configuration, or those that clients have wanted. */
  get #all(): Iterable<Server> {
    return this.destinations?.servers ?? this.servers;
  }

  /** The server that `other`, one of an earlier configuration, is here. */
  #alike(other: Server): Server | undefined {
    if (this.destinations === undefined) return this.servers.find((one) => isSameServer(one, other));
    const found = this.destinations.find(parseEndpoint(other.key), '');
    return found.kind === 'none' ? undefined : found;
  }

  /**
   * A server that may have so many exchanges is spared more open connections than that. The exchange whose connection
   * this is about still has its place.
   */
  #hasEnough(server: Server): boolean {
    const { maxConnections } = server;
    return maxConnections > 0 && this.table.inUse(server.row) + server.idle.length > maxConnections;
  }

  /** Exchanges that any server could serve and none has, over all workers. */
  get #waitingForAny(): number {
    return this.table.inUse(this.row) - this.table.waiting(this.row);
  }

  #countBound(server: Server, count: 1 | -1): void {
    this.table.addWaiting(server.row, count);
    this.table.addWaiting(this.row, count);
  }

  #takeAny(seeker: Seeker, avoid: Server | undefined): Server | undefined {
    const next = this.#balance.choose(seeker, avoid);
    if (next === undefined || this.#takeFree(next)) return next;
    if (this.#binds) return undefined;
    // Another worker was faster, or none has room.
    return this.#balance.present.find(
      (server) => server !== avoid && this.table.isOpen(server.row) && this.#takeFree(server),
    );
  }

  /** A place that nobody waits for. */
  #takeFree({ row }: Server): boolean {
    return this.table.waiting(row) === 0 && this.table.take(row);
  }

  /** A place at `server` is free and exchanges wait, some of them perhaps in other workers. */
  #passOn(server: Server): void {
    const all = this.#waitingForAny + this.table.waiting(server.row);
    this.#credit += this.#line.countOf(undefined) + this.#line.countOf(server);
    if (this.#credit < all) {
      const ticket = this.table.wake(this.row);
      if (this.#isListening) this.#passed = ticket;
      return;
    }
    this.#credit = Math.min(this.#credit - all, all);
    this.#serve();
  }

  /** Serves this worker's queue as far as there are places; true when somebody got one. */
  #serve(): boolean {
    // An exchange that ends as soon as it is served gives its place back from within: the loop goes on with that.
    if (this.#isServing) return false;
    this.#isServing = true;
    let hasServed = false;
    try {
      while (this.#serveNext()) hasServed = true;
    } finally {
      this.#isServing = false;
    }
    return hasServed;
  }

  /** False when nobody who waits can be helped. */
  #serveNext(): boolean {
    let place: Server | undefined;
    const waiter = this.#line.find((one) => {
      if (this.#isStranded(one)) return true;
      place = this.#takeFor(one);
      return place !== undefined;
    });
    if (waiter === undefined) return false;
    this.leave(waiter);
    if (place === undefined) waiter.onNoServer();
    else waiter.onPlace(place);
    return true;
  }

  #takeFor({ bound, seeker, avoid }: Waiter): Server | undefined {
    if (bound === undefined) return this.#takeAny(seeker, avoid);
    return this.table.take(bound.row) ? bound : undefined;
  }

  /** True when what it waits for will not come: its own server, or any, has gone down meanwhile. */
  #isStranded({ bound }: Waiter): boolean {
    return bound === undefined ? !this.isOpen : !this.table.isKept(bound.row);
  }

  /** Looks again whenever another worker gives a place back, as long as somebody waits here. */
  async #listen(firstTicket: number): Promise<void> {
    this.#isListening = true;
    const { table, row } = this;
    let ticket = firstTicket;
    try {
      while (this.#line.size > 0) {
        await table.onWake(row, ticket, LOOK_AGAIN_MS);
        ticket = table.wakeTicket(row);
        if (ticket === this.#passed) {
          // Who has waited longest is called, which can be the one that called: it would serve its own, always.
          this.#passed = undefined;
          ticket = table.wake(row);
          continue;
        }
        // There may be places for more than one.
        if (this.#serve() && table.inUse(row) > this.#line.size) ticket = table.wake(row);
      }
    } catch (error) {
      this.#host.onDefect(error);
    } finally {
      this.#isListening = false;
    }
  }
}

function destinationsOf(
  options: PoolOptions,
  [common]: readonly Server[],
  host: ProxyHost,
): Destinations | undefined {
  if (!goesOnward(options) || common === undefined) return undefined;
  const { within, max } = options.originalDestination;
  return new Destinations(common, new DestinationPolicy(within, host.loops), max);
}

function isOfFamily({ address }: Server, family: 4 | 6): boolean {
  return 'host' in address && address.host.includes(':') === (family === 6);
}

function isSameServer(left: Server, right: Server): boolean {
  return left.name === right.name && isDeepStrictEqual(left.address, right.address);
}

/** True when a connection that was made for one pool is as the other would make it, and reads responses alike. */
function connectsAlike(left: PoolOptions, right: PoolOptions): boolean {
  const parts = ({ proxyProtocol, proxyProtocolTlvs, source, limits }: PoolOptions): unknown => [
    proxyProtocol,
    proxyProtocolTlvs,
    source,
    limits,
  ];
  return isDeepStrictEqual(parts(left), parts(right));
}
