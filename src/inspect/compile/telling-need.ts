/**
 * Which of the tests that a rule needs tells most: those that hold for nearly every message (`!@rx ^404$` of the status, the
 * method of a page, a field that is not there) would have each exchange ask after the others.
 *
 * It matters to speed alone: a rule is run where all of its tests hold, whichever is asked for first.
 */
import type { NamedLink } from './naming.ts';

/** Variables that hold one of a few words. */
const OF_FEW_WORDS: ReadonlySet<string> = new Set([
  'REQUEST_METHOD',
  'REQUEST_PROTOCOL',
  'RESPONSE_PROTOCOL',
  'RESPONSE_STATUS',
]);

/** One of `needs`, which are ids of links; undefined when there are none. */
export function tellingNeed(needs: readonly number[], links: readonly NamedLink[]): number | undefined {
  return needs.toSorted((one, other) => commonness(links[one]!) - commonness(links[other]!))[0]; // Ids of links.
}

/** More for what holds more often. */
function commonness({ isNegated, planned: { link } }: Pick<NamedLink, 'isNegated' | 'planned'>): number {
  const { targets } = link;
  if (isNegated || targets.every(({ isCount }) => isCount)) return 2;
  return targets.every(({ variable }) => OF_FEW_WORDS.has(variable.name)) ? 1 : 0;
}
