/** Backup servers that back up nothing, and a choice among backups where there are none. */
import type { PoolOptions } from '../balance/options.ts';
import type { Checking, Path } from './checking.ts';

export function checkBackups(checking: Checking, path: Path, owner: string, pool: PoolOptions): void {
  if (checking.isBroken([...path, 'servers'])) return;
  const servers = Object.values(pool.servers);
  const backups = servers.filter(({ backup }) => backup);
  if (backups.length === 0) {
    if (!checking.isWritten([...path, 'backups'])) return;
    const message = `Cannot use key "backups" of ${owner}: none of its servers is a backup`;
    checking.report(
      [...path, 'backups'],
      'no-effect',
      message,
      'set "backup" of a server, or remove the key',
    );
  } else if (backups.length === servers.length) {
    const which =
      pool.backups === 'first' ? 'the first of them that is up gets everything' : 'all of them serve';
    const message = `All servers of ${owner} are backups: ${which}`;
    checking.report([...path, 'servers'], 'only-backups', message);
  }
}
