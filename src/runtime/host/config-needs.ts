/** What a configuration needs of the host. */
import type { PoolOptions } from '../../balance/options.ts';
import type { Config } from '../../config/config.ts';
import { isNamed } from '../../net/named-endpoint.ts';
import type { ListenNeed, Needs, NetworkNeed, SourceNeed, Transport } from './needs.ts';

export function needsOfConfig(config: Config): Needs {
  const sources: SourceNeed[] = [];
  const networks: NetworkNeed[] = [];
  for (const [section, pools] of Object.entries({ pools: config.pools, decoys: config.decoys })) {
    for (const [name, pool] of Object.entries(pools)) {
      if (!bindsToClients(pool)) continue;
      const transports = transportsOf(config, section, name);
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
          for (const transport of transports)
            sources.push({
              server: address,
              transport,
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

/** How listeners send to a pool; TCP for one that nobody uses. */
function transportsOf({ listeners }: Config, section: string, name: string): readonly Transport[] {
  const users = Object.values(listeners);
  const hasUdp =
    section === 'pools' && users.some(({ protocol, pool }) => protocol === 'udp' && pool === name);
  const isOnlyUdp = hasUdp && !users.some(({ protocol, pool }) => protocol !== 'udp' && pool === name);
  return [...(isOnlyUdp ? [] : ['tcp' as const]), ...(hasUdp ? ['udp' as const] : [])];
}

/** Connections of the pool begin at an address of the client, however it is known. */
function bindsToClients({ source }: PoolOptions): boolean {
  return source.from === 'client' || source.header !== undefined;
}
