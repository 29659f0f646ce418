/**
 * Where pools fall back to: to one that is there, of their own kind, and never in a ring.
 *
 * A pool does not fall back to a decoy: clients who have done nothing would be given invented answers, and what they do
 * would be kept as evidence. A decoy does not fall back to a pool: who is deceived would get to the real servers.
 */
import type { Named } from '../base/option.ts';
import { suggest } from '../base/suggest.ts';
import type { PoolOptions } from '../balance/options.ts';
import type { Checking } from './checking.ts';
import { quote } from './diagnostic.ts';
import { didYouMean } from './scalars.ts';

interface Kind {
  readonly section: 'pools' | 'decoys';
  readonly noun: 'pool' | 'decoy';
  /** Why not to one of the other kind. */
  readonly because: string;
}

const KINDS: readonly Kind[] = [
  {
    section: 'pools',
    noun: 'pool',
    because: 'a decoy, and clients that are not deceived must not get there',
  },
  { section: 'decoys', noun: 'decoy', because: 'a pool, and who is deceived must not get to real servers' },
];

export function checkFallbacks(checking: Checking): void {
  for (const kind of KINDS) {
    const pools = checking.config[kind.section];
    for (const [name, { fallback, servers }] of Object.entries(pools)) {
      const path = [kind.section, name, 'fallback'];
      // The built-in decoy has no such keys at all, and says so.
      const isBuiltIn = kind.noun === 'decoy' && Object.keys(servers).length === 0;
      if (fallback === undefined || isBuiltIn || checking.isBroken(path)) continue;
      if (pools[fallback] === undefined) reportUnknown(checking, kind, name, fallback);
    }
    for (const ring of ringsOf(pools)) reportRing(checking, kind, ring);
  }
}

function reportUnknown(checking: Checking, kind: Kind, name: string, fallback: string): void {
  const { section, noun, because } = kind;
  const path = [section, name, 'fallback'];
  const message = `Cannot use key "fallback" of ${noun} ${quote(name)}: ${quote(fallback)} is`;
  if (checking.config[section === 'pools' ? 'decoys' : 'pools'][fallback] !== undefined) {
    checking.report(path, 'fallback-kind', `${message} ${because}`);
    return;
  }
  const meant = suggest(fallback, Object.keys(checking.config[section]));
  const hint = meant === undefined ? undefined : didYouMean(meant);
  checking.report(path, 'unknown-name', `${message} not defined in "${section}"`, hint);
}

function reportRing(checking: Checking, { section, noun }: Kind, ring: readonly string[]): void {
  const [first = ''] = ring;
  const path = [section, first, 'fallback'];
  const way = [...ring, first].map(quote).join(' → ');
  checking.report(
    path,
    'fallback-ring',
    `Cannot use key "fallback" of ${noun} ${quote(first)}: it comes back to it: ${way}`,
  );
}

/** Each ring once, from that of its members on which stands first. */
function ringsOf(pools: Named<PoolOptions>): readonly (readonly string[])[] {
  const rings: string[][] = [];
  const seen = new Set<string>();
  for (const start of Object.keys(pools)) {
    const way: string[] = [];
    let name: string | undefined = start;
    for (; name !== undefined && !seen.has(name); name = pools[name]?.fallback) {
      seen.add(name);
      way.push(name);
    }
    const back = name === undefined ? -1 : way.indexOf(name);
    if (back !== -1) rings.push(way.slice(back));
  }
  return rings;
}
