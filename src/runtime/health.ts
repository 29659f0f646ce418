/**
 * The health of the servers of a configuration, and the addresses of those that are named. The supervisor has one of
 * these through all reloads.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { now, wallNow } from '../base/clock.ts';
import { runAgent } from '../balance/health/agent.ts';
import { runCheck } from '../balance/health/check.ts';
import { defineHealth } from '../balance/health/definition.ts';
import type { HealthLog } from '../balance/health/host.ts';
import { HealthMonitor } from '../balance/health/monitor.ts';
import type { WatchedServer } from '../balance/health/server-health.ts';
import type { HealthView } from '../balance/health/view.ts';
import { NameFollower } from '../balance/names/follow.ts';
import type { FollowedName } from '../balance/names/follow.ts';
import { makeResolve } from '../balance/names/resolve.ts';
import type { PoolOptions } from '../balance/options.ts';
import { serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import { compileRegex, MATCH } from '../inspect/rx/regex.ts';
import type { Endpoint } from '../net/address.ts';
import { isNamed } from '../net/named-endpoint.ts';
import { rowOf } from './servers-in-use.ts';
import type { OwnedServers } from './servers-in-use.ts';
import { TIMERS } from './timers.ts';

export interface HealthParts {
  readonly servers: OwnedServers;
  readonly log: HealthLog;
}

/** Begins to watch and to resolve. */
export function startHealth(config: Config, parts: HealthParts): Health {
  return new Health(config, parts);
}

export class Health {
  readonly #monitor: HealthMonitor;
  readonly #names: NameFollower;
  #config: Config;
  #servers: OwnedServers;

  constructor(config: Config, { servers, log }: HealthParts) {
    this.#config = config;
    this.#servers = servers;
    this.#monitor = new HealthMonitor({
      table: servers.table,
      service: servers.service,
      weights: servers.weights,
      limits: servers.limits,
      log,
      timers: TIMERS,
      clock: now,
      wallClock: wallNow,
      compile: compilePattern,
      check: runCheck,
      ask: runAgent,
      jitter: (ms, percent) => ms * (1 + ((2 * Math.random() - 1) * percent) / 100),
    });
    this.#names = new NameFollower(config.resolver, {
      timers: TIMERS,
      clock: now,
      log,
      resolve: makeResolve(config.resolver),
      onChange: () => this.#watch(),
    });
    this.update(config, servers);
  }

  /** Another configuration is in use. Servers and names that stay keep what is known of them. */
  update(config: Config, servers: OwnedServers): void {
    this.#config = config;
    this.#servers = servers;
    this.#names.update(config.resolver, makeResolve(config.resolver), namesIn(config));
    this.#watch();
  }

  view(key: string): HealthView | undefined {
    return this.#monitor.view(key);
  }

  close(): void {
    this.#names.close();
    this.#monitor.close();
  }

  #watch(): void {
    const servers = watchedServers(this.#config, this.#servers, this.#names);
    const { addresses } = this.#servers.table;
    for (const { row, address, isFollowed } of servers) if (isFollowed) addresses.set(row, address);
    this.#monitor.update(servers);
  }
}

/** What a check names and cannot be read, each ready to print. */
export function healthProblems(config: Config): readonly string[] {
  const pools = [...Object.entries(config.pools), ...Object.entries(config.decoys)];
  return pools.flatMap(([name, { health }]) => {
    const { ca } = health.tls;
    if (ca === 'system') return [];
    try {
      createSecureContext({ ca: readFileSync(ca) });
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return [`Cannot use key "health.tls.ca" of pool "${name}": ${why}`];
    }
  });
}

interface WatchedRow extends WatchedServer {
  /** Its address comes from its name. */
  readonly isFollowed: boolean;
}

/** All servers of a configuration but the built-in decoys, which are a part of this process. */
function watchedServers(config: Config, servers: OwnedServers, names: NameFollower): readonly WatchedRow[] {
  return poolsOf(config).flatMap(({ kind, pool, options }) =>
    Object.entries(options.servers).map(([name, server]) => {
      const key = serverKey(kind, pool, name);
      const isFollowed = isNamed(server.address);
      return {
        key,
        pool,
        name,
        row: rowOf(servers.rows, key),
        address: addressOf(server.address, names),
        isBackup: server.backup,
        health: defineHealth(options, server.health),
        isFollowed,
      };
    }),
  );
}

function addressOf(
  address: PoolOptions['servers'][string]['address'],
  names: NameFollower,
): Endpoint | undefined {
  return isNamed(address) ? names.addressOf(address.name, address.port, address.slot) : address;
}

function namesIn(config: Config): readonly FollowedName[] {
  return poolsOf(config).flatMap(({ options }) =>
    Object.values(options.servers).flatMap(({ address, addresses }) =>
      isNamed(address) ? [{ name: address.name, port: address.port, slots: addresses }] : [],
    ),
  );
}

function poolsOf(
  config: Config,
): readonly { readonly kind: 'pool' | 'decoy'; readonly pool: string; readonly options: PoolOptions }[] {
  return [
    ...Object.entries(config.pools).map(([pool, options]) => ({ kind: 'pool' as const, pool, options })),
    ...Object.entries(config.decoys).map(([pool, options]) => ({ kind: 'decoy' as const, pool, options })),
  ];
}

/** Patterns of checks are those of rules: `.` matches a line feed, `^` and `$` hold at each line. */
function compilePattern(source: string): (latin1: string) => boolean {
  const regex = compileRegex(source, { dotAll: true, multiLine: true });
  // A search that gave up found nothing: a server is not up because a pattern was too much.
  return (text) => regex.test(text) === MATCH;
}
