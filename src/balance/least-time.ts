/**
 * Least response time: the server that is expected to answer first, which is its average time to the first byte, times
 * what it has in hand with this request, divided by its weight. Of TCP connections, which are not read, it is the time to
 * connect.
 *
 * A server of which no time is known counts as an average one: it is tried, and not flooded. A server that was slow once
 * would never be measured again, so one choice in 32 goes to each in turn. HAProxy has no such algorithm.
 *
 * Cost: that of lightest.ts.
 */
import { NOBODY } from './algorithm.ts';
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';
import { Lightest } from './lightest.ts';
import type { Score } from './lightest.ts';
import { RoundRobin } from './round-robin.ts';

/** One choice in so many measures: 3 % of all requests at most meet a slow server because of it. */
const MEASURE_EVERY = 32;
/** How fast what counts as average follows the times that are seen: a sixty-fourth of each. */
const TYPICAL_PART = 1 / 64;

export class LeastTime implements Algorithm, Score {
  readonly #candidates: Candidates;
  readonly #lightest: Lightest;
  readonly #turns: RoundRobin;
  #count = 0;
  /** The average of the times that were looked at; 0 before the first. */
  #typicalUs = 0;

  constructor(parts: Pick<AlgorithmParts, 'candidates' | 'random'>) {
    this.#candidates = parts.candidates;
    this.#lightest = new Lightest(parts.candidates, this, parts.random);
    this.#turns = new RoundRobin(parts);
  }

  choose(_seeker: Seeker, avoid: number): number {
    if (++this.#count >= MEASURE_EVERY && avoid === NOBODY) {
      this.#count = 0;
      return this.#turns.next(avoid);
    }
    return this.#lightest.choose(avoid);
  }

  of(index: number): number {
    const candidates = this.#candidates;
    const us = this.#expectedUs(candidates.responseUs(index));
    return (us * (candidates.inFlight(index) + 1)) / candidates.weights[index]!;
  }

  #expectedUs(us: number): number {
    if (us === 0) return this.#typicalUs === 0 ? 1 : this.#typicalUs;
    this.#typicalUs = this.#typicalUs === 0 ? us : this.#typicalUs + (us - this.#typicalUs) * TYPICAL_PART;
    return us;
  }
}
