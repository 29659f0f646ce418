import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { receiveAt, socketFolder, UNIX_SKIP as skip } from '../../test/support/unix-receiver.ts';
import type { UnixReceiver } from '../../test/support/unix-receiver.ts';
import { until } from '../../test/support/wire.ts';
import { ServiceReports } from './service-reports.ts';
import type { ReportedCounts } from './service-reports.ts';

interface Scene {
  readonly reports: ServiceReports;
  readonly receiver: UnixReceiver;
  readonly warnings: string[];
  /** What the proxy is like now. */
  readonly state: { isAlive: boolean; counts: ReportedCounts };
  /** Notices that say this. */
  readonly count: (text: string) => number;
}

function start(t: TestContext, watchdogMs: number | undefined): Scene {
  const receiver = receiveAt(t, join(socketFolder(t), 's'));
  const warnings: string[] = [];
  const state = { isAlive: true, counts: { serving: 2, workers: 2, exchanges: 0, attackers: 0 } };
  const reports = new ServiceReports({
    handed: { notifySocket: receiver.path, watchdogMs, descriptors: [], problems: [] },
    counts: () => state.counts,
    isAlive: () => state.isAlive,
    warn: (text) => warnings.push(text),
  });
  t.after(async () => {
    reports.stopping(0);
    await reports.close();
  });
  const count = (text: string): number => receiver.received.filter((one) => one.includes(text)).length;
  return { reports, receiver, warnings, state, count };
}

test('a worker that does not answer is told by silence, and by one warning', { skip }, async (t) => {
  const { reports, receiver, warnings, state, count } = start(t, 100);
  reports.ready();
  await until('it is fed', () => count('WATCHDOG=1') >= 3);
  state.isAlive = false;
  // What was on its way has come when this has, which goes the same way.
  reports.reloading();
  await until('all came', () => count('RELOADING=1') === 1);
  const fed = count('WATCHDOG=1');
  await until('it was to be fed', () => warnings.length > 0);
  reports.reloaded('ok');
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert.equal(count('WATCHDOG=1'), fed, 'for several periods');
  assert.equal(count('READY=1'), 2, 'everything else is told');
  assert.deepEqual(warnings, [
    'A worker does not answer and could not be replaced: the watchdog is not fed any more',
  ]);
  state.isAlive = true;
  await until('it is fed again', () => count('WATCHDOG=1') > fed);
  assert.ok(receiver.received.length > fed);
});

test('nothing is told of reloads and the watchdog before it is ready', { skip }, async (t) => {
  const { reports, receiver, count } = start(t, 100);
  reports.reloading();
  reports.reloaded('ok');
  reports.ready();
  reports.ready();
  await until('it is told', () => count('WATCHDOG=1') > 0);
  assert.equal(count('READY=1'), 1);
  assert.equal(count('RELOADING=1'), 0);
  assert.match(receiver.received[0] ?? '', /^STATUS=Reading/);
});

test('one that stops is ready no more, whatever a reload says', { skip }, async (t) => {
  const { reports, receiver, count } = start(t, undefined);
  reports.ready();
  reports.reloading();
  reports.stopping(1_500);
  reports.reloaded('ok');
  await reports.close();
  await until('all came', () => count('STOPPING=1') === 1);
  assert.equal(count('READY=1'), 1);
  assert.match(receiver.received.at(-1) ?? '', /^STOPPING=1\nEXTEND_TIMEOUT_USEC=1500000\n/);
});

test('without a service manager nothing happens', async () => {
  const reports = new ServiceReports({
    handed: undefined,
    counts: () => assert.fail('nobody asks'),
    isAlive: () => assert.fail('nobody asks'),
    warn: (text) => assert.fail(text),
  });
  reports.ready();
  reports.reloading();
  reports.reloaded('bad');
  reports.stopping(0);
  await reports.close();
});
