/** Whether a configuration needs the secret of this installation. */
import type { PoolOptions } from '../balance/options.ts';
import type { Config } from '../config/config.ts';
import { builtInDecoyNames } from './built-in-decoys.ts';

/** A built-in decoy invents its data with it, and cookies that hide servers are made with it. */
export function needsSeed(config: Config): boolean {
  const pools = [...Object.values(config.pools), ...Object.values(config.decoys)];
  return builtInDecoyNames(config).length > 0 || pools.some(hidesServers);
}

/** True when cookies name servers by values that are made with a secret. */
function hidesServers({ persistence, servers }: PoolOptions): boolean {
  const isKeyed = persistence.by === 'cookie' && persistence.cookie.secret === undefined;
  return isKeyed && Object.values(servers).some(({ cookie }) => cookie === undefined);
}
