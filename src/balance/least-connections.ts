/**
 * Least connections: the server with the least in hand for its weight, what waits for it included, over all workers.
 *
 * As HAProxy reckons it: a server with nothing in hand comes before all others whatever its weight, and of several it is
 * the turn of the next; otherwise (in hand + 1) / weight. Unlike there, a pool of more than 64 servers is sampled
 * (lightest.ts), which also is its cost.
 */
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';
import { Lightest } from './lightest.ts';
import type { Score } from './lightest.ts';

export class LeastConnections implements Algorithm, Score {
  readonly #candidates: Candidates;
  readonly #lightest: Lightest;

  constructor({ candidates, random }: Pick<AlgorithmParts, 'candidates' | 'random'>) {
    this.#candidates = candidates;
    this.#lightest = new Lightest(candidates, this, random);
  }

  choose(_seeker: Seeker, avoid: number): number {
    return this.#lightest.choose(avoid);
  }

  of(index: number): number {
    const inFlight = this.#candidates.inFlight(index);
    return inFlight === 0 ? 0 : (inFlight + 1) / this.#candidates.weights[index]!;
  }
}
