/** What a configuration needs of the host. */
import type { Config } from '../../config/config.ts';
import { isNamed } from '../../net/named-endpoint.ts';
import type { ListenNeed, Needs, SourceNeed } from './needs.ts';

export function needsOfConfig(config: Config): Needs {
  const sources: SourceNeed[] = [];
  for (const [section, pools] of Object.entries({ pools: config.pools, decoys: config.decoys })) {
    for (const [name, pool] of Object.entries(pools)) {
      if (!bindsToClients(pool)) continue;
      for (const [server, { address }] of Object.entries(pool.servers))
        // A name has no address that would hold for as long as rules of the host do.
        if (!isNamed(address))
          sources.push({ server: address, transport: 'tcp', by: `${section}.${name}.servers.${server}` });
    }
  }
  const listeners: ListenNeed[] = [];
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (!isTransparent(listener)) continue;
    for (const bind of listener.bind) listeners.push({ bind, by: `listeners.${name}` });
  }
  return { sources, listeners };
}

/** Connections of the pool begin at an address of the client, however it is known. */
function bindsToClients(pool: object): boolean {
  return 'source' in pool && pool.source !== undefined && pool.source !== 'own';
}

function isTransparent(listener: object): boolean {
  return 'transparent' in listener && listener.transparent === true;
}
