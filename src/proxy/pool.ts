/**
 * A pool at run time: its servers, their connections that are idle or awaited, and which server comes next.
 *
 *     checkout → idle connection, most recently used first → used
 *              → a new one, if connections.max allows      → connecting → used
 *              → the server's queue, if that is not full   → used when another exchange gives one back
 *     used → give back → the next in the queue, or idle (at most connections.idleMax, for connections.idle)
 *          → closed otherwise
 *
 * The connection used last is the one whose server is least likely to be just closing it, so the idle are a stack.
 */
import type { Seeker } from '../balance/algorithm.ts';
import { Balancer } from '../balance/balancer.ts';
import type { PoolOptions } from '../balance/options.ts';
import type { Persistence, PersistentMember } from '../balance/persistence.ts';
import type { ServerRow, ServerTable } from '../balance/server-table.ts';
import type { ProxyHost } from './context.ts';
import { OriginConnection } from './origin-connection.ts';
import { RequestHeaderPolicy } from './request-writer.ts';
import { SourcePolicy } from './source-policy.ts';

/** Exchanges that may wait for a connection to one server. More are answered with 503. */
const QUEUE_MAX = 1024;

/** Where a server listens: TCP or a UNIX socket. */
export type ServerAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Somebody who waits for a connection. */
export interface Waiter {
  /** There is room for a new connection. */
  onRoom(): void;
  /** A connection that was used before is there. */
  onOrigin(origin: OriginConnection): void;
}

export class Server implements PersistentMember {
  readonly name: string;
  readonly address: ServerAddress;
  readonly weight: number;
  /** Its address: in a list without names, those behind one that is taken out keep their keys. */
  readonly key: string;
  /** Its row in the ServerTable, where all threads see its state and count what it has in hand. */
  readonly row: ServerRow;
  readonly cookie: string | undefined;
  /** Connections of this worker that are open or being opened. */
  open = 0;
  readonly idle: OriginConnection[] = [];
  readonly queue: Waiter[] = [];

  constructor(name: string, address: ServerAddress, weight: number, row: ServerRow, cookie?: string) {
    this.name = name;
    this.address = address;
    this.weight = weight;
    this.key = 'path' in address ? address.path : `${address.host}:${address.port}`;
    this.row = row;
    this.cookie = cookie;
  }
}

export class Pool {
  readonly name: string;
  readonly options: PoolOptions;
  readonly servers: readonly Server[];
  /** What all threads know of its servers. */
  readonly table: ServerTable;
  readonly headers: RequestHeaderPolicy;
  /** Undefined where requests of one session may go to any server. */
  readonly persistence: Persistence<Server> | undefined;
  /** True when each connection belongs to one client: the PROXY header at its start, or its source, names that client. */
  readonly isPrivate: boolean;
  /** From which address its connections are made. */
  readonly source: SourcePolicy;
  readonly #balance: Balancer<Server>;
  readonly #host: ProxyHost;

  constructor(
    name: string,
    options: PoolOptions,
    servers: readonly Server[],
    table: ServerTable,
    host: ProxyHost,
    persistence?: Persistence<Server>,
  ) {
    this.name = name;
    this.options = options;
    this.servers = servers;
    this.table = table;
    this.headers = new RequestHeaderPolicy(options.headers, persistence?.cookieEdit);
    this.persistence = persistence;
    this.source = new SourcePolicy(options.source, host.sockets);
    this.isPrivate = options.proxyProtocol !== 'off' || this.source.isPrivate;
    this.#balance = new Balancer(options.balance, servers, table);
    this.#host = host;
  }

  /** The server that the session of `seeker` belongs to, unless it has none, or that has just failed. */
  boundTo(seeker: Seeker, avoid?: Server): Server | undefined {
    const bound = this.persistence?.find(seeker);
    return bound === avoid ? undefined : bound;
  }

  /** The server for a new session of `seeker`, another than `avoid` if there is another. */
  choose(seeker: Seeker, avoid?: Server): Server | undefined {
    return this.#balance.choose(seeker, avoid);
  }

  /** The same for who cannot wait in a queue: a server that may have another connection, if there is one. */
  chooseFree(seeker: Seeker, avoid?: Server): Server | undefined {
    const next = this.boundTo(seeker, avoid) ?? this.choose(seeker, avoid);
    if (next === undefined || this.#mayOpen(next)) return next;
    return this.servers.find((server) => server.weight > 0 && this.#mayOpen(server));
  }

  /**
   * A connection to `server` that is there already, or undefined. A retry gets one only when no new one may be opened:
   * where one had died idle, the others may have died with it.
   */
  takeIdle(server: Server, isRetry: boolean): OriginConnection | undefined {
    if (isRetry && this.#mayOpen(server)) return undefined;
    for (;;) {
      const origin = server.idle.pop();
      if (origin === undefined || !origin.connection.isClosing) return origin;
    }
  }

  /**
   * Whether `waiter` may begin a new connection now, or is queued until it hears onOrigin or onRoom, or is not because
   * the queue is full.
   */
  request(server: Server, waiter: Waiter): 'room' | 'queued' | 'full' {
    if (this.#mayOpen(server)) return 'room';
    if (server.queue.length >= QUEUE_MAX) return 'full';
    server.queue.push(waiter);
    return 'queued';
  }

  /** Begins a connection to `server`, with the socket `fd` if there is one. */
  connect(server: Server, fd?: number): OriginConnection {
    server.open++;
    return new OriginConnection(this.#host, this, server, fd);
  }

  /** The waiter gave up. */
  leaveQueue(server: Server, waiter: Waiter): void {
    const index = server.queue.indexOf(waiter);
    if (index !== -1) server.queue.splice(index, 1);
  }

  /** A connection that can carry another request is free, since `at` on the clock of base/clock.ts. */
  giveBack(origin: OriginConnection, at: number): void {
    const server = origin.server;
    const waiter = server.queue.shift();
    if (waiter !== undefined) {
      waiter.onOrigin(origin);
      return;
    }
    if (server.idle.length >= this.options.connections.idleMax) {
      origin.close();
      return;
    }
    origin.rest(at, this.options.connections.idle);
    server.idle.push(origin);
  }

  /** A connection is closed: it is idle no more, and a place is free for somebody who waits. */
  forget(origin: OriginConnection): void {
    const { server } = origin;
    const index = server.idle.lastIndexOf(origin);
    if (index !== -1) server.idle.splice(index, 1);
    this.release(server);
  }

  /** One connection less is open to `server`. */
  release(server: Server): void {
    server.open--;
    if (server.queue.length === 0 || !this.#mayOpen(server)) return;
    server.queue.shift()?.onRoom();
  }

  /** Closes what is idle. Connections in use end with their exchanges. */
  close(): void {
    for (const server of this.servers) for (const origin of [...server.idle]) origin.close();
  }

  #mayOpen(server: Server): boolean {
    const { max } = this.options.connections;
    return max === 0 || server.open < max;
  }
}
