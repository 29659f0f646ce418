/**
 * Least load: what a server has in hand for its weight and for what its agent says is left of its machine.
 *
 *     score = (in hand + 1) / (weight × free)        free: 16 for an idle machine, 1 for one that is full
 *
 * What an agent asks for as a percentage of the weight is left out where it says the load as well (server-health.ts): it is
 * the same number, and counted twice it keeps a busy server from the third of its share that it could take. On a model of
 * four servers of which one is three times slower, at 85 % of what they can do, the mean was 56 ms with both and 37 ms with
 * one; with twelve clients who ask again at once, 65 ms and 60 ms.
 *
 * The two make up for each other: an agent sees work that does not come from here, but only every few seconds; what is in
 * hand is known at once. `free` has few steps, because agents measure noise, and a difference of one per cent must not
 * send everything to one of two idle machines. A server whose load is not known counts as loaded as the others are on
 * average, and when none is known this is least connections. HAProxy has no such algorithm: there, agents change weights.
 *
 * Cost: that of lightest.ts.
 */
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';
import { Lightest } from './lightest.ts';
import type { Score } from './lightest.ts';
import { LOAD_MAX, LOAD_UNKNOWN } from './server-table.ts';

/** Steps of load that are told apart. */
const STEPS = 16;
/** How fast what counts as average follows the loads that are seen. */
const TYPICAL_PART = 1 / 64;

export class LeastLoad implements Algorithm, Score {
  readonly #candidates: Candidates;
  readonly #lightest: Lightest;
  /** The average of what was seen to be free, in STEPS. */
  #typicalFree = STEPS;

  constructor({ candidates, random }: Pick<AlgorithmParts, 'candidates' | 'random'>) {
    this.#candidates = candidates;
    this.#lightest = new Lightest(candidates, this, random);
  }

  choose(_seeker: Seeker, avoid: number): number {
    return this.#lightest.choose(avoid);
  }

  of(index: number): number {
    const candidates = this.#candidates;
    const free = this.#free(candidates.load(index));
    return (candidates.inFlight(index) + 1) / (candidates.weights[index]! * free);
  }

  #free(load: number): number {
    if (load === LOAD_UNKNOWN) return this.#typicalFree;
    const free = Math.max(1, STEPS - Math.round((load * STEPS) / LOAD_MAX));
    this.#typicalFree += (free - this.#typicalFree) * TYPICAL_PART;
    return free;
  }
}
