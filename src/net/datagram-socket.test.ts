import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Datagrams } from '../../test/support/datagrams.ts';
import { until } from '../../test/support/wire.ts';
import { DatagramSocket } from './datagram-socket.ts';
import type { DatagramOwner } from './datagram-socket.ts';

interface Heard {
  readonly texts: string[];
  readonly errors: string[];
  readonly defects: unknown[];
  readonly socket: DatagramSocket;
}

function open(t: TestContext, owner: Partial<DatagramOwner> = {}): Heard {
  const [texts, errors, defects]: [string[], string[], unknown[]] = [[], [], []];
  const socket = new DatagramSocket(4, {
    onDatagram: (bytes) => texts.push(Buffer.from(bytes).toString()),
    onError: (error) => errors.push(error.message),
    onDefect: (error) => defects.push(error),
    ...owner,
  });
  t.after(() => socket.close());
  return { texts, errors, defects, socket };
}

test('what is sent right behind connect arrives, in its order', async (t) => {
  const peer = await Datagrams.open(t, { host: '127.0.0.1' });
  const { socket } = open(t);
  socket.connect({ address: '127.0.0.1', port: peer.port });
  for (const text of ['one', 'two', 'three']) assert.equal(socket.send(Buffer.from(text)), true);
  await peer.datagram(2);
  assert.deepEqual(
    peer.received.map(({ text }) => text),
    ['one', 'two', 'three'],
  );
});

test('a connected socket hears its peer and nobody else', async (t) => {
  const [peer, stranger] = [
    await Datagrams.open(t, { host: '127.0.0.1' }),
    await Datagrams.open(t, { host: '127.0.0.1' }),
  ];
  const { socket, texts } = open(t);
  socket.connect({ address: '127.0.0.1', port: peer.port });
  socket.send(Buffer.from('hello'));
  const { port } = await peer.datagram(0);
  stranger.send('forged', port);
  peer.send('answer', port);
  await until('the answer has come', () => texts.length > 0);
  assert.deepEqual(texts, ['answer']);
});

test('an owner that throws costs one datagram, and is told', async (t) => {
  const peer = await Datagrams.open(t, { host: '127.0.0.1' });
  let calls = 0;
  const { socket, defects } = open(t, {
    onDatagram: () => {
      if (calls++ === 0) throw new Error('on purpose');
    },
  });
  socket.connect({ address: '127.0.0.1', port: peer.port });
  socket.send(Buffer.from('hello'));
  const { port } = await peer.datagram(0);
  peer.send('one', port);
  peer.send('two', port);
  await until('both have come', () => calls === 2);
  assert.equal(defects.length, 1);
});

test('a port where nobody listens is an error of the socket', async (t) => {
  const peer = await Datagrams.open(t, { host: '127.0.0.1' });
  const { port } = peer;
  await new Promise<void>((resolve) => peer.socket.close(() => resolve()));
  const { socket, errors } = open(t);
  socket.connect({ address: '127.0.0.1', port });
  socket.send(Buffer.from('hello'));
  await until('the system says so', () => errors.length > 0);
  assert.match(errors[0] ?? '', /ECONNREFUSED/);
});

test('a socket that is closed takes nothing, closes once, and is nowhere', (t) => {
  const { socket } = open(t);
  socket.close();
  socket.close();
  assert.equal(socket.send(Buffer.from('x')), false);
  assert.equal(
    socket.sendTo(Buffer.from('x'), { address: '127.0.0.1', port: 9 }, () => {}),
    false,
  );
  assert.deepEqual(socket.local, { address: '', port: 0 });
});
