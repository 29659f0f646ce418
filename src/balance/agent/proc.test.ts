import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readBytes,
  readCgroupPath,
  readCpuMax,
  readCpuUsage,
  readInactiveFile,
  readLoadavg,
  readMeminfo,
  readStat,
} from './proc.ts';

const STAT = `cpu  100 0 50 800 50 0 10 5 99 0
cpu0 50 0 25 400 25 0 5 3 50 0
cpu1 50 0 25 400 25 0 5 2 49 0
intr 1 2 3
ctxt 5
procs_running 3
procs_blocked 0
`;

test('the processors: idle and waiting for disks is free, stolen time is not, guests are counted once', () => {
  assert.deepEqual(readStat(STAT), { busy: 165, total: 1015, cores: 2, runnable: 3 });
});

test('an old kernel without stolen time', () => {
  assert.equal(readStat('cpu  1 1 1 5 2\ncpu0 1 1 1 5 2\nprocs_running 1\n')?.busy, 3);
});

for (const text of [
  '',
  'cpu  a b\n',
  'cpu  1 2 3\ncpu0 1\nprocs_running 1\n',
  STAT.replace(/procs_running.*/, ''),
  'cpu  1 2 3 4 5\nprocs_running 1\n',
])
  test(`${JSON.stringify(text.slice(0, 30))} says nothing of processors`, () =>
    assert.equal(readStat(text), undefined));

test('memory: what can be taken back is free', () => {
  assert.equal(readMeminfo('MemTotal:        1000 kB\nMemFree:  10 kB\nMemAvailable:    250 kB\n'), 0.75);
  assert.equal(readMeminfo('MemTotal: 1000 kB\nMemAvailable: 2000 kB\n'), 0);
  for (const text of [
    '',
    'MemTotal: 1000 kB\n',
    'MemTotal: 0 kB\nMemAvailable: 0 kB\n',
    'MemTotal: x kB\nMemAvailable: 1 kB\n',
  ])
    assert.equal(readMeminfo(text), undefined, text);
});

test('the load average', () => {
  assert.equal(readLoadavg('14.70 12.98 9.38 16/267 16074\n'), 14.7);
  for (const text of ['', '1', 'x 1 1', '.5 1 1']) assert.equal(readLoadavg(text), undefined, text);
});

test('the control group of this process is that of version 2', () => {
  assert.equal(readCgroupPath('4:memory:/a\n0::/system.slice/x.service\n'), '/system.slice/x.service');
  assert.equal(readCgroupPath('0::/\n'), '/');
  for (const text of ['', '4:memory:/a\n', '0::\n', '0::/../../etc\n'])
    assert.equal(readCgroupPath(text), undefined, text);
});

test('limits of a control group', () => {
  assert.deepEqual([readCpuMax('max 100000\n'), readCpuMax('150000 100000\n')], [Infinity, 1.5]);
  for (const text of ['', 'max', '5', '1 0\n', 'a b']) assert.equal(readCpuMax(text), undefined, text);
  assert.deepEqual([readBytes('max\n'), readBytes('4096\n'), readBytes('x')], [Infinity, 4096, undefined]);
  assert.equal(readCpuUsage('usage_usec 77\nuser_usec 1\n'), 77);
  assert.equal(readCpuUsage(''), undefined);
  assert.deepEqual([readInactiveFile('anon 1\ninactive_file 9\n'), readInactiveFile('')], [9, 0]);
});
