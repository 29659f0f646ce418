/** Which pools the requests of a listener can come to. */
import type { ListenerOptions } from '../proxy/options.ts';
import type { Config } from './config.ts';

/** Its own, those of its routes, and where these fall back to. */
export function poolsReached(config: Config, listener: ListenerOptions): ReadonlySet<string> {
  const reached = new Set<string>();
  const routed = listener.routes.map((route) => config.routes[route]?.pool);
  for (const first of [listener.pool, ...routed]) {
    // A ring of fallbacks is a mistake, which is told elsewhere.
    for (let pool = first; pool !== undefined && !reached.has(pool); pool = config.pools[pool]?.fallback)
      reached.add(pool);
  }
  return reached;
}

/** A listener that relays what it does not read, and a pool that it can come to. */
interface UnreadPool {
  readonly listener: string;
  readonly protocol: 'tcp' | 'udp';
  readonly pool: string;
}

export function unreadPools(config: Config): readonly UnreadPool[] {
  return Object.entries(config.listeners).flatMap(([listener, options]) => {
    const { protocol } = options;
    if (protocol === 'http') return [];
    return [...poolsReached(config, options)].map((pool) => ({ listener, protocol, pool }));
  });
}
