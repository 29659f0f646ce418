/** What the ways of persistence need, and where they cannot work. */
import type { PoolOptions } from '../balance/options.ts';
import type { PersistenceOptions } from '../balance/persistence-options.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';
import { unreadPools } from './reached-pools.ts';

/** What only a cookie of our own can have. */
const INSERT_ONLY = [
  'indirect',
  'noCache',
  'httpOnly',
  'secure',
  'sameSite',
  'domain',
  'maxIdle',
  'maxLife',
] as const;

export function checkPersistence(checking: Checking, path: Path, owner: string, pool: PoolOptions): void {
  const { persistence } = pool;
  const here = [...path, 'persistence'];
  if (checking.isBroken(here)) return;
  for (const section of ['cookie', 'entry'] as const) {
    if (persistence.by === section || !checking.isWritten([...here, section])) continue;
    const message = `Cannot use key ${quote(`persistence.${section}`)} of ${owner}: "persistence.by" is ${quote(persistence.by)}`;
    checking.report([...here, section], 'no-effect', message, `set "persistence.by" to "${section}"`);
  }
  if (persistence.by === 'cookie') checkCookie(checking, [...here, 'cookie'], owner, persistence);
  else checkServerCookies(checking, path, owner, pool);
  if (persistence.by === 'entry') checkEntry(checking, [...here, 'entry'], owner, persistence);
}

function checkCookie(checking: Checking, here: Path, owner: string, { cookie }: PersistenceOptions): void {
  const { mode, sameSite, secure } = cookie;
  if (mode !== 'insert') {
    for (const key of INSERT_ONLY) {
      if (!checking.isWritten([...here, key])) continue;
      const message = `Cannot use key ${quote(`persistence.cookie.${key}`)} of ${owner}: with "mode" ${quote(mode)} the cookie is that of the servers`;
      checking.report([...here, key], 'no-effect', message, 'set it where the servers set the cookie');
    }
  } else if (sameSite === 'none' && !secure) {
    const message = `Cannot use key "persistence.cookie.sameSite" of ${owner}: browsers refuse "none" without "secure"`;
    checking.report([...here, 'sameSite'], 'cookie-refused', message, 'set "secure" to "true"');
  }
}

function checkServerCookies(checking: Checking, path: Path, owner: string, { servers }: PoolOptions): void {
  for (const [server, { cookie }] of Object.entries(servers)) {
    if (cookie === undefined) continue;
    const message = `Cannot use key "cookie" of server ${quote(server)} of ${owner}: "persistence.by" is not "cookie"`;
    checking.report([...path, 'servers', server, 'cookie'], 'no-effect', message);
  }
}

function checkEntry(checking: Checking, here: Path, owner: string, { entry }: PersistenceOptions): void {
  const { key, name } = entry;
  if (key !== 'address' && name === undefined) {
    const message = `Cannot use ${owner}: "persistence.entry.name" has to say which ${key} names a session`;
    checking.report([...here, 'key'], 'missing-key', message);
  } else if (key === 'address' && name !== undefined) {
    const message = `Cannot use key "persistence.entry.name" of ${owner}: "persistence.entry.key" is "address", which has no name`;
    checking.report([...here, 'name'], 'no-effect', message);
  }
}

/** A connection that is relayed unread has nothing but its client's address. */
export function checkPersistenceOfTcp(checking: Checking): void {
  const { config } = checking;
  for (const { listener, protocol, pool } of unreadPools(config)) {
    const persistence = config.pools[pool]?.persistence;
    const here = ['pools', pool, 'persistence'];
    if (persistence === undefined || checking.isBroken(here)) continue;
    const { by, entry } = persistence;
    if (by === 'off' || (by === 'entry' && entry.key === 'address')) continue;
    const what = by === 'cookie' ? 'cookie' : entry.key;
    const message = `Cannot use key "persistence" of pool ${quote(pool)}: listener ${quote(listener)} has the protocol ${protocol}, and knows no ${what}`;
    checking.report(here, 'needs-http', message, 'take entries of addresses, or another pool');
  }
}
