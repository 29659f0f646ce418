/** What the ways of balancing need, and where they cannot work. */
import type { BalanceOptions } from '../balance/balance-options.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';
import { poolsReached, unreadPools } from './reached-pools.ts';

/** Keys that have a name of their own, which has to be given. */
const NAMED: readonly BalanceOptions['key'][] = ['header', 'cookie', 'argument'];

export function checkBalance(checking: Checking, path: Path, owner: string, balance: BalanceOptions): void {
  const here = [...path, 'balance'];
  if (checking.isBroken(here)) return;
  if (balance.by === 'hash') checkHash(checking, here, owner, balance);
  else {
    for (const key of ['key', 'name', 'bound']) {
      if (!checking.isWritten([...here, key])) continue;
      const message = `Cannot use key ${quote(`balance.${key}`)} of ${owner}: "balance.by" is ${quote(balance.by)}`;
      checking.report([...here, key], 'no-effect', message, 'set "balance.by" to "hash", or remove the key');
    }
  }
}

function checkHash(checking: Checking, here: Path, owner: string, { key, name }: BalanceOptions): void {
  if (NAMED.includes(key)) {
    if (name !== undefined) return;
    const message = `Cannot use ${owner}: "balance.name" has to say which ${key} to hash`;
    checking.report([...here, 'key'], 'missing-key', message);
  } else if (name !== undefined) {
    const message = `Cannot use key "balance.name" of ${owner}: "balance.key" is ${quote(key)}, which has no name`;
    checking.report([...here, 'name'], 'no-effect', message);
  }
}

/** A connection that is relayed unread has nothing but its client's address. */
export function checkBalanceOfTcp(checking: Checking): void {
  const { config } = checking;
  for (const { listener, protocol, pool } of unreadPools(config)) {
    const balance = config.pools[pool]?.balance;
    if (balance?.by !== 'hash' || balance.key === 'address') continue;
    const path = ['pools', pool, 'balance', 'key'];
    if (checking.isBroken(['pools', pool, 'balance'])) continue;
    const message = `Cannot use key "balance.key" of pool ${quote(pool)}: listener ${quote(listener)} has the protocol ${protocol}, and knows no ${balance.key}`;
    checking.report(path, 'needs-http', message, 'hash the address, or give the listener a pool of its own');
  }
}

/** Times of different things do not tell which server is faster. */
export function checkTimes(checking: Checking): void {
  const { config } = checking;
  const listeners = Object.values(config.listeners);
  for (const [pool, { balance }] of Object.entries(config.pools)) {
    if (balance.by !== 'least-time') continue;
    const using = listeners.filter((listener) => poolsReached(config, listener).has(pool));
    const protocols = [...new Set(using.map(({ protocol }) => protocol))];
    if (protocols.length < 2) continue;
    const message = `Pool ${quote(pool)} chooses by times that mean different things: listeners of the protocols ${protocols.join(' and ')} use it`;
    const hint = 'give each protocol a pool of its own, or take another "balance"';
    checking.report(['pools', pool, 'balance'], 'mixed-times', message, hint);
  }
}
