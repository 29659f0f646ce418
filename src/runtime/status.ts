/** What `sallyport status` shows of a running Sallyport. */
import type { StatusView } from '../admin/views.ts';
import { wallNow } from '../base/clock.ts';
import type { HealthView } from '../balance/health/view.ts';
import { serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import { formatEndpoint, parseAddress } from '../net/address.ts';
import type { Pool, ServerAddress } from '../proxy/pool.ts';
import type { AccessLog } from '../record/access-log.ts';
import type { PlaceBook } from '../record/metrics/place-book.ts';
import type { DataPlane } from './data-plane.ts';
import { verdictCounts } from './metrics.ts';

/** A function that makes the view anew each time it is asked for. */
export function statusOf(
  options: { readonly version: string; readonly path: string },
  config: Config,
  plane: DataPlane,
  healthOf: (key: string) => HealthView | undefined,
  book: PlaceBook,
  access: AccessLog | undefined,
): () => StatusView {
  const startedAtMs = wallNow();
  return () => ({
    version: options.version,
    pid: process.pid,
    startedAtMs,
    configuration: options.path,
    listeners: plane.listenerViews().map(({ name, protocol, bound, connections }) => ({
      name,
      protocol,
      addresses: bound.map(({ host, port }) => hostPort(host, port)),
      connections,
    })),
    pools: [...plane.pools].map(([key, pool]) =>
      poolView(pool, key.startsWith('decoy ') ? 'decoy' : 'pool', healthOf),
    ),
    exchanges: verdictCounts(book),
    attackers: { count: plane.attackers.size, max: config.attackers.max, dropped: plane.attackers.dropped },
    accessLog: { dropped: access?.dropped ?? 0 },
  });
}

function poolView(
  pool: Pool,
  kind: 'pool' | 'decoy',
  healthOf: (key: string) => HealthView | undefined,
): StatusView['pools'][number] {
  return {
    name: pool.name,
    isDecoy: kind === 'decoy',
    servers: pool.servers.map((server) => ({
      name: server.name,
      address: serverAddress(server.address),
      weight: server.weight,
      busy: server.open - server.idle.length,
      idle: server.idle.length,
      health: healthOf(serverKey(kind, pool.name, server.name)) ?? null,
    })),
  };
}

function serverAddress(address: ServerAddress): string {
  return 'path' in address ? `unix:${address.path}` : hostPort(address.host, address.port);
}

function hostPort(host: string, port: number): string {
  const address = parseAddress(host);
  return address === undefined ? `${host}:${port}` : formatEndpoint({ address, port });
}
