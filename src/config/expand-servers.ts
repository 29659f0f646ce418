/**
 * A server that stands for several addresses of its name becomes as many servers, so that everything behind the
 * configuration knows servers alone: each has a row, a state, an address.
 */
import type { Named } from '../base/option.ts';
import type { PoolOptions, ServerOptions } from '../balance/options.ts';
import { isNamed } from '../net/named-endpoint.ts';
import type { Config } from './config.ts';
import { makeNamed } from './defaults.ts';

export function expandServers(config: Config): Config {
  return { ...config, pools: expandAll(config.pools), decoys: expandAll(config.decoys) };
}

/** The names that a server has when it is expanded. */
export function namesOfServer(name: string, { address, addresses }: ServerOptions): readonly string[] {
  if (!isNamed(address) || addresses === 1) return [name];
  return Array.from({ length: addresses }, (_, slot) => `${name}-${slot + 1}`);
}

function expandAll(pools: Named<PoolOptions>): Named<PoolOptions> {
  const expanded = makeNamed();
  for (const [name, pool] of Object.entries(pools))
    expanded[name] = { ...pool, servers: expandPool(pool.servers) };
  return expanded as Named<PoolOptions>; // Each value was made above.
}

function expandPool(servers: Named<ServerOptions>): Named<ServerOptions> {
  const expanded = makeNamed();
  for (const [name, server] of Object.entries(servers)) {
    const { address } = server;
    for (const [slot, one] of namesOfServer(name, server).entries())
      expanded[one] = isNamed(address) ? { ...server, address: { ...address, slot } } : server;
  }
  return expanded as Named<ServerOptions>; // Each value was made above.
}
