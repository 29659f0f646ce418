/**
 * Weighted round robin: each server is due at times of its own, a share of its weight apart, and the one that is due
 * first is next.
 *
 *     weights 5, 1, 1        a  b  a  a  a  c  a | a  b  a …
 *     due (of one round)    .1 .25 .3 .5 .7 .75 .9
 *
 * Each server gets exactly its weight in every round, and no server many turns in a row: those of one weight begin at
 * different parts of their interval, so that a crowd of light servers does not come all at once. HAProxy does the same
 * with whole numbers; its order within a round is another. A change of a weight moves when a server is due next in
 * proportion, so that frequent small changes (slow start, agents) favour nobody.
 *
 * Cost: O(log n), a heap; O(n) when the one whose turn it is has no room or is to be avoided, and after a change.
 */
import { NOBODY } from './algorithm.ts';
import type { Algorithm, AlgorithmParts, Seeker } from './algorithm.ts';
import type { Candidates } from './candidates.ts';

/** Turns beyond this are counted from 0 again, so that fractions stay exact: a double has 53 bits. */
const ROUNDS_MAX = 1 << 20;

export class RoundRobin implements Algorithm {
  readonly #candidates: Candidates;
  /** Indexes of open servers, the one that is due first on top. */
  readonly #heap: Int32Array;
  #size = 0;
  /** By index: when it is due, in rounds, and how far apart that is: 1 / weight. 0 for one that was not open. */
  readonly #due: Float64Array;
  readonly #step: Float64Array;
  /** When the last one was due. */
  #at = 0;
  #version = -1;

  constructor({ candidates }: Pick<AlgorithmParts, 'candidates'>) {
    this.#candidates = candidates;
    this.#heap = new Int32Array(candidates.count);
    this.#due = new Float64Array(candidates.count);
    this.#step = new Float64Array(candidates.count);
  }

  choose(_seeker: Seeker, avoid: number): number {
    return this.next(avoid);
  }

  /** The next in turn, for whoever needs no seeker. */
  next(avoid: number): number {
    if (this.#version !== this.#candidates.version) this.#follow();
    if (this.#size === 0) return NOBODY;
    const first = this.#heap[0]!; // size > 0.
    if (first !== avoid && this.#candidates.hasRoom(first)) return this.#take(0);
    return this.#take(this.#findOther(avoid));
  }

  /** The place in the heap of who is due first among those with room, or among all when none has any. */
  #findOther(avoid: number): number {
    let best = -1;
    let crowded = -1;
    for (let place = 0; place < this.#size; place++) {
      const index = this.#heap[place]!; // place < size; the same below.
      if (index === avoid) continue;
      if (this.#candidates.hasRoom(index)) {
        if (best === -1 || this.#isBefore(index, this.#heap[best]!)) best = place;
      } else if (crowded === -1 || this.#isBefore(index, this.#heap[crowded]!)) crowded = place;
    }
    if (best !== -1) return best;
    return crowded === -1 ? 0 : crowded;
  }

  #take(place: number): number {
    const index = this.#heap[place]!;
    // Turns that it could not take are lost: otherwise it would get all of them at once when it has room again.
    this.#at = Math.max(this.#at, this.#due[index]!);
    this.#due[index] = this.#at + this.#step[index]!;
    this.#sink(place);
    if (this.#at > ROUNDS_MAX) this.#rewind();
    return index;
  }

  /** Takes over weights that have changed. */
  #follow(): void {
    const { weights, open, openCount, version } = this.#candidates;
    this.#version = version;
    const alike = new Map<number, number>();
    for (let place = 0; place < openCount; place++) {
      const weight = weights[open[place]!]!;
      alike.set(weight, (alike.get(weight) ?? 0) + 1);
    }
    const seen = new Map<number, number>();
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index]!;
      const before = this.#step[index]!;
      const step = weight === 0 ? 0 : 1 / weight;
      this.#step[index] = step;
      if (weight === 0) continue;
      const position = seen.get(weight) ?? 0;
      seen.set(weight, position + 1);
      // A newcomer waits its part of an interval: it has missed nothing that it could ask back.
      const wait =
        before === 0
          ? ((position + 0.5) / alike.get(weight)!) * step // Counted above.
          : Math.max(0, this.#due[index]! - this.#at) * (step / before);
      this.#due[index] = this.#at + wait;
    }
    this.#size = openCount;
    this.#heap.set(open.subarray(0, openCount));
    for (let place = (openCount >> 1) - 1; place >= 0; place--) this.#sink(place);
  }

  #rewind(): void {
    for (let place = 0; place < this.#size; place++) this.#due[this.#heap[place]!]! -= this.#at;
    this.#at = 0;
  }

  /** Moves what stands at `place` down until nothing below it is due before it. */
  #sink(start: number): void {
    const heap = this.#heap;
    const size = this.#size;
    const index = heap[start]!;
    let place = start;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= size) break;
      if (below + 1 < size && this.#isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!this.#isBefore(heap[below]!, index)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = index;
  }

  #isBefore(left: number, right: number): boolean {
    const difference = this.#due[left]! - this.#due[right]!;
    return difference < 0 || (difference === 0 && left < right);
  }
}
