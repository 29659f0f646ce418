/**
 * Everything that a data plane makes of one configuration: pools, routes, inspectors, put together so that a request
 * finds all of it through the context of its listener.
 *
 * Building has no side effects: nothing of it is used before the data plane swaps it in.
 */
import { wallNow } from '../base/clock.ts';
import { goesOnward, ORIGINAL_DESTINATION } from '../balance/destination-options.ts';
import type { PoolOptions } from '../balance/options.ts';
import { makePersistence } from '../balance/persistences.ts';
import { poolKey, serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import type { Attackers } from '../decoy/attackers.ts';
import { DEFAULT_BODY_LIMITS } from '../inspect/body/limits.ts';
import type { Inspector } from '../inspect/inspector.ts';
import type { StreamInspector } from '../inspect/snort/inspect-stream.ts';
import { formatNamedEndpoint, isNamed } from '../net/named-endpoint.ts';
import type { ConfigurationUsers, ListenerContext, ProxyHost, RouteContext } from '../proxy/context.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { Descriptors, ListenerPlace } from '../proxy/listener-place.ts';
import type { ListenerOptions, RouteOptions } from '../proxy/options.ts';
import { Pool } from '../proxy/pool.ts';
import { RouteTable } from '../proxy/routes.ts';
import { Server } from '../proxy/server.ts';
import type { ServerAddress, ServerFacts } from '../proxy/server.ts';
import type { Tracer } from '../proxy/tracing/tracer.ts';
import type { SharedCount } from '../state/shared-count.ts';
import { SessionTable } from '../state/session-table.ts';
import { AddressFollower, NOWHERE, serverAddress } from './follow-addresses.ts';
import { inspectionUse } from './inspection-use.ts';
import type { InspectionUse } from './inspection-use.ts';
import { BUILT_IN, rowOf } from './servers-in-use.ts';
import type { ServersInUse } from './servers-in-use.ts';
import { newSessions, sessionsKey } from './sessions-in-use.ts';
import type { SessionsInUse } from './sessions-in-use.ts';

/** What is made anew for each configuration. */
export interface SnapshotParts {
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
  /** Where the connections of a listener are counted; each thread for itself when left out. */
  readonly connectionsOf?: (listener: string) => SharedCount | undefined;
  /** Those that connections may take; no bound when left out. */
  readonly descriptors?: Descriptors;
  readonly record: ((record: ExchangeRecord) => void) | undefined;
  /** Undefined where nothing is traced. */
  readonly tracer?: Tracer | undefined;
}

/** What stays, whatever the configuration is. */
export interface SnapshotThread {
  readonly host: ProxyHost;
  readonly attackers: Attackers;
  readonly placeOf: (listener: string) => ListenerPlace;
  readonly onRefused: () => void;
  readonly isStopping: () => boolean;
}

/** What a pool is made of besides its name. */
interface PoolPlan {
  readonly options: PoolOptions;
  readonly fallback: Pool | undefined;
  /** The server of a decoy that has none of its own. */
  readonly builtIn: { readonly name: string; readonly address: ServerAddress } | undefined;
}

export class Snapshot {
  readonly config: Config;
  readonly pools: ReadonlyMap<string, Pool>;
  /** By the name of the listener. */
  readonly contexts: ReadonlyMap<string, ListenerContext>;
  /** Exchanges and connections that work by it. */
  readonly users: ConfigurationUsers = { count: 0 };
  /** Its tunnels, which keep nothing of it but their place at a server. */
  readonly tunnels: ConfigurationUsers = { count: 0 };
  /** Runs from when it is used until nothing works by it any more. */
  readonly follower: AddressFollower;
  readonly #parts: SnapshotParts;
  readonly #thread: SnapshotThread;
  readonly #sessions: SessionsInUse;

  constructor(parts: SnapshotParts, thread: SnapshotThread) {
    this.config = parts.config;
    this.#parts = parts;
    this.#thread = thread;
    this.#sessions = parts.sessions ?? newSessions(parts.config);
    this.follower = new AddressFollower(parts.servers.table.addresses);
    this.pools = this.#buildPools();
    this.contexts = new Map(
      Object.entries(parts.config.listeners).map(([name, options]) => [
        name,
        this.#buildListener(name, options),
      ]),
    );
  }

  #buildPools(): ReadonlyMap<string, Pool> {
    const { config, decoyAddress } = this.#parts;
    const pools = new Map<string, Pool>();
    // Those that others fall back to are built before them; the checks have seen to it that there is no ring.
    const build = (kind: 'pool' | 'decoy', name: string): Pool => {
      const known = pools.get(`${kind} ${name}`);
      if (known !== undefined) return known;
      const options = (kind === 'pool' ? config.pools : config.decoys)[name];
      if (options === undefined) throw new Error(`The ${kind} "${name}" passed the checks but is not there`);
      const fallback = options.fallback === undefined ? undefined : build(kind, options.fallback);
      const address = kind === 'decoy' ? decoyAddress(name) : undefined;
      const builtIn = address === undefined ? undefined : { name: BUILT_IN, address };
      const pool = this.#buildPool(kind, name, { options, fallback, builtIn });
      pools.set(`${kind} ${name}`, pool);
      return pool;
    };
    for (const name of Object.keys(config.pools)) build('pool', name);
    for (const name of Object.keys(config.decoys)) build('decoy', name);
    return pools;
  }

  #buildPool(kind: 'pool' | 'decoy', name: string, { options, fallback, builtIn }: PoolPlan): Pool {
    const { table, rows } = this.#parts.servers;
    const make = (server: string, address: ServerAddress, facts: Partial<ServerFacts>): Server => {
      const row = rowOf(rows, serverKey(kind, name, server));
      const { maxConnections } = options;
      return new Server({ name: server, address, row, weight: 1, maxConnections, ...facts });
    };
    const follow = (server: Server): Server => {
      this.follower.add(server);
      return server;
    };
    const servers =
      builtIn === undefined
        ? Object.entries(options.servers).map(
            ([server, { address, weight, maxConnections, cookie, backup }]) => {
              const facts = {
                weight,
                cookie,
                isBackup: backup,
                maxConnections: maxConnections ?? options.maxConnections,
              };
              return isNamed(address)
                ? follow(make(server, NOWHERE, { ...facts, key: formatNamedEndpoint(address) }))
                : make(server, serverAddress(address), facts);
            },
          )
        : [make(builtIn.name, builtIn.address, {})];
    if (goesOnward(options)) servers.push(make(ORIGINAL_DESTINATION, NOWHERE, {}));
    const persistence = makePersistence(options.persistence, {
      name,
      members: servers,
      table,
      secret: this.#sessions.secret,
      sessions: sessionsOf(this.#sessions, kind, name),
      clock: wallNow,
    });
    const row = rowOf(rows, poolKey(kind, name));
    const isTraced = this.#parts.tracer !== undefined;
    const { host } = this.#thread;
    return new Pool({ name, options, servers, table, row, host, persistence, isTraced, fallback });
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
    const { attackers, host, isStopping, onRefused, placeOf } = this.#thread;
    const place = placeOf(name);
    const routes = new RouteTable(matches, otherwise);
    const goesOnward = [otherwise, ...matches.map(({ route }) => route)].some(
      ({ pool }) => pool?.destinations !== undefined,
    );
    return {
      name,
      options,
      identity: options.identity,
      routes,
      asksForDestination: options.transparent || routes.asksForDestination || goesOnward,
      attackers,
      streams: this.#streams(options),
      tracer: this.#parts.tracer,
      record,
      host,
      requestLimits: options.limits,
      chunkLimits: options.limits,
      place,
      users: this.users,
      tunnels: this.tunnels,
      onRefused,
      isStopping: stopsWith(place, isStopping),
      heads: place.headsFor(options.limits),
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

/*
 * Functions that outlive a snapshot, with a tunnel or a pool, are made here and not in its methods: a closure keeps alive
 * whatever any closure of the same method uses, and so the whole snapshot.
 */

function stopsWith(place: ListenerPlace, isStopping: () => boolean): () => boolean {
  return () => place.isGone || isStopping();
}

function sessionsOf({ tables }: SessionsInUse, kind: 'pool' | 'decoy', pool: string): () => SessionTable {
  return () => {
    const shared = tables.get(sessionsKey(kind, pool));
    if (shared === undefined) throw new Error(`There is no table for the sessions of ${kind} "${pool}"`);
    return new SessionTable(shared);
  };
}
