/**
 * Two random choices: two servers are drawn by weight, and the one with less in hand for its weight is taken. Nearly as
 * even as looking at all of them, at the cost of looking at two; and proxies that know nothing of each other do not all
 * run to the same server. HAProxy's `random(2)`.
 *
 * Cost: O(log n); O(n) when both that were drawn are full.
 */
import { NOBODY } from './algorithm.ts';
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';
import { Draw } from './draw.ts';
import { findRoom } from './find-room.ts';

export class Random implements Algorithm {
  readonly #candidates: Candidates;
  readonly #draw: Draw;

  constructor({ candidates, random }: Pick<AlgorithmParts, 'candidates' | 'random'>) {
    this.#candidates = candidates;
    this.#draw = new Draw(candidates, random);
  }

  choose(_seeker: Seeker, avoid: number): number {
    const candidates = this.#candidates;
    if (candidates.openCount === 0) return NOBODY;
    const one = this.#draw.one();
    const two = this.#draw.one();
    const best = this.#better(one, two, avoid);
    if (best !== avoid && candidates.hasRoom(best)) return best;
    return findRoom(candidates, best, avoid);
  }

  #better(one: number, two: number, avoid: number): number {
    if (one === two || two === avoid) return one;
    if (one === avoid) return two;
    const candidates = this.#candidates;
    const hasRoom = candidates.hasRoom(one);
    if (hasRoom !== candidates.hasRoom(two)) return hasRoom ? one : two;
    // In hand for the weight, without dividing.
    const left = candidates.inFlight(one) * candidates.weights[two]!;
    return left <= candidates.inFlight(two) * candidates.weights[one]! ? one : two;
  }
}
