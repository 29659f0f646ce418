import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { receiveAt, socketFolder, UNIX_SKIP as skip } from '../../test/support/unix-receiver.ts';
import { until } from '../../test/support/wire.ts';
import { Notifier, takeHanded } from './service-manager.ts';
import type { Handed, Variables } from './service-manager.ts';

const US = { pid: 100, parentPid: 50 };
const NOTHING: Handed = { notifySocket: undefined, watchdogMs: undefined, descriptors: [], problems: [] };
const PROBLEM = (name: string, value: string): readonly string[] => [
  `Cannot use ${name}: "${value}" is no number of it`,
];

const ROWS: readonly (readonly [what: string, variables: Variables, expected: Partial<Handed>])[] = [
  ['nothing', {}, {}],
  ['a socket for notices', { NOTIFY_SOCKET: '/run/n' }, { notifySocket: '/run/n' }],
  ['a watchdog', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '100' }, { watchdogMs: 30_000 }],
  ['a watchdog for any process', { WATCHDOG_USEC: '1500' }, { watchdogMs: 1.5 }],
  ['a watchdog for another process', { WATCHDOG_USEC: '1500', WATCHDOG_PID: '99' }, {}],
  ['a watchdog that is off', { WATCHDOG_USEC: '0' }, {}],
  ['a watchdog without a number', { WATCHDOG_USEC: '1s' }, { problems: PROBLEM('WATCHDOG_USEC', '1s') }],
  ['a watchdog in the past', { WATCHDOG_USEC: '-1' }, { problems: PROBLEM('WATCHDOG_USEC', '-1') }],
  [
    'sockets with names',
    { LISTEN_FDS: '2', LISTEN_PID: '100', LISTEN_FDNAMES: 'web:' },
    {
      descriptors: [
        { descriptor: 3, name: 'web' },
        { descriptor: 4, name: '' },
      ],
    },
  ],
  [
    'sockets without names',
    { LISTEN_FDS: '1', LISTEN_PID: '100' },
    { descriptors: [{ descriptor: 3, name: 'unknown' }] },
  ],
  ['sockets for another process', { LISTEN_FDS: '1', LISTEN_PID: '99' }, {}],
  ['sockets for the parent, who has passed nothing on', { LISTEN_FDS: '1', LISTEN_PID: '50' }, {}],
  [
    'sockets that the parent has passed on',
    { LISTEN_FDS: '1', LISTEN_PID: '50', SALLYPORT_LAUNCHER: '50' },
    { descriptors: [{ descriptor: 3, name: 'unknown' }] },
  ],
  [
    'sockets that somebody else has passed on',
    { LISTEN_FDS: '1', LISTEN_PID: '51', SALLYPORT_LAUNCHER: '51' },
    {},
  ],
  [
    'a watchdog that the parent has passed on',
    { WATCHDOG_USEC: '2000', WATCHDOG_PID: '50', SALLYPORT_LAUNCHER: '50' },
    { watchdogMs: 2 },
  ],
  ['sockets for nobody', { LISTEN_FDS: '1' }, {}],
  ['no sockets', { LISTEN_FDS: '0', LISTEN_PID: '100' }, {}],
  [
    'sockets without a number',
    { LISTEN_FDS: 'x', LISTEN_PID: '100' },
    { problems: PROBLEM('LISTEN_FDS', 'x') },
  ],
  [
    'too many sockets',
    { LISTEN_FDS: '1025', LISTEN_PID: '100' },
    { problems: PROBLEM('LISTEN_FDS', '1025') },
  ],
];

for (const [what, variables, expected] of ROWS) {
  test(`takeHanded: ${what}`, () => {
    const environment = { ...variables, PATH: '/bin' };
    assert.deepEqual(takeHanded(environment, US), { ...NOTHING, ...expected });
    assert.deepEqual(environment, { PATH: '/bin' }, 'nothing is left for programs that are started');
  });
}

test('a notice is lines, and no value makes another one', { skip }, async (t) => {
  const receiver = receiveAt(t, join(socketFolder(t), 's'));
  const notifier = new Notifier(receiver.path, (problem) => assert.fail(problem));
  await notifier.tell({ STATUS: 'a\nWATCHDOG=1\0', READY: 1 });
  await until('it came', () => receiver.received.length === 1);
  assert.deepEqual(receiver.received, ['STATUS=a WATCHDOG=1 \nREADY=1']);
  await notifier.close();
});

test(
  'a service manager that is not there is told about once, until it is there again',
  { skip },
  async (t) => {
    const path = join(socketFolder(t), 's');
    const problems: string[] = [];
    const notifier = new Notifier(path, (problem) => problems.push(problem));
    t.after(() => notifier.close());
    await notifier.tell({ READY: 1 });
    await notifier.tell({ READY: 1 });
    assert.deepEqual(problems, ['Cannot tell the service manager: sendto failed: ENOENT']);
    const receiver = receiveAt(t, path);
    await notifier.tell({ STATUS: 'there' });
    receiver.close();
    assert.deepEqual(receiver.received, ['STATUS=there']);
    await notifier.tell({ READY: 1 });
    assert.equal(problems.length, 2);
  },
);

test('a service manager that takes nothing is told no more than waits', { skip }, async (t) => {
  const receiver = receiveAt(t, join(socketFolder(t), 's'));
  const notifier = new Notifier(receiver.path, (problem) => assert.fail(problem));
  receiver.pause();
  const told = Array.from({ length: 1_000 }, (_, index) => notifier.tell({ STATUS: index }));
  receiver.resume();
  await Promise.all(told);
  await notifier.close();
  await until('all came', () => receiver.received.length >= 64);
  assert.equal(receiver.received.length, 64);
});
