/**
 * The data plane of one thread: the listeners that are open, the connections in flight, and the configuration that they
 * work by.
 *
 * Building has no side effects: nothing listens before `start` or `listen`, and nothing is used before `listen` swaps it in.
 */
import { now, wallNow } from '../base/clock.ts';
import { ExchangeIds } from '../base/ids.ts';
import type { Config } from '../config/config.ts';
import { Attackers } from '../decoy/attackers.ts';
import type { AttackersOptions } from '../decoy/attackers.ts';
import { duplicate } from '../linux/descriptor.ts';
import { CidrSet } from '../net/cidr.ts';
import { Deadlines } from '../net/deadlines.ts';
import { Listener } from '../net/listener.ts';
import { CopyBuffers } from '../net/copy-buffers.ts';
import { ReadBuffers } from '../net/read-buffers.ts';
import { GatheredWrites } from '../net/gathered-writes.ts';
import { TurnEnd } from '../net/turn-end.ts';
import { arrive } from '../proxy/arrival.ts';
import type { DatagramOutcome } from '../proxy/datagram-outcomes.ts';
import type { ConfigurationUsers, ListenerContext, ProxyHost } from '../proxy/context.ts';
import { HeldBytes } from '../proxy/held-bytes.ts';
import { ListenerPlace } from '../proxy/listener-place.ts';
import { LoopGuard } from '../proxy/loop-guard.ts';
import type { Pool } from '../proxy/pool.ts';
import { UdpListener } from '../proxy/udp-listener.ts';
import type { SharedCount } from '../state/shared-count.ts';
import { explainListen, ListenError } from './listen-error.ts';
import type { Bound, ListenSocket } from './messages.ts';
import { Snapshot } from './snapshot.ts';
import type { SnapshotParts } from './snapshot.ts';
import { checkSockets, openSockets } from './socket-needs.ts';

export interface DataPlaneParts extends SnapshotParts {
  /** The marks that all threads share; its own when left out. */
  readonly attackers?: Attackers;
  /** Of bodies that all threads hold; its own when left out. */
  readonly held?: SharedCount;
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
  readonly #warn: (text: string) => void;
  /** Listeners of the present configuration, and of earlier ones as long as connections are left. */
  readonly #places = new Map<string, ListenerPlace>();
  readonly #gone = new Set<ListenerPlace>();
  /** By the id of the socket. */
  readonly #listeners = new Map<number, OpenListener>();
  #snapshot: Snapshot;
  /** Earlier configurations, as long as something works by them. */
  #earlier: Snapshot[] = [];
  /** Those of which nothing is left but tunnels. */
  #tunnels: ConfigurationUsers[] = [];
  #isStopping = false;
  #refused = 0;

  constructor(parts: DataPlaneParts) {
    this.#warn = parts.warn;
    const turnEnd = new TurnEnd(parts.onDefect);
    this.host = {
      buffers: new ReadBuffers(),
      copies: new CopyBuffers(),
      deadlines: new Deadlines(now),
      clock: now,
      onDefect: parts.onDefect,
      ids: new ExchangeIds(),
      loops: new LoopGuard(now),
      turnEnd,
      gathered: new GatheredWrites(turnEnd, parts.onDefect),
      freeIdle: () => {
        for (const pool of this.pools.values()) pool.close();
      },
      sockets: undefined,
      held: new HeldBytes(parts.held),
      counts: { clients: 0, origins: 0, exchanges: 0, tunnels: 0 },
    };
    this.attackers = parts.attackers ?? new Attackers(attackersOptions(parts.config), wallNow);
    this.#snapshot = this.build(parts);
    this.#use(this.#snapshot);
  }

  /** The pools of the present configuration. */
  get pools(): ReadonlyMap<string, Pool> {
    return this.#snapshot.pools;
  }

  /** Connections that were closed because a listener had its most. */
  get refused(): number {
    return this.#refused;
  }

