/** What is told of rules, bounded: a wrong file has a mistake in each of its lines. */

/** As of the configuration itself (config/problems.ts): nobody reads more. */
const TOLD_MAX = 100;

/** The first hundred, and how many there are besides. */
export function bounded(texts: Iterable<string>, what: 'problems' | 'warnings'): readonly string[] {
  const all = [...texts];
  if (all.length <= TOLD_MAX) return all;
  const more = (all.length - TOLD_MAX).toLocaleString('en-US');
  return [...all.slice(0, TOLD_MAX), `Cannot show everything: there are ${more} more ${what}`];
}
