/**
 * The data plane of one thread: listeners, pools and inspectors built from a configuration, and the connections in flight.
 *
 * Building has no side effects: nothing listens and no file is written before `start`.
 */
import { explainListen, ListenError } from './listen-error.ts';
import type { Bound, ListenSocket } from './messages.ts';
import { AddressFollower, NOWHERE, serverAddress } from './follow-addresses.ts';
import { BUILT_IN, rowOf } from './servers-in-use.ts';
import type { ServersInUse } from './servers-in-use.ts';
import { newSessions, sessionsKey } from './sessions-in-use.ts';
import type { SessionsInUse } from './sessions-in-use.ts';
import { checkSockets, openSockets } from './socket-needs.ts';
import { inspectionUse } from './inspection-use.ts';
import type { InspectionUse } from './inspection-use.ts';
import { now, wallNow } from '../base/clock.ts';
import { ExchangeIds } from '../base/ids.ts';
import type { PoolOptions } from '../balance/options.ts';
import { makePersistence } from '../balance/persistences.ts';
import { poolKey, serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import { Attackers } from '../decoy/attackers.ts';
import type { AttackersOptions } from '../decoy/attackers.ts';
import { DEFAULT_BODY_LIMITS } from '../inspect/body/limits.ts';
import type { Inspector } from '../inspect/inspector.ts';
import type { StreamInspector } from '../inspect/snort/inspect-stream.ts';
import type { Endpoint } from '../net/address.ts';
import { duplicate } from '../linux/descriptor.ts';
import { formatNamedEndpoint, isNamed } from '../net/named-endpoint.ts';
import { CidrSet } from '../net/cidr.ts';
import { Deadlines } from '../net/deadlines.ts';
import { Listener } from '../net/listener.ts';
import { ReadBuffers } from '../net/read-buffers.ts';
import { arrive } from '../proxy/arrival.ts';
import type { ListenerContext, ProxyHost, RouteContext } from '../proxy/context.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { HeadStore } from '../proxy/head-store.ts';
import type { ListenerOptions, RouteOptions } from '../proxy/options.ts';
import { Pool } from '../proxy/pool.ts';
import { RouteTable } from '../proxy/routes.ts';
import { Server } from '../proxy/server.ts';
import type { ServerAddress } from '../proxy/server.ts';
import { SessionTable } from '../state/session-table.ts';

export interface DataPlaneParts {
  readonly config: Config;
  /** Undefined where nothing is inspected. */
  readonly inspectorFor: (use: InspectionUse) => Inspector | undefined;
  /** Where the built-in decoy of a name listens; undefined for a decoy with servers of its own. */
  readonly decoyAddress: (decoy: string) => ServerAddress | undefined;
  /** For `tcp` listeners; undefined where no rule is about their bytes. Nothing is inspected there when left out. */
  readonly streamsFor?: (use: InspectionUse) => StreamInspector | undefined;
  readonly servers: ServersInUse;
  /** Its own when left out. */
  readonly sessions?: SessionsInUse;
  /** The marks that all threads share; its own when left out. */
  readonly attackers?: Attackers;
  readonly record: ((record: ExchangeRecord) => void) | undefined;
  /** Something that an operator should know, in one sentence. */
  readonly warn: (text: string) => void;
  /** A defect in Sallyport ended one connection. */
  readonly onDefect: (error: unknown) => void;
}

/** How often connections are looked at while they are waited for. */
const DRAIN_POLL_MS = 50;

export class DataPlane {
  readonly attackers: Attackers;
  readonly host: ProxyHost;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly #parts: DataPlaneParts;
  readonly #sessions: SessionsInUse;
  readonly #contexts: { readonly context: ListenerContext; readonly binds: readonly Endpoint[] }[];
  /** By the id of the socket. */
  readonly #listeners = new Map<number, OpenListener>();
  readonly #follower: AddressFollower;
  #isStopping = false;
  #refused = 0;

  constructor(parts: DataPlaneParts) {
    this.#parts = parts;
    this.host = {
      buffers: new ReadBuffers(),
      deadlines: new Deadlines(now),
      clock: now,
      onDefect: parts.onDefect,
      ids: new ExchangeIds(),
      sockets: openSockets(parts.config),
      heldBytes: 0,
      counts: { clients: 0, origins: 0, exchanges: 0, tunnels: 0 },
    };
    const { config } = parts;
    this.attackers = parts.attackers ?? new Attackers(attackersOptions(config), wallNow);
    this.#sessions = parts.sessions ?? newSessions(config);
    this.#follower = new AddressFollower(parts.servers.table.addresses);
    this.pools = this.#buildPools();
    this.#contexts = Object.entries(config.listeners).map(([name, options]) => ({
      context: this.#buildListener(name, options),
      binds: options.bind,
    }));
  }

  /** Connections that were closed because a listener had its most. */
  get refused(): number {
    return this.#refused;
  }

  /** What each listener is bound to, once it is started. */
  get bound(): readonly Bound[] {
    return [...this.#listeners.values()].map(({ bound }) => bound);
  }

  /** Each listener with what it is bound to and how many connections it has. */
  listenerViews(): {
    readonly name: string;
    readonly protocol: 'http' | 'tcp';
    readonly bound: readonly { readonly host: string; readonly port: number }[];
    readonly connections: number;
  }[] {
    return this.#contexts.map(({ context }) => ({
      name: context.name,
      protocol: context.options.protocol,
      bound: this.bound.filter((one) => one.listener === context.name),
      connections: context.connections.size,
    }));
  }

  /** Each server with the connections that this thread has to it. */
  serverViews(): { readonly key: string; readonly busy: number; readonly idle: number }[] {
    return [...this.pools].flatMap(([key, pool]) =>
      pool.servers.map(({ name, open, idle }) => ({
        key: `${key}/${name}`,
        busy: open - idle.length,
        idle: idle.length,
      })),
    );
  }

  /** Opens all listeners by their addresses, or none: a failure names the one that failed. */
  async start(): Promise<void> {
    checkSockets(this.#parts.config, this.#parts.warn);
    let id = 0;
    await this.listen(
      this.#contexts.flatMap(({ context, binds }) =>
        binds.map(({ address, port }) => ({
          id: id++,
          listener: context.name,
          host: address.text,
          port,
          descriptor: undefined,
        })),
      ),
    );
  }

  /** Listens on these sockets and on no others. Those that are open stay as they are; after a failure, all do. */
  async listen(sockets: readonly ListenSocket[]): Promise<void> {
    this.#follower.start();
    const fresh = sockets.filter(({ id }) => !this.#listeners.has(id));
    const opened = new Map<number, OpenListener>();
    try {
      for (const socket of fresh) opened.set(socket.id, await this.#open(socket));
    } catch (error) {
      await closeListeners(opened);
      throw error;
    }
    const wanted = new Set(sockets.map(({ id }) => id));
    const gone = [...this.#listeners].filter(([id]) => !wanted.has(id));
    for (const [id] of gone) this.#listeners.delete(id);
    for (const [id, listener] of opened) this.#listeners.set(id, listener);
    await closeListeners(new Map(gone));
  }

  async #open({ listener: name, host, port, descriptor }: ListenSocket): Promise<OpenListener> {
    const context = this.#contexts.find((one) => one.context.name === name)?.context;
    if (context === undefined) throw new Error(`There is no listener "${name}" for a socket`);
    const listener = new Listener((handle) => arrive(context, handle));
    listener.onAcceptError = (status) =>
      this.#parts.warn(`Cannot accept a connection on listener "${name}": system error ${status}`);
    try {
      const bound = await listener.listen(
        descriptor === undefined ? { host, port } : { fd: duplicate(descriptor) },
      );
      return { listener, bound: { listener: name, host, port: bound } };
    } catch (error) {
      throw new ListenError(explainListen(name, host, port, error));
    }
  }

  /**
   * Accepts no more, lets what is in flight end, and cuts what is left after `graceMs`. Idle connections are closed at
   * once, and others after their present response.
   */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    await this.listen([]);
    const endAt = now() + graceMs;
    this.#closeIdle();
    while (this.#connectionCount() > 0 && now() < endAt) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      // A response that was on its way has promised to keep the connection.
      this.#closeIdle();
    }
    for (const { context } of this.#contexts) {
      for (const tunnel of context.tunnels) tunnel.close();
      for (const connection of context.connections) connection.destroy();
    }
    this.#follower.stop();
    for (const pool of this.pools.values()) pool.close();
  }

  #closeIdle(): void {
    for (const { context } of this.#contexts) {
      for (const { isIdle, connection } of context.clients) {
        if (isIdle && !connection.isClosing) connection.closeAfterWrites();
      }
    }
  }

  #connectionCount(): number {
    return this.#contexts.reduce((sum, { context }) => sum + context.connections.size, 0);
  }

  #buildPools(): ReadonlyMap<string, Pool> {
    const { config, decoyAddress } = this.#parts;
    const pools = new Map<string, Pool>();
    for (const [name, options] of Object.entries(config.pools)) {
      pools.set(`pool ${name}`, this.#buildPool('pool', name, options));
    }
    for (const [name, options] of Object.entries(config.decoys)) {
      const address = decoyAddress(name);
      const builtIn = address === undefined ? undefined : { name: BUILT_IN, address };
      pools.set(`decoy ${name}`, this.#buildPool('decoy', name, options, builtIn));
    }
    return pools;
  }

  #buildPool(
    kind: 'pool' | 'decoy',
    name: string,
    options: PoolOptions,
    builtIn?: { readonly name: string; readonly address: ServerAddress },
  ): Pool {
    const { table, rows } = this.#parts.servers;
    const make = (
      server: string,
      address: ServerAddress,
      weight: number,
      maxConnections: number = options.maxConnections,
      cookie?: string,
      key?: string,
    ): Server => {
      const row = rowOf(rows, serverKey(kind, name, server));
      return new Server({ name: server, address, weight, row, maxConnections, cookie, key });
    };
    const follow = (server: Server): Server => {
      this.#follower.add(server);
      return server;
    };
    const servers =
      builtIn === undefined
        ? Object.entries(options.servers).map(([server, { address, weight, maxConnections, cookie }]) =>
            isNamed(address)
              ? follow(make(server, NOWHERE, weight, maxConnections, cookie, formatNamedEndpoint(address)))
              : make(server, serverAddress(address), weight, maxConnections, cookie),
          )
        : [make(builtIn.name, builtIn.address, 1)];
    const persistence = makePersistence(options.persistence, {
      name,
      members: servers,
      table,
      secret: this.#sessions.secret,
      sessions: () => this.#sessionTable(kind, name),
      clock: wallNow,
    });
    const row = rowOf(rows, poolKey(kind, name));
    return new Pool({ name, options, servers, table, row, host: this.host, persistence });
  }

  #sessionTable(kind: 'pool' | 'decoy', pool: string): SessionTable {
    const shared = this.#sessions.tables.get(sessionsKey(kind, pool));
    if (shared === undefined) throw new Error(`There is no table for the sessions of ${kind} "${pool}"`);
    return new SessionTable(shared);
  }

  #buildListener(name: string, options: ListenerOptions): ListenerContext {
    const { config, record } = this.#parts;
    const matches = options.routes.map((route) => {
      const chosen = config.routes[route];
      if (chosen === undefined) throw new Error(`Route "${route}" passed the checks but is not there`);
      return {
        hosts: chosen.hosts,
        paths: chosen.paths,
        methods: chosen.methods,
        destinations: chosen.destinations,
        route: this.#route(route, chosen, options),
      };
    });
    const otherwise: RouteContext = {
      name: '',
      pool: this.#find('pool', options.pool),
      decoy: this.#find('decoy', options.decoy),
      ...this.#inspection(inspectionUse(config, options)),
      allowConnect: false,
      allowUpgrade: true,
    };
    return {
      name,
      options,
      identity: options.identity,
      routes: new RouteTable(matches, otherwise),
      attackers: this.attackers,
      streams: this.#streams(options),
      record,
      host: this.host,
      requestLimits: options.limits,
      chunkLimits: options.limits,
      connections: new Set(),
      clients: new Set(),
      tunnels: new Set(),
      onRefused: () => {
        this.#refused++;
      },
      isStopping: () => this.#isStopping,
      heads: new HeadStore(options.limits),
    };
  }

  #streams(options: ListenerOptions): StreamInspector | undefined {
    if (options.protocol !== 'tcp') return undefined;
    return this.#parts.streamsFor?.(inspectionUse(this.#parts.config, options));
  }

  #route(name: string, route: RouteOptions, listener: ListenerOptions): RouteContext {
    return {
      name,
      pool: this.#find('pool', route.pool),
      decoy: this.#find('decoy', route.decoy ?? listener.decoy),
      ...this.#inspection(inspectionUse(this.#parts.config, listener, route)),
      allowConnect: route.allowConnect,
      allowUpgrade: route.allowUpgrade,
    };
  }

  #find(kind: 'pool' | 'decoy', name: string | undefined): Pool | undefined {
    return name === undefined ? undefined : this.pools.get(`${kind} ${name}`);
  }

  #inspection(use: InspectionUse): Pick<RouteContext, 'inspector' | 'isDetectOnly' | 'hold' | 'responses'> {
    const inspector = use.mode === 'off' ? undefined : this.#parts.inspectorFor(use);
    const { mode, types, held, beyond } = use.responses;
    const decode = { ...DEFAULT_BODY_LIMITS, ...use.limits };
    return {
      inspector,
      isDetectOnly: use.mode === 'detect',
      hold: use.hold,
      responses: { isInspected: mode === 'on', types: new Set(types), held, beyond, decode },
    };
  }
}

interface OpenListener {
  readonly listener: Listener;
  readonly bound: Bound;
}

async function closeListeners(listeners: ReadonlyMap<number, OpenListener>): Promise<void> {
  await Promise.all([...listeners.values()].map(({ listener }) => listener.close()));
}

export function attackersOptions(config: Config): AttackersOptions {
  return { markForMs: config.attackers.markFor, max: config.attackers.max, never: neverMarked(config) };
}

/** Trusted proxies speak for many clients: marking one would deceive them all. */
function neverMarked(config: Config): CidrSet {
  const trusted = Object.values(config.listeners).map((listener) => listener.identity.trust);
  return CidrSet.of([config.attackers.never, ...trusted].flatMap((set) => [...set.cidrs]));
}
