/**
 * Consistent hashing: points of all servers on a circle of 2^32. A key goes to the server of the first point at or behind
 * its hash, so when a server comes or goes, only the keys at its own points move.
 *
 *     hashes   3  11  17  42 …     sorted
 *     owners   b   a   b   c …     the index of the server
 *     ranks    0   4   9   2 …     which of the server's points it is
 *
 * A server has points by its weight, and the points of a lower weight are among those of a higher one. All points that a
 * server can have are on the circle for good, and it answers for those whose rank is below its present number: a change
 * of weight or state changes one number and nothing is sorted again. That costs steps over points that do not count,
 * few as long as most servers are open.
 *
 * Points are made of what a server is called (`keys`), so that all threads, and other nodes with the same servers, agree.
 */
import { hashText, mix } from '../base/hash.ts';

/**
 * Points of a server of average weight. The share of each differs from what its weight says by some 1.6 % of itself (its
 * square root is what chance leaves), which for four servers is 0.4 of 100 points of all keys; with 1,024 it was 0.8. Fewer
 * where there are more than 256 servers.
 */
const POINTS = 4096;
/** Of all servers: 12 MiB, and a fifth of a second to sort. Weights far above the average stay within twice that. */
const POINTS_TOTAL = 1 << 20;
/** Of one server, whatever its weight. */
const POINTS_MAX = 1 << 16;
/** A point is sorted as one number: its hash, then which of all points it is. Both fit into the 53 bits of a double. */
const NUMBER = 2 ** 21;

export class Ring {
  readonly hashes: Uint32Array;
  readonly owners: Int32Array;
  readonly ranks: Int32Array;

  /** `counts`: how many points each server can have. */
  constructor(keys: readonly string[], counts: Int32Array) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total > NUMBER) throw new RangeError(`A circle of ${total} points is not supported`);
    const owners = new Int32Array(total);
    const ranks = new Int32Array(total);
    const sorted = new Float64Array(total);
    let number = 0;
    keys.forEach((key, owner) => {
      const seed = hashText(key, 0, key.length);
      for (let rank = 0; rank < counts[owner]!; rank++) {
        owners[number] = owner;
        ranks[number] = rank;
        // Two rounds: those of one server must not follow those of another at a fixed distance.
        sorted[number] = mix(mix(rank + 1) ^ seed) * NUMBER + number;
        number++;
      }
    });
    sorted.sort();
    this.hashes = new Uint32Array(total);
    this.owners = new Int32Array(total);
    this.ranks = new Int32Array(total);
    for (let place = 0; place < total; place++) {
      const point = sorted[place]!; // place < total, and so is the number of a point.
      number = point % NUMBER;
      this.hashes[place] = (point - number) / NUMBER;
      this.owners[place] = owners[number]!;
      this.ranks[place] = ranks[number]!;
    }
  }

  /** The index of the first point at or behind `hash`; 0 behind the last one. */
  find(hash: number): number {
    const { hashes } = this;
    let low = 0;
    let high = hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hashes[middle]! < hash)
        low = middle + 1; // middle < length.
      else high = middle;
    }
    return low === hashes.length ? 0 : low;
  }
}

/** Gives weights their points. Of each worker and thread that knows the same configuration, the same ones. */
export class Points {
  /** The weight that gives POINTS points. */
  readonly #unit: number;
  readonly #average: number;

  /** `configured`: the weights of all servers. */
  constructor(configured: readonly number[]) {
    const weights = configured.filter((weight) => weight > 0);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    // About the average, and about their number, but powers of two: a server more or less hardly ever changes them. If it
    // does, each server has more or fewer points, and many keys move.
    this.#unit = weights.length === 0 ? 1 : 2 ** Math.round(Math.log2(sum / weights.length));
    this.#average = Math.min(POINTS, POINTS_TOTAL / 2 ** Math.ceil(Math.log2(Math.max(1, weights.length))));
  }

  /** How many points a weight gives; none for a weight of 0. */
  of(weight: number): number {
    if (weight <= 0) return 0;
    return Math.max(1, Math.min(POINTS_MAX, Math.round((this.#average * weight) / this.#unit)));
  }
}
