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

/** Points of a server of average weight: shares are then even to within some 7 %. */
export const POINTS = 200;
/** Of one server, whatever its weight: bounds the circle. */
const POINTS_MAX = 4096;

export class Ring {
  readonly hashes: Uint32Array;
  readonly owners: Int32Array;
  readonly ranks: Int32Array;

  /** `counts`: how many points each server can have. */
  constructor(keys: readonly string[], counts: ArrayLike<number>) {
    const points: { readonly hash: number; readonly owner: number; readonly rank: number }[] = [];
    keys.forEach((key, owner) => {
      const seed = hashText(key, 0, key.length);
      for (let rank = 0; rank < counts[owner]!; rank++) {
        // Two rounds: those of one server must not follow those of another at a fixed distance.
        points.push({ hash: mix(mix(rank + 1) ^ seed), owner, rank });
      }
    });
    // Points of two servers at one place: the same one wins in every thread.
    points.sort((left, right) => left.hash - right.hash || left.owner - right.owner);
    this.hashes = Uint32Array.from(points, ({ hash }) => hash);
    this.owners = Int32Array.from(points, ({ owner }) => owner);
    this.ranks = Int32Array.from(points, ({ rank }) => rank);
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

/** How many points a weight gives, where `unit` gives POINTS; none for a weight of 0. */
export function pointsOf(weight: number, unit: number): number {
  if (weight <= 0) return 0;
  return Math.max(1, Math.min(POINTS_MAX, Math.round((POINTS * weight) / unit)));
}

/**
 * The weight to give POINTS points to: about the average of what is configured, but a power of two, so that a server more
 * or less hardly ever changes it. If it does, each server has more or fewer points, and many keys move.
 */
export function unitOf(configured: readonly number[]): number {
  const weights = configured.filter((weight) => weight > 0);
  if (weights.length === 0) return 1;
  const average = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return 2 ** Math.round(Math.log2(average));
}
