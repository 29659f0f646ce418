import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrafficView } from '../../admin/traffic-view.ts';
import { quantile, ratesBetween } from './rates.ts';

const BOUNDS = [0.1, 0.2, 0.4];

const QUANTILES: readonly (readonly [share: number, counts: readonly number[], value: number | undefined])[] =
  [
    [0.5, [0, 0, 0, 0], undefined],
    [0.5, [10, 0, 0, 0], 0.05],
    [0.95, [10, 0, 0, 0], 0.095],
    [0.5, [5, 5, 0, 0], 0.1],
    [0.75, [5, 5, 0, 0], 0.15],
    [0.5, [0, 0, 4, 0], 0.3],
    [0.99, [1, 0, 0, 99], 0.4],
    [1, [1, 1, 1, 0], 0.4],
  ];

for (const [share, counts, value] of QUANTILES) {
  test(`the quantile ${share} of ${counts.join(', ')} is ${value}`, () => {
    const found = quantile(share, counts, BOUNDS);
    if (value === undefined || found === undefined) assert.equal(found, value);
    else assert.ok(Math.abs(found - value) < 1e-9, String(found));
  });
}

function view(atMs: number, count: number): TrafficView {
  return {
    atMs,
    workers: [],
    cpuSeconds: count / 100,
    memoryBytes: 1,
    bounds: BOUNDS,
    listeners: [
      {
        name: 'web',
        protocol: 'http',
        connections: 2,
        exchanges: { continue: count, reply: 0, deceive: count / 2, drop: 0 },
        classes: [0, 0, count, 0, 0, 0],
        bytesIn: count,
        bytesOut: 2 * count,
        times: [count, 0, 0, 0],
      },
    ],
    servers: [
      {
        pool: 'app',
        isDecoy: false,
        name: 's1',
        isBackup: false,
        servedBy: null,
        state: 'up',
        mode: 'ready',
        weight: 1,
        slowStart: null,
        inUse: 0,
        waiting: 0,
        load: null,
        exchanges: count,
        failures: 0,
        firstByteSeconds: count / 10,
        firstBytes: count,
      },
    ],
  };
}

test('rates are what has come, by the time in between', () => {
  const { listeners, servers, total, cpu } = ratesBetween(view(0, 100), view(2000, 300));
  assert.deepEqual([listeners[0]?.requests, listeners[0]?.deceived, listeners[0]?.bytesOut], [150, 50, 200]);
  assert.deepEqual([servers[0]?.requests, servers[0]?.mean], [100, 0.1]);
  assert.deepEqual([total.requests, total.connections, cpu], [150, 2, 1]);
});

test('a program that was started anew counts from 0, and nothing is negative', () => {
  const { total, servers, cpu } = ratesBetween(view(0, 1000), view(1000, 100));
  assert.deepEqual([total.requests, servers[0]?.requests, cpu], [150, 100, 1]);
});

test('where nothing has come there is no mean and no quantile', () => {
  const { total, servers } = ratesBetween(view(0, 100), view(1000, 100));
  assert.deepEqual([total.requests, total.p50, servers[0]?.mean], [0, undefined, undefined]);
});

test('a listener that is new counts from 0', () => {
  const { total } = ratesBetween({ ...view(0, 100), listeners: [] }, view(1000, 100));
  assert.equal(total.requests, 150);
});
