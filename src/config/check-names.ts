/** Servers that are named: what stands for several of them, and how they are called then. */
import type { PoolOptions } from '../balance/options.ts';
import { isNamed } from '../net/named-endpoint.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';
import { namesOfServer } from './expand-servers.ts';

/** As many as the list of servers may have entries. */
const SERVERS_MAX = 4096;

export function checkNames(checking: Checking, path: Path, owner: string, pool: PoolOptions): void {
  const seen = new Map<string, string>();
  for (const [name, server] of Object.entries(pool.servers)) {
    const here = [...path, 'servers', name];
    const of = `server ${quote(name)} of ${owner}`;
    if (server.addresses > 1 && !isNamed(server.address) && !checking.isBroken([...here, 'address'])) {
      const message = `Cannot use key "addresses" of ${of}: its "address" is no name`;
      checking.report([...here, 'addresses'], 'no-effect', message);
    }
    if (server.addresses > 1 && server.cookie !== undefined) {
      const message = `Cannot use key "cookie" of ${of}: it stands for ${server.addresses} servers, which need a cookie each`;
      checking.report([...here, 'cookie'], 'no-effect', message);
    }
    for (const one of namesOfServer(name, server)) {
      const other = seen.get(one);
      if (other !== undefined) {
        const message = `Cannot use ${of}: it would have a server ${quote(one)}, and so has server ${quote(other)}`;
        checking.report(here, 'server-twice', message);
      }
      seen.set(one, name);
    }
  }
  if (seen.size <= SERVERS_MAX) return;
  const message = `Cannot use ${owner}: with all addresses it has ${seen.size} servers, and at most ${SERVERS_MAX} are allowed`;
  checking.report([...path, 'servers'], 'too-many', message);
}
