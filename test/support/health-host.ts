/** A host for servers that are watched, with a clock that tests move and answers that tests give. */
import type { AgentResult } from '../../src/balance/health/agent.ts';
import type { CheckResult } from '../../src/balance/health/check-code.ts';
import { defineHealth } from '../../src/balance/health/definition.ts';
import type { HealthDefinition } from '../../src/balance/health/definition.ts';
import type { HealthHost } from '../../src/balance/health/host.ts';
import type { WatchedServer } from '../../src/balance/health/server-health.ts';
import { readConfig } from '../../src/config/read.ts';
import { ServerTable } from '../../src/balance/server-table.ts';
import { Limits } from '../../src/balance/limits.ts';
import { Service } from '../../src/balance/service.ts';
import { Weights } from '../../src/balance/weights.ts';
import { parseEndpoint } from '../../src/net/address.ts';
import assert from 'node:assert/strict';

export interface FakeHost extends HealthHost {
  /** What happened, in order: `0 check`, `2000 info Server "a" …`. */
  readonly events: string[];
  /** What the next checks find, `+` or `-`; the last one again and again. */
  checks: string;
  /** What the agents answer from now on. */
  answer: Omit<AgentResult, 'tookMs'>;
  /** Lets time pass, with everything that happens meanwhile. */
  pass(ms: number): Promise<void>;
}

export function fakeHost(): FakeHost {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const table = ServerTable.create(8, 1);
  const weights = new Weights(table);
  for (let row = 0; row < 8; row++) {
    table.reset(row);
    weights.setConfigured(row, 100);
  }
  const events: string[] = [];
  const service = new Service(table, {
    begin: (row) => events.push(`${time} begins ${row}`),
    end: () => {},
    forget: () => {},
  });
  const note =
    (level: string) =>
    (text: string, fields: Readonly<Record<string, unknown>>): void => {
      events.push(`${time} ${level} ${text}${'reason' in fields ? `: ${String(fields['reason'])}` : ''}`);
    };
  const host: FakeHost = {
    table,
    service,
    weights,
    limits: new Limits(table),
    events,
    checks: '+',
    answer: { code: 'L7OK', text: '', answer: undefined },
    log: { debug: () => {}, info: note('info'), warn: note('warn'), error: note('error') },
    timers: {
      after: (ms, run) => {
        const timer = { at: time + ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    clock: () => time,
    wallClock: () => 1_000_000 + time,
    compile: (source) => (text) => text.includes(source),
    jitter: (ms) => ms,
    onChange: () => {},
    check: () => {
      const isGood = host.checks.startsWith('+');
      if (host.checks.length > 1) host.checks = host.checks.slice(1);
      events.push(`${time} check`);
      const result: CheckResult = isGood
        ? { code: 'L7OK', text: 'status 200', status: 200, tookMs: 1 }
        : { code: 'L4CON', text: 'connection refused', status: undefined, tookMs: 1 };
      return Promise.resolve(result);
    },
    ask: () => {
      events.push(`${time} ask`);
      return Promise.resolve({ ...host.answer, tookMs: 1 });
    },
    pass: async (ms) => {
      const end = time + ms;
      await settle();
      for (;;) {
        const next = [...timers].sort((one, other) => one.at - other.at)[0];
        if (next === undefined || next.at > end) break;
        timers.delete(next);
        time = next.at;
        next.run();
        await settle();
      }
      time = end;
    },
  };
  return host;
}

/** What begins with a timer is a few promises long. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** The definition that a `health` section of a configuration gives. */
export function healthOf(
  health: object | string,
  own: object | string = {},
  balance = 'round-robin',
): HealthDefinition {
  const text = JSON.stringify({
    listeners: { web: { bind: '127.0.0.1:0', pool: 'app' } },
    pools: { app: { servers: { a: { address: '192.0.2.1:80', health: own } }, health, balance } },
  });
  const read = readConfig(text, 'test.yaml', {});
  assert(read.kind === 'ok', JSON.stringify(read.diagnostics));
  const pool = read.config.pools['app'];
  const server = pool?.servers['a'];
  assert(pool !== undefined && server !== undefined);
  return defineHealth(pool, server.health);
}

export function watched(
  row: number,
  health: HealthDefinition,
  more: Partial<WatchedServer> = {},
): WatchedServer {
  const name = 'abcdefgh'.charAt(row);
  const address = parseEndpoint(`192.0.2.${row + 1}:80`);
  return { key: `pool app/${name}`, pool: 'app', name, row, address, isBackup: false, health, ...more };
}