  /** What each listener is bound to, once it is started: an address once, however many sockets it has. */
  get bound(): readonly Bound[] {
    const all = [...this.#listeners.values()].map(({ bound }) => bound);
    return [...new Map(all.map((one) => [`${one.listener} ${one.host} ${one.port}`, one] as const)).values()];
  }

  /** Each listener with what it is bound to and how many connections it has. */
  listenerViews(): {
    readonly name: string;
    readonly protocol: 'http' | 'tcp' | 'udp';
    readonly bound: readonly { readonly host: string; readonly port: number }[];
    readonly connections: number;
  }[] {
    return [...this.#snapshot.contexts.values()].map(({ name, options, place }) => ({
      name,
      protocol: options.protocol,
      bound: this.bound.filter((one) => one.listener === name),
      connections: place.connections.size + place.flows,
    }));
  }

  /** What became of datagrams since this was asked last, by listener. */
  takeDatagrams(): ReadonlyMap<string, ReadonlyMap<DatagramOutcome, number>> {
    return new Map([...this.#places.values()].map(({ name, datagrams }) => [name, datagrams.take()]));
  }

  /** Each server with the connections that this thread has to it. */
  serverViews(): { readonly key: string; readonly busy: number; readonly idle: number }[] {
    return [...this.pools].flatMap(([key, pool]) =>
      pool.servers.map((server) => {
        const { open, idle } = pool.connectionsOf(server);
        return { key: `${key}/${server.name}`, busy: open - idle, idle };
      }),
    );
  }

  /** Makes the next configuration ready, beside the present one. */
  build(parts: SnapshotParts): Snapshot {
    this.host.sockets ??= openSockets(parts.config);
    return new Snapshot(parts, {
      host: this.host,
      attackers: this.attackers,
      placeOf: (name) =>
        this.#places.get(name) ?? new ListenerPlace(name, parts.connectionsOf?.(name), parts.descriptors),
      onRefused: this.#onRefused,
      isStopping: this.#stops,
    });
  }

  // Not made in `build`: what it makes lives as long as a tunnel, and would keep the parts of a configuration alive.
  readonly #onRefused = (): void => {
    this.#refused++;
  };
  readonly #stops = (): boolean => this.#isStopping;

  /**
   * Every request that begins from now on is served by `next`; those that have begun end as they began. Connections to
   * servers that are the same in both are kept.
   */
  #swap(next: Snapshot): void {
    const before = this.#snapshot;
    this.#snapshot = next;
    this.#use(next);
    for (const [key, pool] of before.pools) pool.retire(next.pools.get(key));
    for (const [name, place] of this.#places) {
      if (next.contexts.has(name)) continue;
      place.isGone = true;
      place.closeIdle();
      this.#places.delete(name);
      this.#gone.add(place);
    }
    this.#earlier.push(before);
    this.forgetEarlier();
  }

  /** Forgets what is over of earlier configurations. True when nothing of them is left. */
  forgetEarlier(): boolean {
    for (const { users, tunnels, follower } of this.#earlier) {
      if (users.count > 0) continue;
      follower.stop();
      this.#tunnels.push(tunnels);
    }
    this.#earlier = this.#earlier.filter(({ users }) => users.count > 0);
    this.#tunnels = this.#tunnels.filter(({ count }) => count > 0);
    for (const place of this.#gone) if (place.connections.size === 0) this.#gone.delete(place);
    return this.#earlier.length === 0 && this.#tunnels.length === 0;
  }

  /** Opens all listeners by their addresses, or none: a failure names the one that failed. */
  async start(): Promise<void> {
    checkSockets(this.#snapshot.config, this.#warn);
    let id = 0;
    await this.listen(
      Object.entries(this.#snapshot.config.listeners).flatMap(([listener, { bind }]) =>
        bind.map(({ address, port }) => ({
          id: id++,
          listener,
          host: address.text,
          port,
          descriptor: undefined,
        })),
      ),
    );
  }

  /**
   * Listens on these sockets and on no others, and swaps in `next` if there is one. Sockets that are open stay open, for
   * the listener that has them now; after a failure everything is as it was.
   */
  async listen(sockets: readonly ListenSocket[], next?: Snapshot): Promise<void> {
    const opened = new Map<number, OpenListener>();
    try {
      for (const socket of sockets) {
        if (!this.#listeners.has(socket.id)) opened.set(socket.id, await this.#open(socket, next));
      }
    } catch (error) {
      await closeListeners(opened);
      throw error;
    }
    (next ?? this.#snapshot).follower.start();
    // From here to the end of the loop nothing can arrive: a socket is never without its listener.
    if (next !== undefined) this.#swap(next);
    const wanted = new Map(sockets.map((socket) => [socket.id, socket]));
    const gone = new Map<number, OpenListener>();
    for (const [id, open] of this.#listeners) {
      const socket = wanted.get(id);
      if (socket === undefined) gone.set(id, open);
      else open.bound = { ...open.bound, listener: socket.listener };
    }
    for (const id of gone.keys()) this.#listeners.delete(id);
    for (const [id, listener] of opened) {
      listener.next = undefined;
      this.#listeners.set(id, listener);
    }
    await closeListeners(gone);
  }

  /**
   * Accepts no more, lets what is in flight end, and cuts what is left after `graceMs`. Idle connections are closed at
   * once, and others after their present response.
   */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    await this.listen([]);
    const endAt = now() + graceMs;
    for (const place of this.#allPlaces()) place.closeIdle();
    while (this.#connectionCount() > 0 && now() < endAt) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    for (const place of this.#allPlaces()) place.cut();
    for (const { follower } of [this.#snapshot, ...this.#earlier]) follower.stop();
    for (const pool of this.pools.values()) pool.close();
  }

  #use({ contexts }: Snapshot): void {
    for (const [name, context] of contexts) {
      this.#places.set(name, context.place);
      context.place.use(context);
    }
  }

  #allPlaces(): readonly ListenerPlace[] {
    return [...this.#places.values(), ...this.#gone];
  }

  #connectionCount(): number {
    return this.#allPlaces().reduce((sum, { connections }) => sum + connections.size, 0);
  }

  async #open(
    { listener: name, host, port, descriptor }: ListenSocket,
    next: Snapshot | undefined,
  ): Promise<OpenListener> {
    const context = (): ListenerContext => this.#contextOf(open.bound.listener, open.next);
    const listeners = (next ?? this.#snapshot).contexts;
    const open: OpenListener = {
      listener:
        listeners.get(name)?.options.protocol === 'udp'
          ? new UdpListener(context, this.host.onDefect)
          : new Listener((handle) => arrive(context(), handle)),
      bound: { listener: name, host, port },
      next,
    };
    open.listener.onAcceptError = (status) =>
      this.#warn(`Cannot accept a connection on listener "${open.bound.listener}": system error ${status}`);
    try {
      const bound = await open.listener.listen(
        descriptor === undefined ? { host, port } : { host, fd: duplicate(descriptor) },
      );
      open.bound = { listener: name, host, port: bound };
      return open;
    } catch (error) {
      throw new ListenError(explainListen(name, host, port, error));
    }
  }

  /** By what a connection is served that arrives now; `next` has listeners that are just being opened. */
  #contextOf(listener: string, next: Snapshot | undefined): ListenerContext {
    const gone = [...this.#gone].find(({ name }) => name === listener);
    const context = (this.#places.get(listener) ?? gone)?.context ?? next?.contexts.get(listener);
    if (context === undefined) throw new Error(`There is no listener "${listener}" for a socket`);
    return context;
  }
}

interface OpenListener {
  readonly listener: Listener | UdpListener;
  /** Its listener may have another name after a reload. */
  bound: Bound;
  /** The configuration that it is opened for, until that is in use. */
  next: Snapshot | undefined;
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
