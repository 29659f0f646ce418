/**
 * Ordinary servers and backups: who is chosen among at the moment.
 *
 *     tier 0   the ordinary servers, by the algorithm of the pool
 *     tier 1…  the backups: each one a tier of its own (`first`), or all of them one tier (`all`)
 *
 * The first tier in which some server is open serves, and no other. A tier whose servers are full is open: requests wait
 * for it. That a retry has met a server which does not answer changes no tier, either; checks, agents and marks of real
 * traffic do. As HAProxy's `backup` and `option allbackups`.
 *
 * Cost: that of the algorithm; nothing more where there are no backups.
 */
import type { Seeker } from './algorithm.ts';
import type { BalanceOptions } from './balance-options.ts';
import { Balancer } from './balancer.ts';
import type { Member } from './balancer.ts';
import type { ServerTable } from './server-table.ts';

export interface TierMember extends Member {
  /** Used only when no ordinary server is open. */
  readonly isBackup: boolean;
}

export interface TierOptions {
  readonly balance: BalanceOptions;
  readonly backups: 'first' | 'all';
}

interface Tier<M extends TierMember> {
  readonly members: readonly M[];
  readonly balancer: Balancer<M>;
}

export class Tiers<M extends TierMember> {
  readonly #table: ServerTable;
  /** The ordinary ones first, even if there are none. */
  readonly #tiers: readonly Tier<M>[];

  constructor(
    { balance, backups }: TierOptions,
    members: readonly M[],
    table: ServerTable,
    random: () => number = Math.random,
  ) {
    this.#table = table;
    const tier = (some: readonly M[]): Tier<M> => ({
      members: some,
      balancer: new Balancer(balance, some, table, random),
    });
    const spare = members.filter(({ isBackup }) => isBackup);
    this.#tiers = [
      tier(members.filter(({ isBackup }) => !isBackup)),
      ...(backups === 'first' ? spare.map((one) => tier([one])) : spare.length > 0 ? [tier(spare)] : []),
    ];
  }

  /** True when some server takes new sessions. */
  get isOpen(): boolean {
    for (const { balancer } of this.#tiers) if (balancer.isOpen) return true;
    return false;
  }

  /** The servers that are chosen among now, open or not; none when no tier is open. */
  get present(): readonly M[] {
    for (const { members, balancer } of this.#tiers) if (balancer.isOpen) return members;
    return [];
  }

  /** As Balancer.choose, among the servers of the tier that serves. */
  choose(seeker: Seeker, avoid?: M): M | undefined {
    for (const { balancer } of this.#tiers) {
      const chosen = balancer.choose(seeker, avoid);
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }

  /** True when new sessions may go to this server: it is open, and no tier before its own is. */
  takes(member: M): boolean {
    if (!this.#table.isOpen(member.row)) return false;
    return !member.isBackup || this.present.includes(member);
  }
}
