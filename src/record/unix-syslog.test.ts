import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { test } from 'node:test';
import { receiveAt, socketFolder, UNIX_SKIP as skip } from '../../test/support/unix-receiver.ts';
import { until } from '../../test/support/wire.ts';
import { QueuedSink } from './queued-sink.ts';
import { openUnixSyslog } from './unix-syslog.ts';

const OPTIONS = { form: 'local', facility: 'local0', name: 'sallyport', lengthMax: 8192 } as const;

const lastWords = (messages: readonly string[]): string[] =>
  messages.map((message) => message.split(' ').at(-1) ?? '');

test('each line is a datagram, in order, as programs of this machine write them', { skip }, async (t) => {
  const daemon = receiveAt(t, join(socketFolder(t), 'log'));
  const sink = openUnixSyslog({ ...OPTIONS, path: daemon.path });
  await sink.write(Buffer.from('a\nb\n'));
  await sink.write(Buffer.from('\xe4\n', 'latin1'));
  await until('all came', () => daemon.received.length === 3);
  assert.deepEqual(lastWords(daemon.received), ['a', 'b', '\xe4']);
  assert.match(
    daemon.received[0] ?? '',
    new RegExp(`^<134>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} sallyport\\[${process.pid}\\]: a$`),
  );
  await sink.close();
});

test('the longest line that can be configured is a datagram', { skip }, async (t) => {
  const daemon = receiveAt(t, join(socketFolder(t), 'log'));
  const lengthMax = 48 * 1024;
  const sink = openUnixSyslog({ ...OPTIONS, lengthMax, path: daemon.path });
  await sink.write(Buffer.from(`${'x'.repeat(2 * lengthMax)}\n`));
  await until('it came', () => daemon.received.length === 1);
  assert.equal(lastWords(daemon.received)[0]?.length, lengthMax);
  await sink.close();
});

test('more lines than a daemon takes at once wait for it, and none is lost', { skip }, async (t) => {
  const daemon = receiveAt(t, join(socketFolder(t), 'log'));
  const sink = openUnixSyslog({ ...OPTIONS, path: daemon.path });
  const names = Array.from({ length: 3_000 }, (_, index) => `line-${index}`);
  await sink.write(Buffer.from(`${names.join('\n')}\n`));
  await until('all came', () => daemon.received.length === names.length);
  assert.deepEqual(lastWords(daemon.received), names);
  await sink.close();
});

test('a daemon that is started anew loses nothing', { skip }, async (t) => {
  const path = join(socketFolder(t), 'log');
  const first = receiveAt(t, path);
  const sink = openUnixSyslog({ ...OPTIONS, path });
  await sink.write(Buffer.from('a\n'));
  first.close();
  const written = sink.write(Buffer.from('b\nc\n'));
  const second = receiveAt(t, path);
  await written;
  await until('both came', () => second.received.length === 2);
  assert.deepEqual(lastWords([...first.received, ...second.received]), ['a', 'b', 'c']);
  await sink.close();
});

test('lines for a daemon that is not there are given up when the log is closed', { skip }, async (t) => {
  const sink = openUnixSyslog({ ...OPTIONS, path: join(socketFolder(t), 'log') });
  const failed = assert.rejects(sink.write(Buffer.from('a\n')));
  await sink.close();
  await failed;
  await assert.rejects(sink.write(Buffer.from('b\n')), { message: 'the log was closed' });
});

test('lines that a daemon does not take are counted, and said', { skip }, async (t) => {
  const daemon = receiveAt(t, join(socketFolder(t), 'log'));
  daemon.pause();
  const problems: string[] = [];
  const dropped = (count: number): string => `lost ${count}\n`;
  const sink = new QueuedSink(openUnixSyslog({ ...OPTIONS, path: daemon.path }), { dropped }, (problem) =>
    problems.push(problem),
  );
  const names = Array.from({ length: 2_000 }, (_, index) => `line-${index}\n`);
  sink.offer(Buffer.from(names.join('')));
  await until('they are given up', () => sink.dropped > 0);
  assert.equal(sink.dropped, names.length);
  assert.deepEqual(problems, ['Cannot write the access log: the receiver takes nothing']);
  daemon.resume();
  sink.offer(Buffer.from('next\n'));
  await until('the next came', () => lastWords(daemon.received).includes('next'));
  await until('the loss is told', () => daemon.received.at(-1)?.endsWith(`lost ${names.length}`) === true);
  await sink.close();
});

test('a path that can be none is said at once', () => {
  const open = (): unknown => openUnixSyslog({ ...OPTIONS, path: `/${'x'.repeat(200)}` });
  assert.throws(open, /^Error: Cannot send to "\/x/);
});
