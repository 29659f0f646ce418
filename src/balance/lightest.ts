/**
 * The server of the least score: of all in a pool of usual size; of some that are drawn in a large one, because a look at
 * each of 1,000 servers for each request costs more than it brings. The best of sixteen drawn servers is among the best
 * sixteenth of all, and threads that look at the same moment do not all run to the same one.
 *
 * Among equals it is the turn of the next one, so that servers with nothing in hand are used in turn, as in HAProxy.
 *
 * Cost: one score for each open server up to SCAN_MAX of them, DRAWS beyond; O(n) when none of those has room.
 */
import { NOBODY } from './algorithm.ts';
import type { Candidates } from './candidates.ts';
import { findRoom } from './find-room.ts';

/** Pools of up to this many open servers are looked at as a whole. */
export const SCAN_MAX = 64;
const DRAWS = 16;

/** Less is better. */
export interface Score {
  of(index: number): number;
}

export class Lightest {
  readonly #candidates: Candidates;
  readonly #score: Score;
  readonly #random: () => number;
  /** The place among the open ones where looking begins. */
  #next = 0;

  constructor(candidates: Candidates, score: Score, random: () => number) {
    this.#candidates = candidates;
    this.#score = score;
    this.#random = random;
  }

  choose(avoid: number): number {
    const { openCount } = this.#candidates;
    if (openCount === 0) return NOBODY;
    return openCount <= SCAN_MAX ? this.#scan(avoid) : this.#sample(avoid);
  }

  #scan(avoid: number): number {
    const candidates = this.#candidates;
    const { open, openCount } = candidates;
    let best = -1;
    let bestScore = Infinity;
    let isBestFree = false;
    let place = this.#next < openCount ? this.#next : 0;
    for (let count = 0; count < openCount; count++) {
      const index = open[place]!; // place < openCount.
      if (index !== avoid) {
        const isFree = candidates.hasRoom(index);
        const score = this.#score.of(index);
        if ((isFree && !isBestFree) || (isFree === isBestFree && score < bestScore)) {
          best = place;
          bestScore = score;
          isBestFree = isFree;
        }
      }
      if (++place === openCount) place = 0;
    }
    if (best === -1) return open[0]!; // The only one there is.
    this.#next = best + 1;
    return open[best]!;
  }

  #sample(avoid: number): number {
    const candidates = this.#candidates;
    const { open, openCount } = candidates;
    let best = NOBODY;
    let bestScore = Infinity;
    let last = NOBODY;
    for (let count = 0; count < DRAWS; count++) {
      last = open[Math.floor(this.#random() * openCount)]!; // Below openCount.
      if (last === avoid || !candidates.hasRoom(last)) continue;
      const score = this.#score.of(last);
      if (score >= bestScore) continue;
      best = last;
      bestScore = score;
    }
    return best === NOBODY ? findRoom(candidates, last, avoid) : best;
  }
}
