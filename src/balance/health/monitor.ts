/**
 * The health of all servers. The supervisor has one, for all workers and through every reload.
 *
 * What it writes into the ServerTable is all that workers need of it, and what they count there all that it needs of
 * them: how often in a row real traffic to a server has failed.
 */
import { isSameDefinition } from './definition.ts';
import type { HealthHost } from './host.ts';
import { poolIdOf, ServerHealth } from './server-health.ts';
import { TierWatch } from './tier-watch.ts';
import type { WatchedServer } from './server-health.ts';
import type { ServerRow } from '../server-table.ts';
import type { HealthView } from './view.ts';

/** How often the counts of workers are looked at, in milliseconds: a load of one number for each server. */
const LOOK_MS = 100;

export class HealthMonitor {
  readonly #host: HealthHost;
  /** By their keys; bounded by the rows of the table. */
  readonly #servers = new Map<string, ServerHealth>();
  readonly #tiers: TierWatch;
  #cancelLook: () => void;

  constructor(host: Omit<HealthHost, 'onChange'>) {
    this.#host = { ...host, onChange: (server) => this.#onChange(server) };
    this.#tiers = new TierWatch(host);
    this.#cancelLook = host.timers.after(LOOK_MS, () => this.#look());
  }

  /**
   * From now on these are the servers. Those that stay keep their state, and a check whose definition stays goes on as
   * it is; the others begin, or end.
   */
  update(servers: readonly WatchedServer[]): void {
    const keys = new Set(servers.map(({ key }) => key));
    for (const [key, health] of this.#servers) {
      if (keys.has(key)) continue;
      health.close();
      this.#forget(health.server.row);
      this.#servers.delete(key);
    }
    for (const [index, server] of servers.entries()) {
      const known = this.#servers.get(server.key);
      if (known === undefined)
        this.#servers.set(server.key, new ServerHealth(this.#host, server, index / servers.length));
      else if (!isSameDefinition(known.server, server)) known.update(server);
    }
    this.#tiers.update(servers);
  }

  #forget(row: ServerRow): void {
    const { weights, limits, service } = this.#host;
    for (const part of [weights, limits, service]) part.forget(row);
  }

  /** Looks at what workers have counted, and looks again in a moment. */
  #look(): void {
    for (const health of this.#servers.values()) health.lookAtTraffic();
    this.#tiers.look();
    this.#cancelLook = this.#host.timers.after(LOOK_MS, () => this.#look());
  }

  view(key: string): HealthView | undefined {
    return this.#servers.get(key)?.view();
  }

  close(): void {
    this.#cancelLook();
    for (const health of this.#servers.values()) health.close();
    this.#servers.clear();
  }

  /** Says when the last server of a pool goes, and when the first is back. */
  #onChange(changed: WatchedServer): void {
    const { pool, key } = changed;
    const id = poolIdOf(changed);
    const members = [...this.#servers.values()].filter(({ server }) => poolIdOf(server) === id);
    const up = members.filter(({ isUp }) => isUp);
    const isUp = this.#servers.get(key)?.isUp === true;
    if (up.length === 0) this.#host.log.error(`No server of "${pool}" is up`, { pool });
    else if (up.length === 1 && isUp)
      this.#host.log.info(`"${pool}" has a server that is up again`, { pool });
  }
}
