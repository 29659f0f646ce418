/**
 * Who waits in this worker for a place at a server, in the order in which they came.
 *
 *     server a:     1 ── 3         a place at a goes to 1, one at b to 2: those who can wait for nothing else go first
 *     any server:   2 ── 4 ── 5
 *
 * A line for those that any server of the pool can serve, and one for each server to which somebody is bound: otherwise
 * those who wait for a busy server would stand in the way of those who do not.
 */
import type { Seeker } from '../balance/algorithm.ts';
import type { Server } from './server.ts';

/** Somebody who waits for a place. */
export interface Waiter {
  /** Who it is, for algorithms that want to know. */
  readonly seeker: Seeker;
  /** The server that its session is bound to; undefined when any will do. */
  readonly bound: Server | undefined;
  /** The server that it comes from: another one is better. */
  readonly avoid: Server | undefined;
  /** It has a place at `server` now. */
  onPlace(server: Server): void;
  /** What it waits for is not there any more: it has to choose anew. */
  onNoServer(): void;
}

/** How many of a line that would rather not have the free place are looked at for one that takes it. */
const PICKY_MAX = 8;

export class WaitingLine {
  /** A Set keeps the order of arrival, and forgets one in the middle at no cost. */
  readonly #any = new Set<Waiter>();
  readonly #bound = new Map<Server, Set<Waiter>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many wait for `bound`; without one, how many would take any. */
  countOf(bound: Server | undefined): number {
    return bound === undefined ? this.#any.size : (this.#bound.get(bound)?.size ?? 0);
  }

  add(waiter: Waiter): void {
    this.#size++;
    if (waiter.bound === undefined) {
      this.#any.add(waiter);
      return;
    }
    const line = this.#bound.get(waiter.bound);
    if (line === undefined) this.#bound.set(waiter.bound, new Set([waiter]));
    else line.add(waiter);
  }

  /** False when it does not wait here. */
  remove(waiter: Waiter): boolean {
    const { bound } = waiter;
    const line = bound === undefined ? this.#any : this.#bound.get(bound);
    if (line?.delete(waiter) !== true) return false;
    this.#size--;
    if (bound !== undefined && line.size === 0) this.#bound.delete(bound);
    return true;
  }

  /** Asks those who could be next, and answers with the first for whom `isServed` says true. */
  find(isServed: (waiter: Waiter) => boolean): Waiter | undefined {
    for (const line of this.#bound.values()) {
      const waiter = firstServed(line, isServed);
      if (waiter !== undefined) return waiter;
    }
    return firstServed(this.#any, isServed);
  }
}

function firstServed(line: ReadonlySet<Waiter>, isServed: (waiter: Waiter) => boolean): Waiter | undefined {
  let picky = 0;
  for (const waiter of line) {
    if (isServed(waiter)) return waiter;
    // Where the first cannot be served nobody behind it can, but for one that has nothing against a server.
    if (waiter.avoid === undefined || ++picky >= PICKY_MAX) return undefined;
  }
  return undefined;
}
