/** What a `udp` listener needs, and what means nothing there: it knows no requests, and clients only by PROXY headers. */
import type { ListenerOptions } from '../proxy/options.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';
import { poolsReached } from './reached-pools.ts';

/** Besides those that only mean something where requests are read. */
const CONNECTIONS_ONLY: readonly Path[] = [
  ['transparent'],
  ['decoy'],
  ['inspection'],
  ['identity', 'untrusted'],
  ['identity', 'proxyHeaderTimeout'],
  ['timeouts'],
];

export function checkUdp(checking: Checking): void {
  for (const [name, listener] of Object.entries(checking.config.listeners)) {
    const path = ['listeners', name];
    if (checking.isBroken([...path, 'protocol'])) continue;
    if (listener.protocol === 'udp') checkListener(checking, path, name, listener);
    else if (checking.isWritten([...path, 'udp'])) {
      const message = `Cannot use key "udp" of listener ${quote(name)}: its protocol is ${listener.protocol}`;
      checking.report([...path, 'udp'], 'no-effect', message, 'remove the key, or set "protocol" to "udp"');
    }
  }
}

function checkListener(checking: Checking, path: Path, name: string, listener: ListenerOptions): void {
  for (const key of CONNECTIONS_ONLY) {
    if (!checking.isWritten([...path, ...key])) continue;
    const message = `Cannot use key ${quote(key.join('.'))} of listener ${quote(name)}: its protocol is udp`;
    checking.report([...path, ...key], 'no-effect', message, 'remove the key');
  }
  const { proxyProtocol } = listener.identity;
  if (proxyProtocol !== 'v2' && !checking.isBroken([...path, 'identity'])) {
    const message = `Cannot use listener ${quote(name)}: its protocol is udp, and "identity.proxyProtocol" is ${quote(proxyProtocol)}`;
    const hint = 'set it to "v2": nothing else says who the client of a datagram is';
    checking.report([...path, 'identity', 'proxyProtocol'], 'needs-header', message, hint);
  }
  for (const pool of poolsReached(checking.config, listener)) {
    for (const key of ['proxyProtocol', 'originalDestination']) {
      if (!checking.isWritten(['pools', pool, key])) continue;
      const message = `Cannot use key ${quote(key)} of pool ${quote(pool)}: listener ${quote(name)} has the protocol udp`;
      checking.report(['pools', pool, key], 'no-effect', message, 'give the listener a pool of its own');
    }
  }
}
