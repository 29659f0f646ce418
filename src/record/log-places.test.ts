import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { receiveAt, socketFolder, UNIX_SKIP } from '../../test/support/unix-receiver.ts';
import { until } from '../../test/support/wire.ts';
import type { LineSink } from './line-sink.ts';
import { openLogPlaces } from './log-places.ts';
import type { LogOptions } from './options.ts';
import { QueuedSink } from './queued-sink.ts';

const SYSLOG: LogOptions['syslog'] = {
  address: undefined,
  transport: 'udp',
  path: '/dev/log',
  form: 'auto',
  facility: 'local0',
  name: 'sallyport',
  lengthMax: 8192,
};

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-logs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const options = (access: LogOptions['access'], to: readonly string[]): LogOptions => ({
  access,
  to,
  syslog: SYSLOG,
  level: 'info',
});
const none = (): void => {};
const LINES = Buffer.from('a\nb\n');

test('the form of messages for this machine is that of its programs', { skip: UNIX_SKIP }, async (t) => {
  const daemon = receiveAt(t, join(socketFolder(t), 'log'));
  const syslog = { ...SYSLOG, transport: 'unix', path: daemon.path } as const;
  for (const form of ['auto', 'rfc5424'] as const) {
    const places = await openLogPlaces(
      { ...options('json', ['syslog']), syslog: { ...syslog, form } },
      false,
      none,
    );
    await places.write(Buffer.from('a\n'));
    await places.close();
  }
  await until('both came', () => daemon.received.length === 2);
  assert.match(daemon.received[0] ?? '', /^<134>[A-Z][a-z]{2} [0-9 ]{2} [0-9:]{8} sallyport\[[0-9]+\]: a$/);
  assert.match(daemon.received[1] ?? '', /^<134>1 .* access - a$/);
});

test('lines go to every place', async (t) => {
  const folder = folderOf(t);
  const to = [join(folder, 'a.log'), join(folder, 'b.log')];
  const places = await openLogPlaces(options('json', to), false, none);
  const bytes = Buffer.from(LINES);
  await places.write(bytes);
  bytes.fill(0);
  await places.close();
  for (const path of to) assert.equal(readFileSync(path, 'latin1'), 'a\nb\n');
  assert.equal(places.dropped, 0);
});

for (const count of [1, 2]) {
  test(`every file of ${count} is opened anew`, async (t) => {
    const folder = folderOf(t);
    const to = ['a.log', 'b.log'].slice(0, count).map((name) => join(folder, name));
    const places = await openLogPlaces(options('json', to), false, none);
    for (const path of to) renameSync(path, `${path}.1`);
    await places.reopen();
    await places.write(LINES);
    await places.close();
    for (const path of to) {
      assert.equal(readFileSync(`${path}.1`, 'latin1'), '');
      assert.equal(readFileSync(path, 'latin1'), 'a\nb\n');
    }
  });
}

test('a place that cannot be opened is an error', async (t) => {
  const folder = folderOf(t);
  const to = [join(folder, 'a.log'), join(folder, 'missing', 'b.log')];
  const opened = openLogPlaces(options('json', to), false, none);
  await assert.rejects(opened, /^Error: Cannot open the log ".*b\.log": ENOENT$/);
});

test('a place that takes nothing holds up no other, and says what it lost', async () => {
  const written = { slow: '', fast: '' };
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sink = (name: 'slow' | 'fast', wait: Promise<void>): LineSink => ({
    write: async (lines) => {
      await wait;
      written[name] += Buffer.from(lines).toString('latin1');
    },
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
  const problems: string[] = [];
  const format = { dropped: (count: number) => `dropped ${count}\n` };
  const slow = new QueuedSink(sink('slow', held), format, (problem) => problems.push(problem), 8);
  const fast = new QueuedSink(
    sink('fast', Promise.resolve()),
    format,
    (problem) => problems.push(problem),
    8,
  );
  for (let round = 0; round < 5; round++) {
    slow.offer(LINES);
    fast.offer(LINES);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(written.fast, 'a\nb\n'.repeat(5));
  assert.equal(slow.dropped, 4, 'one is being written and two wait');
  assert.deepEqual(problems, ['Cannot write the access log: it takes lines more slowly than they come']);
  release();
  await slow.close();
  assert.equal(written.slow, `a\nb\ndropped 4\n${'a\nb\n'.repeat(2)}`);
});

test('a write that fails costs its lines, and is told', async () => {
  const problems: string[] = [];
  const sink: LineSink = {
    write: () => Promise.reject(new Error('ENOSPC')),
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const place = new QueuedSink(sink, { dropped: () => '' }, (problem) => problems.push(problem));
  place.offer(LINES);
  place.offer(LINES);
  await place.close();
  assert.equal(place.dropped, 4);
  assert.deepEqual(problems, ['Cannot write the access log: ENOSPC']);
});
