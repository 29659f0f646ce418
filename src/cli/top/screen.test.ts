import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ListenerTraffic, ServerTraffic, TrafficView } from '../../admin/traffic-view.ts';
import type { AttackersView, StatusView } from '../../admin/views.ts';
import { BUCKETS } from '../../record/metrics/family.ts';
import { textOf, widthOf } from './line.ts';
import { ratesBetween } from './rates.ts';
import type { Chosen, Known, Size } from './screen.ts';
import { PANES, screenLines, share } from './screen.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12, 34, 56);

const STATUS: StatusView = {
  version: '0.1.0',
  pid: 4711,
  startedAtMs: NOW_MS - 8_000_000,
  configuration: '/etc/sallyport/sallyport.yaml',
  workers: { count: 2, answering: 2, died: 0 },
  listeners: [
    { name: 'web', protocol: 'http', addresses: ['192.0.2.1:80', '[2001:db8::1]:80'], connections: 1234 },
    { name: 'mail', protocol: 'tcp', addresses: ['192.0.2.1:25'], connections: 3 },
  ],
  pools: [],
  exchanges: { continue: 0, reply: 0, deceive: 0, drop: 0 },
  attackers: { count: 17, max: 100_000, dropped: 0 },
  accessLog: { dropped: 0 },
};

function listener(
  name: string,
  protocol: 'http' | 'tcp',
  connections: number,
  count: number,
): ListenerTraffic {
  const times = [...BUCKETS.map((_, index) => (index === 3 ? count : index === 6 ? count / 8 : 0)), 0];
  return {
    name,
    protocol,
    connections,
    exchanges: { continue: count, reply: count / 100, deceive: count / 200, drop: 0 },
    classes: [0, 0, count, count / 10, count / 50, count / 100],
    bytesIn: count * 400,
    bytesOut: count * 5000,
    times,
  };
}

function server(pool: string, name: string, changes: Partial<ServerTraffic> = {}): ServerTraffic {
  return {
    pool,
    isDecoy: false,
    name,
    isBackup: false,
    servedBy: null,
    state: 'up',
    mode: 'ready',
    weight: 1,
    slowStart: null,
    inUse: 4,
    waiting: 0,
    load: null,
    exchanges: 120_000,
    failures: 0,
    firstByteSeconds: 240,
    firstBytes: 120_000,
    ...changes,
  };
}

function traffic(atMs: number, count: number, servers: readonly ServerTraffic[]): TrafficView {
  return {
    atMs,
    workers: [
      { busy: 0.42, delaySeconds: 0.002, heapBytes: 30e6 },
      { busy: 0.4, delaySeconds: 0.001, heapBytes: 31e6 },
    ],
    cpuSeconds: atMs / 1000,
    memoryBytes: 182 * 1024 * 1024,
    bounds: BUCKETS,
    listeners: [listener('web', 'http', 1234, count), listener('mail', 'tcp', 3, count / 1000)],
    servers,
  };
}

const SERVERS: readonly ServerTraffic[] = [
  server('app', 's1', { load: 0.34 }),
  server('app', 's2', { load: 0.97, waiting: 12, weight: 0.5 }),
  server('app', 's3', { state: 'down', inUse: 0, failures: 20 }),
  server('app', 's4', { mode: 'drain', inUse: 1 }),
  server('mail', 'one', { mode: 'maintenance', state: 'down' }),
  server('trap', 'built-in', { isDecoy: true }),
];
const BEFORE = traffic(
  NOW_MS - 2000,
  0,
  SERVERS.map((one) => ({ ...one, exchanges: 0, failures: 0, firstByteSeconds: 0, firstBytes: 0 })),
);

const ATTACKERS: AttackersView = {
  total: 17,
  attackers: Array.from({ length: 17 }, (_, index) => ({
    kind: 'mark' as const,
    key: index === 0 ? '2001:db8:1:2::/64' : `203.0.113.${index}`,
    address: `203.0.113.${index}`,
    startMs: NOW_MS - 600_000,
    endMs: NOW_MS + 3_000_000 + index * 1000,
    lastSeenMs: NOW_MS - index * 7000,
    offences: 1 + index,
    visits: 3 * index,
    cause: {
      rule: '942100',
      exchange: 'x',
      text: `Rule 942100 (crs.conf:1) matched: SQL \x1b[31minjection ${index}`,
    },
  })),
};

