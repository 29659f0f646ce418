/** What a pool that is the original destination needs: networks, nothing about servers, and listeners that know where to. */
import { goesOnward } from '../balance/destination-options.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';
import { poolsReached } from './reached-pools.ts';

/** Keys that are about several servers, or about servers that are known beforehand. */
const NEEDS_SERVERS: readonly Path[] = [
  ['servers'],
  ['balance'],
  ['health'],
  ['persistence'],
  ['slowStart'],
  ['fallback'],
  ['retries', 'redispatch'],
];

export function checkDestinations(checking: Checking): void {
  const { config } = checking;
  for (const name of Object.keys(config.pools)) checkPool(checking, name);
  for (const [name, { servers }] of Object.entries(config.decoys)) {
    const path = ['decoys', name, 'originalDestination'];
    // The built-in decoy has no such keys at all, and says so.
    if (!checking.isWritten(path) || Object.keys(servers).length === 0) continue;
    const message = `Cannot use key "originalDestination" of decoy ${quote(name)}: who is deceived must not get where they wanted`;
    checking.report(path, 'no-effect', message);
  }
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (listener.transparent || listener.identity.proxyProtocol !== 'off') continue;
    const path = ['listeners', name];
    if (['transparent', 'identity'].some((key) => checking.isBroken([...path, key]))) continue;
    const pool = [...poolsReached(config, listener)].find((one) => isOnward(checking, one));
    if (pool === undefined) continue;
    const message = `Cannot use pool ${quote(pool)} for listener ${quote(name)}: the listener does not know where clients wanted to go`;
    checking.report(path, 'no-destination', message, 'set "transparent", or "identity.proxyProtocol"');
  }
}

function checkPool(checking: Checking, name: string): void {
  const path = ['pools', name, 'originalDestination'];
  if (!checking.isWritten(path)) return;
  if (!isOnward(checking, name) && !checking.isBroken(path)) {
    const message = `Cannot use key "originalDestination" of pool ${quote(name)}: it has no "within", so nothing could be connected to`;
    checking.report(path, 'missing-key', message, 'list the networks that clients may reach');
  }
  for (const key of NEEDS_SERVERS) {
    const other = ['pools', name, ...key];
    if (!checking.isWritten(other)) continue;
    const message = `Cannot use key ${quote(key.join('.'))} of pool ${quote(name)}: it has "originalDestination" in place of servers`;
    checking.report(other, 'no-effect', message);
  }
}

function isOnward(checking: Checking, name: string): boolean {
  const pool = checking.config.pools[name];
  return pool !== undefined && goesOnward(pool);
}
