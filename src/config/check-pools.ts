/** What a pool or a decoy needs besides its own keys. */
import { formatDuration } from '../base/units.ts';
import type { PoolOptions } from '../balance/options.ts';
import { checkBackups } from './check-backups.ts';
import { checkBalance } from './check-balance.ts';
import { checkHealth } from './check-health.ts';
import { checkPersistence } from './check-persistence.ts';
import { checkNames } from './check-names.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';

/** Hardly a server keeps an unused connection longer: common defaults are 5 s, 15 s, 60 s and 75 s. */
const IDLE_USUAL_MAX_MS = 60_000;

export function checkPools(checking: Checking): void {
  for (const [name, pool] of Object.entries(checking.config.pools)) {
    const path = ['pools', name];
    if (countServers(pool) > 0 || checking.isWritten([...path, 'originalDestination']))
      checkUsedPool(checking, path, 'pool', name, pool);
    else if (!isServersBroken(checking, path)) {
      const message = `Cannot use pool ${quote(name)}: it has no servers`;
      checking.report([...path, 'servers'], 'no-servers', message);
    }
  }
  for (const [name, decoy] of Object.entries(checking.config.decoys)) {
    const path = ['decoys', name];
    if (countServers(decoy) > 0) checkUsedPool(checking, path, 'decoy', name, decoy);
    else if (!isServersBroken(checking, path)) checkBuiltIn(checking, path, name, decoy);
  }
}

function countServers(pool: PoolOptions): number {
  return Object.keys(pool.servers).length;
}

/** True when the servers, or what should be the section around them, were reported. */
function isServersBroken(checking: Checking, path: Path): boolean {
  const servers = [...path, 'servers'];
  return checking.isWritten(servers) ? checking.isBroken(servers) : checking.isBroken(path);
}

function checkUsedPool(checking: Checking, path: Path, noun: string, name: string, pool: PoolOptions): void {
  const owner = `${noun} ${quote(name)}`;
  if (countServers(pool) > 0 && Object.values(pool.servers).every(({ weight }) => weight === 0)) {
    checking.report(
      [...path, 'servers'],
      'no-weight',
      `Cannot use ${owner}: all its servers have the weight 0`,
    );
  }
  const isVersionBroken = checking.isBroken([...path, 'proxyProtocol']);
  if (pool.proxyProtocolTlvs.length > 0 && pool.proxyProtocol !== 'v2' && !isVersionBroken) {
    const message = `Cannot use key "proxyProtocolTlvs" of ${owner}: "proxyProtocol" is ${quote(pool.proxyProtocol)}`;
    checking.report([...path, 'proxyProtocolTlvs'], 'no-effect', message, 'set "proxyProtocol" to "v2"');
  }
  checkBackups(checking, path, owner, pool);
  checkBalance(checking, path, owner, pool.balance);
  checkHealth(checking, path, owner, pool);
  checkNames(checking, path, owner, pool);
  checkPersistence(checking, path, owner, pool);
  const { idle, idleMax } = pool.connections;
  if (idle <= IDLE_USUAL_MAX_MS || idleMax === 0) return;
  const message = `Unused connections of ${owner} are kept for ${formatDuration(idle)}, longer than most servers keep them`;
  checking.report(
    [...path, 'connections', 'idle'],
    'idle-too-long',
    message,
    'keep it below what the servers say',
  );
}

/** The built-in decoy has no connections, no timeouts, and nobody to send headers to. */
function checkBuiltIn(checking: Checking, path: Path, name: string, decoy: PoolOptions): void {
  for (const key of Object.keys(decoy)) {
    if (key === 'servers' || !checking.isWritten([...path, key])) continue;
    const message = `Cannot use key ${quote(key)} of decoy ${quote(name)}: it has no servers, so it is the built-in decoy`;
    checking.report([...path, key], 'no-effect', message);
  }
}
