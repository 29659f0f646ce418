/**
 * Agents: HAProxy asks ours, we ask one as HAProxy's manual describes it, and both take the same from it.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { now, wallNow } from '../../src/base/clock.ts';
import { runAgent } from '../../src/balance/health/agent.ts';
import { runCheck } from '../../src/balance/health/check.ts';
import { HealthMonitor } from '../../src/balance/health/monitor.ts';
import { DRAIN, MAINTENANCE, ServerTable, UP, WEIGHT_UNIT } from '../../src/balance/server-table.ts';
import { Limits } from '../../src/balance/limits.ts';
import { Service } from '../../src/balance/service.ts';
import { Weights } from '../../src/balance/weights.ts';
import { Command, makeFolder } from '../cli/command.ts';
import { healthOf, watched } from '../support/health-host.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { pause, until, Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';

const SKIP = needs('haproxy');

/** What both say of their one server, in the same words. */
interface State {
  readonly weight: number;
  readonly state: 'up' | 'down' | 'drain' | 'maint';
  readonly limit: number;
}

/** Lines of an agent, one after the other, and what a server of weight 100 without a limit is after each. */
const LINES: readonly (readonly [line: string, after: State])[] = [
  ['75%', { weight: 75, state: 'up', limit: 0 }],
  ['50% maxconn:30', { weight: 50, state: 'up', limit: 30 }],
  ['drain', { weight: 50, state: 'drain', limit: 30 }],
  ['ready', { weight: 50, state: 'up', limit: 30 }],
  ['down # the disk is full', { weight: 50, state: 'down', limit: 30 }],
  ['75%', { weight: 75, state: 'down', limit: 30 }],
  ['up', { weight: 75, state: 'up', limit: 30 }],
  ['maint', { weight: 75, state: 'maint', limit: 30 }],
  ['up ready 100% maxconn:7', { weight: 100, state: 'up', limit: 7 }],
  ['stopped', { weight: 100, state: 'down', limit: 7 }],
  ['UP,\t 33%', { weight: 33, state: 'up', limit: 7 }],
  ['fail', { weight: 33, state: 'down', limit: 7 }],
  ['up', { weight: 33, state: 'up', limit: 7 }],
];

test('HAProxy and Sallyport take the same from one agent', { skip: SKIP }, async (t) => {
  let line = '100%';
  let asked = 0;
  const agent = await scriptedServer((wire) => {
    asked++;
    wire.send(`${line}\r\n`);
    wire.end();
  });
  t.after(() => agent.close());
  const haproxy = await haproxyWith(t, agent.port);
  const ours = sallyportWith(t, agent.port);
  for (const [next, after] of LINES) {
    line = next;
    await until(`${next} is heard`, () => sameAs(ours(), after));
    let theirs = await haproxy();
    for (let tries = 0; tries < 2_000 && !sameAs(theirs, after); tries++) {
      await pause(20);
      theirs = await haproxy();
    }
    assert.deepEqual(theirs, after, `HAProxy after "${next}"`);
    assert.deepEqual(ours(), after, `Sallyport after "${next}"`);
  }
  assert(asked > 2 * LINES.length);
});

test('HAProxy uses the agent of Sallyport: its weight, and its modes', { skip: SKIP }, async (t) => {
  const folder = makeFolder(t, {});
  const file = join(folder, 'state');
  // The processor counts nothing here, so that the weight stands still: memory moves by less than a percent.
  const args = [
    'agent',
    '--bind',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
    '--weigh',
    'memory=1',
    '--maxconn',
    '30',
  ];
  const command = new Command(t, [...args, '--state-file', file], { cwd: folder });
  await until('it answers', () => command.stdout.includes('HTTP on'));
  const [port = 0, http = 0] = [...command.stdout.matchAll(/127\.0\.0\.1:([0-9]+)/g)].map((match) =>
    Number(match[1]),
  );
  const haproxy = await haproxyWith(t, port);
  const ours = sallyportWith(t, port);
  const json = sallyportWith(t, http, 'json');
  for (const [text, state] of [
    ['', 'up'],
    ['drain', 'drain'],
    ['maint', 'maint'],
    ['up ready', 'up'],
    ['down # disk', 'down'],
    ['up', 'up'],
  ] as const) {
    writeFileSync(file, text);
    let seen: readonly State[] = [];
    for (let tries = 0; tries < 2_000; tries++) {
      seen = [await haproxy(), ours(), json()];
      if (seen.every((one) => one.state === state && one.weight === seen[0]?.weight && one.limit === 30))
        break;
      await pause(20);
    }
    for (const one of seen) assert.deepEqual(one, { weight: seen[0]?.weight, state, limit: 30 }, text);
    assert((seen[0]?.weight ?? 0) > 0);
  }
  command.child.kill('SIGTERM');
  assert.equal((await command.ended()).code, 0);
});

function sameAs(one: State, other: State): boolean {
  return one.weight === other.weight && one.state === other.state && one.limit === other.limit;
}

/** HAProxy with one server of weight 100 that has an agent; what it says of it. */
async function haproxyWith(t: TestContext, agentPort: number): Promise<() => Promise<State>> {
  const { ports } = await startHaproxy(
    t,
    `global
    stats socket ipv4@127.0.0.1:@stats level admin
frontend web
    mode http
    bind 127.0.0.1:@web
    default_backend app
backend app
    mode http
    server s 127.0.0.1:1 weight 100 agent-check agent-inter 50ms agent-port ${agentPort}
`,
  );
  return async () => {
    const wire = await Wire.connect(ports['stats'] ?? 0);
    wire.send('show stat app 4 -1\n');
    const [names = '', values = ''] = (await wire.readToEnd()).toString('latin1').split('\n');
    wire.close();
    const cells = values.split(',');
    const cell = (name: string): string => cells[names.replace('# ', '').split(',').indexOf(name)] ?? '';
    const status = cell('status').toLowerCase();
    const state = (['maint', 'drain', 'down'] as const).find((word) => status.startsWith(word)) ?? 'up';
    // In drain the effective weight is 0; "uweight" is what the agent asked for.
    return { weight: Number(cell('uweight')), state, limit: Number(cell('slim')) };
  };
}

/** The same for Sallyport. */
function sallyportWith(t: TestContext, agentPort: number, format: 'line' | 'json' = 'line'): () => State {
  const table = ServerTable.create(1, 1);
  table.reset(0);
  const weights = new Weights(table);
  weights.setConfigured(0, 100);
  const ignore = (): void => {};
  const monitor = new HealthMonitor({
    table,
    service: new Service(table, { begin: ignore, end: ignore, forget: ignore }),
    weights,
    limits: new Limits(table),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    timers: {
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    clock: now,
    wallClock: wallNow,
    compile: () => () => false,
    check: runCheck,
    ask: runAgent,
    jitter: (ms) => ms,
  });
  const agent = { port: agentPort, address: '127.0.0.1', interval: '100ms', format };
  monitor.update([watched(0, healthOf({ check: 'off', agent }))]);
  t.after(() => monitor.close());
  return () => {
    const mode = table.agentMode(0);
    const isUp = table.state(0) === UP;
    const state = mode === MAINTENANCE ? 'maint' : !isUp ? 'down' : mode === DRAIN ? 'drain' : 'up';
    return { weight: table.weight(0) / WEIGHT_UNIT, state, limit: table.inUseMax(0) };
  };
}
