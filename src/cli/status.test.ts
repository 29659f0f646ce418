import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusView } from '../admin/views.ts';
import type { HealthView } from '../balance/health/view.ts';
import { statusText } from './status.ts';

const HEALTH: HealthView = {
  address: '10.0.0.1:80',
  state: 'up',
  why: 'not checked',
  sinceMs: 1_000_000,
  phase: 'up',
  progress: null,
  mode: 'ready',
  agentMode: 'ready',
  check: { code: 'L7OK', text: 'status 200', status: 200, tookMs: 1.5, atMs: 1_050_000 },
  agent: null,
  failures: 0,
  history: [],
};

const VIEW: StatusView = {
  version: '1.2.3',
  pid: 77,
  startedAtMs: 1_000_000,
  configuration: '/etc/sallyport.yaml',
  workers: { count: 2, answering: 2, died: 0 },
  listeners: [
    { name: 'web', protocol: 'http', addresses: ['0.0.0.0:80', '[::]:80'], connections: 1 },
    { name: 'mail', protocol: 'tcp', addresses: ['0.0.0.0:25'], connections: 0 },
  ],
  pools: [
    {
      name: 'shop',
      isDecoy: false,
      fallback: null,
      servedBy: null,
      servers: [
        {
          name: 's1',
          address: '10.0.0.1:80',
          weight: 2,
          isBackup: false,
          effectiveWeight: 2,
          slowStart: null,
          busy: 3,
          idle: 4,
          health: HEALTH,
        },
      ],
    },
    {
      name: 'trap',
      isDecoy: true,
      fallback: null,
      servedBy: null,
      servers: [
        {
          name: 'built-in',
          address: 'unix:/run/x',
          weight: 1,
          isBackup: false,
          effectiveWeight: 1,
          slowStart: null,
          busy: 0,
          idle: 0,
          health: null,
        },
      ],
    },
  ],
  exchanges: { continue: 10, deceive: 2, reply: 3, drop: 1 },
  attackers: { count: 5, max: 100, dropped: 0 },
  accessLog: { dropped: 0 },
};

const NOW_MS = VIEW.startedAtMs + 90_000;

test('statusText shows everything in a page', () => {
  assert.equal(
    statusText(VIEW, NOW_MS),
    `sallyport 1.2.3, pid 77, up 90s, /etc/sallyport.yaml

Listeners
  web   http  0.0.0.0:80 [::]:80  1 connection
  mail  tcp   0.0.0.0:25          0 connections

Servers
  shop          s1        10.0.0.1:80  weight 2  3 busy, 4 idle  up, L7OK status 200
  trap (decoy)  built-in  unix:/run/x  weight 1  0 busy, 0 idle

Exchanges  10 passed, 2 deceived, 3 refused, 1 dropped
Attackers  5 marked of at most 100
`,
  );
});

const WORKERS: readonly (readonly [workers: StatusView['workers'], line: string])[] = [
  [{ count: 2, answering: 2, died: 1 }, 'Workers    1 died and was replaced'],
  [{ count: 2, answering: 2, died: 12 }, 'Workers    12 died and were replaced'],
  [{ count: 4, answering: 3, died: 0 }, 'Workers    0 died and were replaced, 1 of 4 do not answer'],
];

for (const [workers, line] of WORKERS) {
  test(`statusText says: ${line}`, () => {
    assert.ok(statusText({ ...VIEW, workers }, NOW_MS).includes(`\n${line}\n`));
  });
}

test('statusText tells of marks and log lines that were lost', () => {
  const text = statusText(
    { ...VIEW, attackers: { count: 100, max: 100, dropped: 7 }, accessLog: { dropped: 8 } },
    NOW_MS,
  );
  assert.match(text, /^Attackers {2}100 marked of at most 100, 7 dropped to make room$/m);
  assert.match(text, /^Access log 8 lines lost$/m);
});

test('statusText survives a clock that went back', () => {
  assert.match(statusText(VIEW, VIEW.startedAtMs - 5000), /, up 0/);
});

test('statusText escapes the path of the configuration', () => {
  const text = statusText({ ...VIEW, configuration: '/\x1b[2J\nListeners' }, NOW_MS);
  assert.match(text, /, \/\\x1b\[2J\\x0aListeners\n/);
});

const HEALTHS: readonly {
  readonly what: string;
  readonly health: Partial<HealthView>;
  readonly text: string;
}[] = [
  { what: 'never checked', health: { phase: 'unchecked', check: null }, text: 'up' },
  {
    what: 'on its way down',
    health: {
      phase: 'going down',
      progress: { done: 1, of: 3 },
      check: { code: 'L7STS', text: 'status 500, expected 200-399', status: 500, tookMs: 1, atMs: 1 },
    },
    text: 'going down 1/3, L7STS status 500, expected 200-399',
  },
  {
    what: 'down',
    health: { state: 'down', phase: 'down', why: 'L4CON connection refused', sinceMs: 1_078_000 },
    text: 'down for 12s, L4CON connection refused',
  },
  {
    what: 'on its way up',
    health: {
      state: 'down',
      phase: 'going up',
      progress: { done: 1, of: 2 },
      why: 'L4TOUT no connection in time',
      sinceMs: 1_030_000,
    },
    text: 'going up 1/2, down for 1m, L4TOUT no connection in time',
  },
  { what: 'drained', health: { mode: 'drain' }, text: 'up, L7OK status 200, drained' },
  {
    what: 'out of service by its agent',
    health: { agentMode: 'maintenance' },
    text: 'up, L7OK status 200, out of service by its agent',
  },
  {
    what: 'down for a reason out of the network',
    health: { state: 'down', why: 'the agent says fail: \x1b[2J', sinceMs: 1_090_000 },
    text: 'down for 0ms, the agent says fail: \\x1b[2J',
  },
];

/** A pool that serves itself. */
const ITSELF = { isDecoy: false, fallback: null, servedBy: null };

for (const { what, health, text } of HEALTHS) {
  test(`statusText shows a server ${what}`, () => {
    const server = {
      name: 's',
      address: '10.0.0.1:80',
      weight: 1,
      isBackup: false,
      effectiveWeight: 1,
      slowStart: null,
      busy: 0,
      idle: 0,
      health: { ...HEALTH, ...health },
    };
    const shown = statusText({ ...VIEW, pools: [{ name: 'p', ...ITSELF, servers: [server] }] }, NOW_MS);
    assert(shown.includes(`0 idle  ${text}\n`), shown);
  });
}

test('statusText shows what slow start makes of a server', () => {
  const server = {
    name: 's',
    address: '10.0.0.1:80',
    weight: 10,
    isBackup: false,
    effectiveWeight: 0.625,
    slowStart: 1 / 16,
    busy: 0,
    idle: 0,
    health: HEALTH,
  };
  const shown = statusText({ ...VIEW, pools: [{ name: 'p', ...ITSELF, servers: [server] }] }, NOW_MS);
  assert(
    shown.includes('weight 0.63 of 10  0 busy, 0 idle  up, L7OK status 200, slow start at 6 %\n'),
    shown,
  );
});

test('statusText shows which pool serves for another, and nothing where each serves itself', () => {
  const pool = { name: 'shop', isDecoy: false, fallback: 'sorry', servers: [] };
  const shown = (servedBy: string | null): string =>
    statusText({ ...VIEW, pools: [{ ...pool, servedBy }] }, NOW_MS);
  assert.match(shown('sorry'), /\nFallback {3}"shop" is served by "sorry"\nExchanges /);
  assert.doesNotMatch(shown(null), /Fallback/);
});
