/** What `sallyport status` shows of a running Sallyport. */
import type { StatusView } from '../admin/views.ts';
import { wallNow } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { formatEndpoint, parseAddress } from '../net/address.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import type { Pool, ServerAddress } from '../proxy/pool.ts';
import type { AccessLog } from '../record/access-log.ts';
import type { DataPlane } from './data-plane.ts';

/** Exchanges that have ended, counted by verdict. */
export class Tally {
  readonly counts: Record<ExchangeRecord['verdict'], number> = { continue: 0, reply: 0, deceive: 0, drop: 0 };

  add(record: ExchangeRecord): void {
    this.counts[record.verdict]++;
  }
}

/** A function that makes the view anew each time it is asked for. */
export function statusOf(
  options: { readonly version: string; readonly path: string },
  config: Config,
  plane: DataPlane,
  tally: Tally,
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
    pools: [...plane.pools].map(([key, pool]) => poolView(pool, key.startsWith('decoy '))),
    exchanges: { ...tally.counts },
    attackers: { count: plane.attackers.size, max: config.attackers.max, dropped: plane.attackers.dropped },
    accessLog: { dropped: access?.dropped ?? 0 },
  });
}

function poolView(pool: Pool, isDecoy: boolean): StatusView['pools'][number] {
  return {
    name: pool.name,
    isDecoy,
    servers: pool.servers.map((server) => ({
      name: server.name,
      address: serverAddress(server.address),
      weight: server.weight,
      busy: server.open - server.idle.length,
      idle: server.idle.length,
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
