/** The health of the servers of a configuration: who is watched, and what the watching is handed. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { now, wallNow } from '../base/clock.ts';
import { runAgent } from '../balance/health/agent.ts';
import { runCheck } from '../balance/health/check.ts';
import { defineHealth } from '../balance/health/definition.ts';
import type { HealthHost, HealthLog, Timers } from '../balance/health/host.ts';
import { HealthMonitor } from '../balance/health/monitor.ts';
import type { WatchedServer } from '../balance/health/server-health.ts';
import type { PoolOptions } from '../balance/options.ts';
import { serverKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import { compileRegex, MATCH } from '../inspect/rx/regex.ts';
import { rowOf } from './servers-in-use.ts';
import type { OwnedServers } from './servers-in-use.ts';

export interface HealthParts {
  readonly servers: OwnedServers;
  readonly log: HealthLog;
  /** A server is about to be up that was down: slow start begins. */
  readonly onUp: HealthHost['onUp'];
}

export function startHealth(config: Config, { servers, log, onUp }: HealthParts): HealthMonitor {
  const monitor = new HealthMonitor({
    table: servers.table,
    weights: servers.weights,
    log,
    onUp,
    timers: TIMERS,
    clock: now,
    wallClock: wallNow,
    compile: compilePattern,
    check: runCheck,
    ask: runAgent,
    jitter: (ms, percent) => ms * (1 + ((2 * Math.random() - 1) * percent) / 100),
  });
  monitor.update(watchedServers(config, servers));
  return monitor;
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

/** All servers of a configuration but the built-in decoys, which are a part of this process. */
export function watchedServers(config: Config, servers: OwnedServers): readonly WatchedServer[] {
  return [
    ...Object.entries(config.pools).flatMap(([name, pool]) => watchedOf('pool', name, pool, servers)),
    ...Object.entries(config.decoys).flatMap(([name, pool]) => watchedOf('decoy', name, pool, servers)),
  ];
}

function watchedOf(
  kind: 'pool' | 'decoy',
  pool: string,
  options: PoolOptions,
  { rows }: OwnedServers,
): readonly WatchedServer[] {
  return Object.entries(options.servers).map(([name, server]) => {
    const key = serverKey(kind, pool, name);
    return {
      key,
      pool,
      name,
      row: rowOf(rows, key),
      address: server.address,
      inUseMax: 0,
      health: defineHealth(options, server.health),
    };
  });
}

const TIMERS: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Patterns of checks are those of rules: `.` matches a line feed, `^` and `$` hold at each line. */
function compilePattern(source: string): (latin1: string) => boolean {
  const regex = compileRegex(source, { dotAll: true, multiLine: true });
  // A search that gave up found nothing: a server is not up because a pattern was too much.
  return (text) => regex.test(text) === MATCH;
}