const KNOWN: Known = {
  status: STATUS,
  rates: ratesBetween(BEFORE, traffic(NOW_MS, 24_000, SERVERS)),
  attackers: ATTACKERS,
  history: Array.from({ length: 120 }, (_, index) => 6000 + 4000 * Math.sin(index / 9) + index * 20),
};

const CHOSEN: Chosen = {
  pane: 'all',
  sort: { all: 0, listeners: 0, servers: 0, attackers: 1 },
  offset: 0,
  isPaused: false,
  isHelp: false,
  problem: '',
  intervalMs: 1000,
};

function draw(changes: Partial<Chosen>, size: Size, known: Known | undefined = KNOWN): string {
  const lines = screenLines(known, { ...CHOSEN, ...changes }, size);
  return lines.map((line) => `${textOf(line).trimEnd()}\n`).join('');
}

const SMALL: Size = { columns: 80, rows: 24, hasBlocks: true };
const LARGE: Size = { columns: 200, rows: 50, hasBlocks: true };

const GOLDENS: readonly (readonly [name: string, changes: Partial<Chosen>, size: Size])[] = [
  ['all-80x24', {}, SMALL],
  ['all-200x50', {}, LARGE],
  ['all-80x24-ascii', { isPaused: true }, { ...SMALL, hasBlocks: false }],
  ['servers-by-requests-80x24', { pane: 'servers', sort: { ...CHOSEN.sort, servers: 3 } }, SMALL],
  ['attackers-moved-80x24', { pane: 'attackers', offset: 5 }, SMALL],
  ['help-80x24', { isHelp: true }, SMALL],
  ['problem-80x24', { problem: 'Cannot reach Sallyport at "x": is it running' }, SMALL],
];

for (const [name, changes, size] of GOLDENS) {
  test(`the screen ${name} is as it was`, () => {
    const file = new URL(`goldens/${name}.txt`, import.meta.url);
    const text = draw(changes, size);
    if (process.env['GOLDENS_UPDATE'] === '1') writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
}

test('the screen fills every size exactly, and is printable', () => {
  for (let columns = 1; columns <= 220; columns += 3) {
    for (const rows of [1, 2, 9, 10, 11, 17, 24, 38, 60]) {
      for (const pane of PANES) {
        const lines = screenLines(KNOWN, { ...CHOSEN, pane }, { columns, rows, hasBlocks: true });
        assert.ok(lines.length <= rows, `${lines.length} lines in ${columns} by ${rows}`);
        for (const line of lines) {
          assert.equal(widthOf(line), columns, `${textOf(line)} in ${columns} by ${rows}`);
          assert.match(textOf(line), /^[ -~\u2500\u2581-\u2588]*$/);
        }
      }
    }
  }
});

test('before the first numbers it says that it waits, or why there are none', () => {
  assert.match(screenText(undefined, ''), /Waiting for the first numbers/);
  assert.match(screenText(undefined, 'Cannot reach it'), /Cannot reach it/);
});

function screenText(known: Known | undefined, problem: string): string {
  return screenLines(known, { ...CHOSEN, problem }, SMALL)
    .map(textOf)
    .join('\n');
}

const SHARES: readonly (readonly [wanted: readonly number[], height: number, given: readonly number[]])[] = [
  [[1, 1, 1], 10, [1, 1, 1]],
  [[1, 20, 20], 11, [1, 5, 5]],
  [[5, 5, 5], 4, [2, 1, 1]],
  [[5, 5, 5], 0, [0, 0, 0]],
  [[5, 5, 5], -3, [0, 0, 0]],
  [[9], 4, [4]],
];

for (const [wanted, height, given] of SHARES) {
  test(`${height} rows for ${wanted.join(', ')} are ${given.join(', ')}`, () => {
    assert.deepEqual(share(wanted, height), given);
  });
}

test('a pool for which another one serves says so beside its name', () => {
  const servers = [server('app', 's1', { state: 'down', servedBy: 'spare' }), server('spare', 's2')];
  const known = { ...KNOWN, rates: ratesBetween(BEFORE, traffic(NOW_MS, 24_000, servers)) };
  const text = draw({ pane: 'servers' }, SMALL, known);
  assert.match(text, /^ app > spare +s1 +down /m);
  assert.match(text, /^ spare +s2 +up /m);
});
