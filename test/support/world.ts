/**
 * A small world for one test: scripted servers, a proxy in front of them, clients. It ends with the test, and then
 * nothing may be left in the proxy: no connection, exchange, tunnel, deadline, held byte or place at a server.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Inspector } from '../../src/inspect/inspector.ts';
import type { StreamInspector } from '../../src/inspect/snort/inspect-stream.ts';
import type { ExchangeRecord } from '../../src/proxy/exchange-record.ts';
import type { Tracer } from '../../src/proxy/tracing/tracer.ts';
import { startProxy } from './proxy.ts';
import type { TestProxy } from './proxy.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Script, ScriptedServer } from './scripted-server.ts';
import { until, Wire } from './wire.ts';

/** A part of a configuration, as it would stand in the file. */
export interface Settings {
  readonly [key: string]: unknown;
}

export interface WorldOptions {
  /** What each connection to the real server does; a list makes a pool of several. */
  readonly server?: Script | readonly Script[];
  /** Where a scripted server listens, when that is no port of any kind. */
  readonly serverPlace?: () => { readonly fd: number };
  /** Addresses of servers that stand in the pool too, in front of the scripted ones. */
  readonly addresses?: readonly string[];
  /** What each connection to the decoy does. */
  readonly decoy?: Script;
  /** Keys of the listener `front` besides bind and pool. */
  readonly listener?: Settings;
  /** Keys of the pool `app` besides servers. */
  readonly pool?: Settings;
  /** Other top-level keys. */
  readonly config?: Settings;
  readonly inspector?: Inspector;
  readonly rules?: string;
  /** For `tcp` listeners. */
  readonly streams?: StreamInspector;
  /** Exchanges are traced by it. */
  readonly tracer?: Tracer;
  /** Takes defects that the test makes on purpose. */
  readonly onDefect?: (error: unknown) => void;
}

export interface World {
  readonly proxy: TestProxy;
  /** The first scripted server. */
  readonly server: ScriptedServer;
  readonly servers: readonly ScriptedServer[];
  readonly decoy: ScriptedServer;
  readonly port: number;
  /** A client, which is closed with the world. */
  client(localAddress?: string): Promise<Wire>;
  /** The record of an exchange, in the order in which they ended. */
  record(index: number): Promise<ExchangeRecord>;
  /** Waits until the proxy has no client, no exchange and no tunnel. */
  idle(): Promise<void>;
}

/** Starts a world that ends with the test `t`. */
export async function startWorld(t: TestContext, options: WorldOptions): Promise<World> {
  const scripts = typeof options.server === 'function' ? [options.server] : (options.server ?? []);
  const servers = await Promise.all(scripts.map((script) => scriptedServer(script, options.serverPlace?.())));
  const decoy = await scriptedServer(options.decoy ?? (() => {}));
  const addresses = [...(options.addresses ?? []), ...servers.map(({ port }) => `127.0.0.1:${port}`)];
  const proxy = await startProxy(
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app', ...options.listener } },
      pools: { app: { servers: addresses, ...options.pool } },
      ...(options.decoy === undefined ? {} : { decoys: { trap: { servers: [`127.0.0.1:${decoy.port}`] } } }),
      ...options.config,
    }),
    {
      ...(options.rules === undefined ? {} : { rules: options.rules }),
      ...(options.inspector === undefined ? {} : { inspector: options.inspector }),
      ...(options.streams === undefined ? {} : { streams: options.streams }),
      ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
      ...(options.onDefect === undefined ? {} : { onDefect: options.onDefect }),
    },
  );
  const clients: Wire[] = [];
  const idle = (): Promise<void> => waitUntilIdle(proxy);
  t.after(async () => {
    for (const client of clients) client.close();
    try {
      await idle();
    } finally {
      await proxy.close();
      await Promise.all([...servers, decoy].map((server) => server.close()));
    }
    await assertNothingIsLeft(proxy);
  });
  return {
    proxy,
    servers,
    decoy,
    get server() {
      const first = servers[0];
      assert(first !== undefined, 'this world has no server');
      return first;
    },
    port: proxy.port(),
    client: async (localAddress) => {
      const client = await Wire.connect(proxy.port(), localAddress);
      clients.push(client);
      return client;
    },
    record: (index) => proxy.record(index),
    idle,
  };
}

/** Everything that the proxy counts, for comparing. */
export function countsOf(proxy: TestProxy): Record<string, number> {
  const { counts, held, deadlines } = proxy.plane.host;
  const pools = [...proxy.plane.pools.values()];
  const places = pools.flatMap(({ servers, table }) => servers.map(({ row }) => table.inUse(row)));
  const waiting = pools.flatMap(({ servers, table, row }) => [
    table.inUse(row),
    ...servers.map((server) => table.waiting(server.row)),
  ]);
  return {
    ...counts,
    heldBytes: held.total,
    deadlines: deadlines.count,
    places: sum(places),
    waiting: sum(waiting),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const NOTHING = {
  clients: 0,
  origins: 0,
  exchanges: 0,
  tunnels: 0,
  heldBytes: 0,
  deadlines: 0,
  places: 0,
  waiting: 0,
};

async function waitUntilIdle(proxy: TestProxy): Promise<void> {
  const { counts } = proxy.plane.host;
  try {
    await until('no client is left', () => counts.clients + counts.exchanges + counts.tunnels === 0);
  } catch {
    assert.deepEqual(countsOf(proxy), NOTHING, 'clients are gone and something of them is left');
  }
}

async function assertNothingIsLeft(proxy: TestProxy): Promise<void> {
  const isNothing = (): boolean => Object.values(countsOf(proxy)).every((count) => count === 0);
  await until('nothing is left', isNothing).catch(() => {});
  assert.deepEqual(countsOf(proxy), NOTHING, 'the proxy has stopped and something is left');
}
