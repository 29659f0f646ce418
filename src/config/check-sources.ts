/** What the key `source` of a pool needs besides its own keys: an address that can be one, someone to trust. */
import type { PoolOptions } from '../balance/options.ts';
import { isAnyAddress, isOneHost } from '../net/address-kind.ts';
import { parseAddress } from '../net/address.ts';
import type { Address } from '../net/address.ts';
import { isNamed } from '../net/named-endpoint.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';

export function checkSources(checking: Checking): void {
  for (const [section, noun] of [
    ['pools', 'pool'],
    ['decoys', 'decoy'],
  ] as const) {
    for (const [name, pool] of Object.entries(checking.config[section])) {
      const path = [section, name, 'source'];
      if (checking.isWritten(path) && !checking.isBroken(path))
        checkSource(checking, path, `${noun} ${quote(name)}`, pool);
    }
  }
}

function checkSource(checking: Checking, path: Path, owner: string, pool: PoolOptions): void {
  const { from, header, trust } = pool.source;
  const isClient = from === 'client' || header !== undefined;
  if (from !== 'own' && from !== 'client') checkAddress(checking, path, owner, pool, from);
  if (header !== undefined && from !== 'client' && checking.isWritten([...path, 'from'])) {
    const message = `Cannot use key "source.header" of ${owner}: "source.from" is ${quote(from)}`;
    checking.report(
      [...path, 'header'],
      'no-effect',
      message,
      'remove "from": a header stands for the client',
    );
  }
  if (header !== undefined && trust.size === 0) {
    const message = `Cannot use key "source.header" of ${owner}: "source.trust" is empty, so it would be read from nobody`;
    checking.report(
      [...path, 'header'],
      'no-trust',
      message,
      'list the addresses of the proxies in front in "trust"',
    );
  }
  if (header === undefined && checking.isWritten([...path, 'trust'])) {
    const message = `Cannot use key "source.trust" of ${owner}: there is no "source.header" to trust in`;
    checking.report([...path, 'trust'], 'no-effect', message);
  }
  for (const key of ['port', 'except']) {
    if (isClient || !checking.isWritten([...path, key])) continue;
    const message = `Cannot use key ${quote(`source.${key}`)} of ${owner}: "source.from" is ${quote(from)}`;
    checking.report([...path, key], 'no-effect', message, 'set "from" to "client"');
  }
}

/** A fixed address. */
function checkAddress(checking: Checking, path: Path, owner: string, pool: PoolOptions, from: string): void {
  const address = parseAddress(from);
  const place = checking.isWritten([...path, 'from']) ? [...path, 'from'] : path;
  if (address === undefined || isAnyAddress(address) || !isOneHost(address)) {
    const problem =
      address === undefined ? 'not "own", "client" or an address' : 'not the address of one host';
    checking.report(place, 'bad-value', `Cannot use source ${quote(from)} of ${owner}: it is ${problem}`);
  } else if (pool.source.fallback === 'fail') checkFamily(checking, place, owner, pool, address);
}

function checkFamily(checking: Checking, path: Path, owner: string, pool: PoolOptions, from: Address): void {
  for (const [name, { address }] of Object.entries(pool.servers)) {
    if (isNamed(address) || address.address.family === from.family) continue;
    const message = `Cannot use source ${quote(from.text)} of ${owner}: its server ${quote(name)} has an address of IPv${address.address.family}`;
    checking.report(path, 'source-family', message, 'give each family a pool, or set "fallback" to "own"');
    return;
  }
}
