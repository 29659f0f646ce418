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
  const fallbacks = (pools: Config['pools']): readonly (string | undefined)[] =>
    Object.entries(pools).map(([name, { fallback }]) => (fallback === name ? undefined : fallback));
  const pools = [...users.map((user) => user.pool), ...fallbacks(config.pools)];
  const decoys = [...users.map((user) => user.decoy), ...fallbacks(config.decoys)];
  reportUnused(checking, 'pools', 'Pool', new Set(pools));
  reportUnused(checking, 'decoys', 'Decoy', new Set(decoys));
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
