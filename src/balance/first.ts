/**
 * The first server, in the order of the configuration, that has room; so few servers are in use as can be, and the others
 * may be switched off. Only sensible with a limit for each server; weights other than 0 mean nothing. As HAProxy's `first`,
 * in which the order is that of the ids.
 *
 * Cost: one look at each server that is full, up to the first that is not.
 */
import { NOBODY } from './algorithm.ts';
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';

export class First implements Algorithm {
  readonly #candidates: Candidates;

  constructor({ candidates }: Pick<AlgorithmParts, 'candidates'>) {
    this.#candidates = candidates;
  }

  choose(_seeker: Seeker, avoid: number): number {
    const candidates = this.#candidates;
    let shortest = NOBODY;
    for (let place = 0; place < candidates.openCount; place++) {
      const index = candidates.open[place]!; // place < openCount.
      if (index === avoid) continue;
      if (candidates.hasRoom(index)) return index;
      if (shortest === NOBODY || candidates.inFlight(index) < candidates.inFlight(shortest)) shortest = index;
    }
    if (shortest !== NOBODY) return shortest;
    return candidates.openCount > 0 ? candidates.open[0]! : NOBODY;
  }
}
