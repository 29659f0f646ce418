/** What is defined and named nowhere: most often a name that was misspelt, or forgotten, where it matters. */
import type { Config } from './config.ts';
import type { Checking } from './checking.ts';
import { quote } from './diagnostic.ts';

export function checkUse(checking: Checking): void {
  const { config } = checking;
  // A reference that was reported names something, and nobody knows what.
  if (checking.isBroken(['listeners']) || checking.isBroken(['routes'])) return;
  const listeners = Object.values(config.listeners);
  const routes = new Set(listeners.flatMap((listener) => listener.routes));
  const users = [...listeners, ...Object.values(config.routes)];
  reportUnused(checking, 'routes', 'Route', routes);
  reportUnused(checking, 'pools', 'Pool', new Set(users.map((user) => user.pool)));
  reportUnused(checking, 'decoys', 'Decoy', new Set(users.map((user) => user.decoy)));
  const sets = new Set(users.map(({ inspection }) => inspection.set));
  for (const name of Object.keys(config.inspection.sets)) {
    if (sets.has(name)) continue;
    checking.report(['inspection', 'sets', name], 'not-used', `Rule set ${quote(name)} is named nowhere`);
  }
}

function reportUnused(
  checking: Checking,
  map: keyof Config & ('routes' | 'pools' | 'decoys'),
  noun: string,
  used: ReadonlySet<string | undefined>,
): void {
  for (const name of Object.keys(checking.config[map])) {
    if (!used.has(name)) checking.report([map, name], 'not-used', `${noun} ${quote(name)} is named nowhere`);
  }
}
