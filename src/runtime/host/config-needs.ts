/** What a configuration needs of the host. */
import type { PoolOptions } from '../../balance/options.ts';
import type { Config } from '../../config/config.ts';
import { parseAddress } from '../../net/address.ts';
import { networkOf } from '../../net/cidr.ts';
import type { Cidr } from '../../net/cidr.ts';
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
          port: 0,
          transport: 'tcp',
          mark: pool.source.mark,
          by: `${section}.${name}.originalDestination`,
        });
      for (const [server, { address }] of Object.entries(pool.servers)) {
        const by = `${section}.${name}.servers.${server}`;
        const { mark } = pool.source;
        for (const transport of transports)
          if (!isNamed(address)) sources.push({ server: address, transport, mark, by });
          else
            for (const network of EVERYWHERE)
              // What a name has for an address may be another one before rules of the host are made anew.
              networks.push({ network, port: address.port, transport, mark, by: `${by} (${address.name})` });
      }
    }
  }
  const listeners: ListenNeed[] = [];
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (!listener.transparent) continue;
    for (const bind of listener.bind) listeners.push({ bind, by: `listeners.${name}` });
  }
  return { sources, networks, listeners };
}

const EVERYWHERE: readonly Cidr[] = ['0.0.0.0', '::'].map((text) => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return networkOf(address, 0);
});

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
