/** What the health options of a pool can get wrong that no single one of them shows. */
import { readStatusSet } from '../balance/health/status-set.ts';
import type { PoolOptions } from '../balance/options.ts';
import { compileRegex } from '../inspect/rx/regex.ts';
import { parseAddress } from '../net/address.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';

/** Keys that only a check which sends a request looks at. */
const REQUEST_KEYS = ['method', 'path', 'host', 'headers', 'body', 'expect'] as const;

export function checkHealth(checking: Checking, path: Path, owner: string, pool: PoolOptions): void {
  const health = [...path, 'health'];
  checkExpect(checking, [...health, 'expect'], owner, pool.health.expect);
  checkAddress(checking, [...health, 'agent', 'address'], owner, pool.health.agent.address);
  for (const [name, server] of Object.entries(pool.servers)) {
    const own = [...path, 'servers', name, 'health'];
    const of = `server ${quote(name)} of ${owner}`;
    checkAddress(checking, [...own, 'address'], of, server.health.address);
    checkAddress(checking, [...own, 'agent', 'address'], of, server.health.agent.address);
  }
  checkEffects(checking, health, owner, pool);
}

function checkExpect(
  checking: Checking,
  path: Path,
  owner: string,
  { status, pattern }: PoolOptions['health']['expect'],
): void {
  if (!checking.isBroken([...path, 'status'])) {
    const set = readStatusSet(status);
    if (typeof set === 'string') {
      const message = `Cannot use key "health.expect.status" of ${owner}: it ${set}`;
      checking.report([...path, 'status'], 'bad-value', message);
    }
  }
  if (pattern === undefined || checking.isBroken([...path, 'pattern'])) return;
  try {
    compileRegex(pattern, { dotAll: true, multiLine: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `Cannot use key "health.expect.pattern" of ${owner}: ${why}`;
    checking.report([...path, 'pattern'], 'bad-value', message);
  }
}

function checkAddress(checking: Checking, path: Path, owner: string, address: string | undefined): void {
  if (address === undefined || checking.isBroken(path) || parseAddress(address) !== undefined) return;
  const key = path.slice(path.indexOf('health')).join('.');
  checking.report(
    path,
    'bad-value',
    `Cannot use key ${quote(key)} of ${owner}: ${quote(address)} is not an address`,
  );
}

/** Keys of checks that no server of the pool has. */
function checkEffects(checking: Checking, path: Path, owner: string, { health, servers }: PoolOptions): void {
  if (checking.isBroken([...path, 'check'])) return;
  const kinds = new Set([health.check, ...Object.values(servers).map((server) => server.health.check)]);
  if (!kinds.has('http') && !kinds.has('https'))
    for (const key of REQUEST_KEYS)
      reportNoEffect(checking, path, key, owner, 'no check of it is "http" or "https"');
  if (!kinds.has('tls') && !kinds.has('https'))
    reportNoEffect(checking, path, 'tls', owner, 'no check of it is "tls" or "https"');
  if (health.agent.format === 'json' && health.agent.send !== undefined)
    reportNoEffect(checking, path, 'agent.send', owner, '"agent.format" is "json"');
}

function reportNoEffect(checking: Checking, path: Path, key: string, owner: string, why: string): void {
  const whole = [...path, ...key.split('.')];
  if (!checking.isWritten(whole) || checking.isBroken(whole)) return;
  checking.report(whole, 'no-effect', `Cannot use key "health.${key}" of ${owner}: ${why}`);
}
