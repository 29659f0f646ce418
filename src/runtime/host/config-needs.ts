/** What a configuration needs of the host. */
import type { PoolOptions } from '../../balance/options.ts';
import type { Config } from '../../config/config.ts';
import { isNamed } from '../../net/named-endpoint.ts';
import type { ListenNeed, Needs, NetworkNeed, SourceNeed } from './needs.ts';

export function needsOfConfig(config: Config): Needs {
  const sources: SourceNeed[] = [];
  const networks: NetworkNeed[] = [];
  for (const [section, pools] of Object.entries({ pools: config.pools, decoys: config.decoys })) {
    for (const [name, pool] of Object.entries(pools)) {
      if (!bindsToClients(pool)) continue;
      for (const network of pool.originalDestination.within.cidrs)
        networks.push({
          network,
          transport: 'tcp',
          mark: pool.source.mark,
          by: `${section}.${name}.originalDestination`,
        });
      for (const [server, { address }] of Object.entries(pool.servers))
        // A name has no address that would hold for as long as rules of the host do.
        if (!isNamed(address))
          sources.push({
            server: address,
            transport: 'tcp',
            mark: pool.source.mark,
            by: `${section}.${name}.servers.${server}`,
          });
    }
  }
  const listeners: ListenNeed[] = [];
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (!listener.transparent) continue;
    for (const bind of listener.bind) listeners.push({ bind, by: `listeners.${name}` });
  }
  return { sources, networks, listeners };
}

/** Connections of the pool begin at an address of the client, however it is known. */
function bindsToClients({ source }: PoolOptions): boolean {
  return source.from === 'client' || source.header !== undefined;
}
