/**
 * By hash: requests of one key go to one server, as long as it is open, and when a server comes or goes only its share of
 * the keys moves. Requests without the key take turns. HAProxy's `hash-type consistent`.
 *
 * With a bound, no server has more in hand than so many per cent of its fair share (consistent hashing with bounded loads,
 * Mirrokni, Thorup and Zadimoghaddam 2016): a key whose server is above that goes to the next one on the circle, and comes
 * back when there is room. So a key that everybody asks for does not bring down its one server. HAProxy's
 * `hash-balance-factor`.
 *
 * A server that is full by its own limit keeps its keys: they wait for it. That is what such a limit is set for.
 *
 * Cost: O(log n). With a bound, O(n) when the server of the key has something in hand: the sum of all is needed.
 */
import { NOBODY } from './algorithm.ts';
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';
import { NO_KEY } from './request-key.ts';
import type { RequestKey } from './request-key.ts';
import { Points, Ring } from './ring.ts';
import { RoundRobin } from './round-robin.ts';

export interface HashedParts extends Pick<AlgorithmParts, 'candidates' | 'keys' | 'configured'> {
  readonly key: RequestKey;
  /** Per cent of a fair share; undefined for no bound. */
  readonly bound: number | undefined;
}

export class Hashed implements Algorithm {
  readonly #candidates: Candidates;
  readonly #keys: readonly string[];
  readonly #key: RequestKey;
  readonly #bound: number | undefined;
  readonly #turns: RoundRobin;
  readonly #points: Points;
  #ring: Ring;
  /** By index: points that it can have, and points that count. */
  readonly #capacity: Int32Array;
  readonly #active: Int32Array;
  #version = -1;

  constructor(parts: HashedParts) {
    this.#candidates = parts.candidates;
    this.#keys = parts.keys;
    this.#key = parts.key;
    this.#bound = parts.bound;
    this.#turns = new RoundRobin(parts);
    this.#points = new Points(parts.configured);
    this.#capacity = Int32Array.from(parts.configured, (weight) => this.#points.of(weight));
    this.#ring = new Ring(parts.keys, this.#capacity);
    this.#active = new Int32Array(parts.candidates.count);
  }

  choose(seeker: Seeker, avoid: number): number {
    if (this.#candidates.openCount === 0) return NOBODY;
    const hash = this.#key.hash(seeker);
    return hash === NO_KEY ? this.#turns.next(avoid) : this.#find(hash, avoid);
  }

  #find(hash: number, avoid: number): number {
    const ring = this.#follow();
    const { owners, ranks } = ring;
    const active = this.#active;
    const shares = this.#bound === undefined ? undefined : this.#bound / 100;
    let first = NOBODY;
    let slots = -1;
    let point = ring.find(hash);
    for (let count = 0; count < owners.length; count++) {
      const owner = owners[point]!; // point < length.
      if (ranks[point]! < active[owner]! && owner !== avoid) {
        if (shares === undefined) return owner;
        const inFlight = this.#candidates.inFlight(owner);
        if (inFlight === 0) return owner;
        if (slots === -1) slots = (this.#inFlightTotal() + 1) * shares;
        if (inFlight < this.#slotsOf(owner, slots)) return owner;
        if (first === NOBODY) first = owner;
      }
      if (++point === owners.length) point = 0;
    }
    // Nobody else, or the numbers changed while they were looked at.
    return first === NOBODY ? this.#turns.next(NOBODY) : first;
  }

  #slotsOf(owner: number, slots: number): number {
    const { weights, weightTotal } = this.#candidates;
    return Math.ceil((slots * weights[owner]!) / weightTotal);
  }

  #inFlightTotal(): number {
    const candidates = this.#candidates;
    let total = 0;
    for (let place = 0; place < candidates.openCount; place++) {
      total += candidates.inFlight(candidates.open[place]!); // place < openCount.
    }
    return total;
  }

  /** The circle, with what has changed. */
  #follow(): Ring {
    const { version, weights } = this.#candidates;
    if (version === this.#version) return this.#ring;
    this.#version = version;
    let isLarger = false;
    for (let index = 0; index < weights.length; index++) {
      const points = this.#points.of(weights[index]!);
      this.#active[index] = points;
      if (points <= this.#capacity[index]!) continue;
      this.#capacity[index] = points;
      isLarger = true;
    }
    if (isLarger) this.#ring = new Ring(this.#keys, this.#capacity);
    return this.#ring;
  }
}
