/** What `runtime.user` and `runtime.group` cannot be together with. */
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';

export function checkPrivileges(checking: Checking): void {
  const { config } = checking;
  const { user, group } = config.runtime;
  if (checking.isBroken(['runtime'])) return;
  if (user === undefined) {
    if (group === undefined) return;
    const message = 'Cannot use key "runtime.group": "runtime.user" is missing';
    checking.report(['runtime', 'group'], 'no-effect', message, 'name a user, too');
    return;
  }
  for (const [name, { transparent }] of Object.entries(config.listeners)) {
    if (transparent)
      report(checking, ['listeners', name, 'transparent'], `transparent listener ${quote(name)}`);
  }
  for (const [section, noun] of [
    ['pools', 'pool'],
    ['decoys', 'decoy'],
  ] as const) {
    for (const [name, { source }] of Object.entries(config[section])) {
      const needs = source.from === 'client' || source.header !== undefined || source.mark !== 0;
      if (needs) report(checking, [section, name, 'source'], `source of ${noun} ${quote(name)}`);
    }
  }
}

/** Capabilities are of a thread: they cannot be kept for workers that are started later. */
function report(checking: Checking, path: Path, owner: string): void {
  if (checking.isBroken(path)) return;
  checking.report(
    path,
    'needs-capability',
    `Cannot use ${owner} with key "runtime.user": it needs the capability CAP_NET_ADMIN, which is given up together with root`,
    'remove "runtime.user", and start it as that user: User= and AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE in a systemd unit',
  );
}
