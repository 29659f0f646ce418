import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { test } from 'node:test';
import { receiveAt, socketFolder, UNIX_SKIP as skip } from '../../test/support/unix-receiver.ts';
import { until } from '../../test/support/wire.ts';
import { DatagramSender } from './datagram-sender.ts';
import { UnixDatagrams, unixAddress } from './unix-datagram.ts';

const ADDRESSES: readonly (readonly [what: string, path: string, bytes: string | undefined])[] = [
  ['a path has a zero behind it', '/run/x', '\x01\x00/run/x\x00'],
  ['an abstract name begins with a zero and has none behind it', '@a/b', '\x01\x00\x00a/b'],
  ['the longest path', `/${'x'.repeat(106)}`, `\x01\x00/${'x'.repeat(106)}\x00`],
  ['a path that is too long', `/${'x'.repeat(107)}`, undefined],
  ['an abstract name that is too long', `@${'x'.repeat(107)}`, undefined],
  ['characters count as bytes', `/${'\u00e4'.repeat(54)}`, undefined],
  ['a relative path', 'run/x', undefined],
  ['nothing', '', undefined],
  ['an abstract name without a name', '@', undefined],
  ['the root alone', '/', undefined],
  ['a zero in a path', '/run/\0x', undefined],
  ['another address family', 'vsock:2:1234', undefined],
];

for (const [what, path, bytes] of ADDRESSES) {
  test(`unixAddress: ${what}`, () => {
    const address = unixAddress(path);
    assert.equal(address === undefined ? undefined : Buffer.from(address).toString('latin1'), bytes);
  });
}

for (const name of ['path', 'abstract'] as const) {
  test(
    `datagrams arrive whole and in order at ${name === 'path' ? 'a path' : 'an abstract name'}`,
    { skip },
    async (t) => {
      const receiver = receiveAt(
        t,
        name === 'path' ? join(socketFolder(t), 's') : `@sallyport-test-${process.pid}`,
      );
      const sender = new DatagramSender(receiver.path);
      t.after(() => sender.close());
      for (const text of ['one', '', 'x'.repeat(30_000)]) await sender.send(Buffer.from(text));
      await until('all came', () => receiver.received.length === 3);
      assert.deepEqual(
        receiver.received.map(({ length }) => length),
        [3, 0, 30_000],
      );
    },
  );
}

test(
  'a receiver that takes nothing holds up nobody, and gets what waits when it does',
  { skip },
  async (t) => {
    const receiver = receiveAt(t, join(socketFolder(t), 's'));
    const sender = new DatagramSender(receiver.path);
    t.after(() => sender.close());
    receiver.pause();
    let sent = 0;
    while (sent < 10_000 && sender.trySend(Buffer.from(String(sent)))) sent++;
    assert.ok(sent < 10_000, 'the system has a bound');
    const waiting = sender.send(Buffer.from('last'));
    receiver.resume();
    await waiting;
    await until('all came', () => receiver.received.length === sent + 1);
    assert.equal(receiver.received.at(-1), 'last');
  },
);

test('a receiver that takes nothing for long is an error', { skip }, async (t) => {
  const receiver = receiveAt(t, join(socketFolder(t), 's'));
  const sender = new DatagramSender(receiver.path);
  t.after(() => sender.close());
  receiver.pause();
  while (sender.trySend(Buffer.from('x')));
  await assert.rejects(sender.send(Buffer.from('y')), { message: 'the receiver takes nothing' });
});

test('a receiver that was started anew gets the next datagram', { skip }, async (t) => {
  const path = join(socketFolder(t), 's');
  const first = receiveAt(t, path);
  const sender = new DatagramSender(path);
  t.after(() => sender.close());
  await sender.send(Buffer.from('a'));
  first.close();
  await assert.rejects(sender.send(Buffer.from('b')), { code: 'ENOENT' });
  const second = receiveAt(t, path);
  await sender.send(Buffer.from('c'));
  await until('it came', () => second.received.length === 1);
  assert.deepEqual([first.received, second.received], [['a'], ['c']]);
});

test('what cannot be sent is an error with the name of errno', { skip }, async (t) => {
  const sender = new DatagramSender(join(socketFolder(t), 'nobody'));
  await assert.rejects(sender.send(Buffer.from('x')), { code: 'ENOENT', call: 'sendto' });
  sender.close();
  sender.close();
  await assert.rejects(sender.send(Buffer.from('x')), { message: 'it was closed' });
  assert.throws(() => new DatagramSender('relative'), /neither an absolute path nor a name/);
  assert.throws(() => new UnixDatagrams().close(-1), { code: 'EBADF', call: 'close' });
});
