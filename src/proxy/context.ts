/**
 * What an exchange finds around it: one frozen view of the configuration, built once per configuration, and what the
 * thread shares. An exchange keeps the context that it began with, whatever is loaded meanwhile.
 */
import type { ExchangeIds } from '../base/ids.ts';
import type { Attackers } from '../decoy/attackers.ts';
import type { ChunkLimits } from '../http/chunked.ts';
import type { RequestLimits } from '../http/request-head.ts';
import type { IdentityOptions } from '../identity/options.ts';
import type { DecodeLimits } from '../inspect/body/content-encoding.ts';
import type { Inspector } from '../inspect/inspector.ts';
import type { StreamInspector } from '../inspect/snort/inspect-stream.ts';
import type { Sockets } from '../linux/sockets.ts';
import type { ConnectionHost } from '../net/connection.ts';
import type { GatheredWrites } from '../net/gathered-writes.ts';
import type { TurnEnd } from '../net/turn-end.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import type { HeadStore } from './head-store.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { ListenerPlace } from './listener-place.ts';
import type { LoopGuard } from './loop-guard.ts';
import type { ListenerOptions } from './options.ts';
import type { Pool } from './pool.ts';
import type { RouteTable } from './routes.ts';
import type { Tracer } from './tracing/tracer.ts';

/** What all exchanges of a thread share. */
export interface ProxyHost extends ConnectionHost {
  /** Sockets that node:net cannot make; undefined where no pool and no listener needs them, or there are none. */
  sockets: Sockets | undefined;
  readonly ids: ExchangeIds;
  /** Bodies that are held in memory, against inspection.body.heldTotal. */
  readonly held: HeldBytes;
  /** Connections to original destinations. */
  readonly loops: LoopGuard;
  /** Where connections to servers wait until all events of the turn have been handled. */
  readonly turnEnd: TurnEnd;
  /** Requests that were inspected, to be written together. */
  readonly gathered: GatheredWrites;
  /** The system has no descriptor or port for another connection: closes those to servers that are idle. */
  readonly freeIdle: () => void;
  /** Open things, so that tests and `status` can see that nothing leaks. */
  readonly counts: { clients: number; origins: number; exchanges: number; tunnels: number };
}

/** What a route decides. `default` of a listener is one too. */
export interface RouteContext {
  /** Empty for a listener's default. */
  readonly name: string;
  readonly pool: Pool | undefined;
  readonly decoy: Pool | undefined;
  readonly inspector: Inspector | undefined;
  /** Inspection only records: it must not change what happens to the exchange. */
  readonly isDetectOnly: boolean;
  readonly hold: HoldPolicy;
  readonly responses: ResponsePolicy;
  readonly allowConnect: boolean;
  readonly allowUpgrade: boolean;
}

/** How much of the body of a request is held for inspection, and what happens beyond. Bytes. */
export interface HoldPolicy {
  readonly held: number;
  /** Of all requests and responses together. */
  readonly heldTotal: number;
  readonly beyond: 'reject' | 'prefix' | 'pass';
}

/** What inspection sees of responses. */
export interface ResponsePolicy {
  readonly isInspected: boolean;
  /** Media types whose bodies are held: `text/html`, and `text/*` for all of a kind; lower case. */
  readonly types: ReadonlySet<string>;
  /** Bytes of one body. */
  readonly held: number;
  readonly beyond: 'prefix' | 'pass' | 'reject';
  readonly decode: DecodeLimits;
}

/** Counts what has begun by a configuration and is not over: when it is 0 and another one is in use, it is free. */
export interface ConfigurationUsers {
  count: number;
}

/** One listener of one configuration. */
export interface ListenerContext {
  readonly name: string;
  readonly options: ListenerOptions;
  readonly identity: IdentityOptions;
  readonly routes: RouteTable;
  /** True where something depends on the address that a client connected to. */
  readonly asksForDestination: boolean;
  readonly attackers: Attackers | undefined;
  /** Rules about the bytes of connections, on a `tcp` listener; undefined where there are none. */
  readonly streams: StreamInspector | undefined;
  /**
   * Undefined when nothing wants records: then none is made. A record is only good during the call, because it reads
   * from what the next exchange uses again: who keeps it, copies it (copyRecord).
   */
  readonly record: ((record: ExchangeRecord) => void) | undefined;
  /** Undefined where nothing is traced. */
  readonly tracer: Tracer | undefined;
  readonly host: ProxyHost;
  readonly requestLimits: RequestLimits;
  readonly chunkLimits: ChunkLimits;
  /** The listener through all its configurations. */
  readonly place: ListenerPlace;
  /** What still works by this configuration. */
  readonly users: ConfigurationUsers;
  /** Tunnels of this configuration: they keep a place at a server, and nothing else of it (tunnel-context.ts). */
  readonly tunnels: ConfigurationUsers;
  /** A connection was closed because of limits.connections. */
  readonly onRefused: () => void;
  /** True when connections are to be closed after their present exchange. */
  readonly isStopping: () => boolean;
  /** Heads that no exchange uses, for the next one. */
  readonly heads: HeadStore;
}
