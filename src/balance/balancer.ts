/**
 * Chooses among the servers of a pool, or of a part of one, by the algorithm that its options name.
 */
import { NOBODY } from './algorithm.ts';
import type { Algorithm, Seeker } from './algorithm.ts';
import { ALGORITHMS } from './algorithms.ts';
import type { BalanceOptions } from './balance-options.ts';
import { Candidates } from './candidates.ts';
import { WEIGHT_UNIT } from './server-table.ts';
import type { ServerRow, ServerTable } from './server-table.ts';

/** A server as balancing sees it. */
export interface Member {
  readonly row: ServerRow;
  /** As configured. */
  readonly weight: number;
  /** What it is called where hashes must agree: the same in all threads, on all nodes and after a restart. */
  readonly key: string;
}

export class Balancer<M extends Member> {
  readonly #members: readonly M[];
  readonly #candidates: Candidates;
  readonly #algorithm: Algorithm;

  constructor(
    options: BalanceOptions,
    members: readonly M[],
    table: ServerTable,
    random: () => number = Math.random,
  ) {
    this.#members = members;
    this.#candidates = new Candidates(
      table,
      members.map(({ row }) => row),
    );
    this.#algorithm = ALGORITHMS[options.by](
      {
        candidates: this.#candidates,
        keys: distinct(members.map(({ key }) => key)),
        configured: members.map(({ weight }) => weight * WEIGHT_UNIT),
        random,
      },
      options,
    );
  }

  /** True when some server takes new sessions. */
  get isOpen(): boolean {
    this.#candidates.refresh();
    return this.#candidates.openCount > 0;
  }

  /**
   * The server for a new session of `seeker`, or undefined when none is open: another than `avoid` if there is another,
   * and one with room unless none has, or the algorithm binds the request to one that has not.
   */
  choose(seeker: Seeker, avoid?: M): M | undefined {
    this.#candidates.refresh();
    const index = avoid === undefined ? NOBODY : this.#members.indexOf(avoid);
    // NOBODY is no index of an array either.
    return this.#members[this.#algorithm.choose(seeker, index)];
  }
}

/** Two servers at one address are two: otherwise one of them would have no points of its own. */
function distinct(keys: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return keys.map((key) => {
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return times === 0 ? key : `${key} ${times}`;
  });
}
