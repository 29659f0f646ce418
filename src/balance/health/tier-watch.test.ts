import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHost, healthOf, watched } from '../../../test/support/health-host.ts';
import type { FakeHost } from '../../../test/support/health-host.ts';
import { DOWN, DRAIN, MAINTENANCE, READY, UP } from '../server-table.ts';
import { HealthMonitor } from './monitor.ts';

const OFF = healthOf('off');
const TOOK_OVER = 'warn Backups serve "app": no other server of it takes requests';
const IS_BACK = 'info Servers of "app" that are no backups serve it again';

/** Ordinary servers in rows 0 and 1, a backup in row 2. */
function make(): { readonly host: FakeHost; readonly monitor: HealthMonitor } {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  monitor.update([watched(0, OFF), watched(1, OFF), watched(2, OFF, { isBackup: true })]);
  return { host, monitor };
}

test('it is said once that backups take over, and once that they are relieved', async () => {
  const { host, monitor } = make();
  await host.pass(1000);
  host.table.setState(0, DOWN);
  await host.pass(1000);
  assert.deepEqual(host.events, [], 'one of two is enough');
  host.table.setMode(1, DRAIN);
  await host.pass(1000);
  assert.deepEqual(host.events, [`2100 ${TOOK_OVER}`]);
  host.table.setMode(1, READY);
  await host.pass(1000);
  assert.deepEqual(host.events.slice(1), [`3100 ${IS_BACK}`]);
  monitor.close();
});

test('a server that comes back when nobody served relieves nobody, but is told of', async () => {
  const { host, monitor } = make();
  for (const row of [0, 1, 2]) host.table.setMode(row, MAINTENANCE);
  await host.pass(1000);
  assert.deepEqual(host.events, []);
  host.table.setMode(2, READY);
  await host.pass(1000);
  assert.deepEqual(host.events, [`1100 ${TOOK_OVER}`]);
  monitor.close();
});

test('pools without backups, or with nothing else, have nothing to tell', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  const other = { key: 'pool b/c', pool: 'b', isBackup: true };
  monitor.update([watched(0, OFF), watched(2, OFF, other)]);
  host.table.setState(0, DOWN);
  host.table.setState(2, DOWN);
  await host.pass(1000);
  host.table.setState(2, UP);
  await host.pass(1000);
  assert.deepEqual(host.events, []);
  monitor.close();
});

test('a pool and a decoy of one name are two', async () => {
  const host = fakeHost();
  const monitor = new HealthMonitor(host);
  const decoy = { key: 'decoy app/c', isBackup: true };
  monitor.update([watched(0, OFF), watched(2, OFF, decoy)]);
  host.table.setState(0, DOWN);
  await host.pass(1000);
  assert.deepEqual(host.events, []);
  monitor.close();
});
